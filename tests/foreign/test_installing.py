"""What is installed comes once; what cannot be had is said, and what is another file is an error."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.foreign import installing


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_a_second_run_installs_nothing_and_other_sources_do(cache: Path, tmp_path: Path) -> None:
    source, filled = tmp_path / "requirements.txt", []
    source.write_text("one==1")
    first = installing._once("x", filled.append, source)
    assert installing._once("x", filled.append, source) == first
    assert filled == [first]
    source.write_text("one==2")
    assert installing._once("x", filled.append, source) == filled[1] != first


def test_what_was_interrupted_is_installed_anew(cache: Path, tmp_path: Path) -> None:
    source, rests = tmp_path / "requirements.txt", []
    source.touch()

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise installing.Unavailable("no index")

    with pytest.raises(installing.Unavailable):
        installing._once("x", fail, source)
    installing._once("x", lambda folder: rests.extend(folder.iterdir()), source)
    assert rests == []


@pytest.mark.parametrize(
    ("says", "raised"),
    [
        ("Could not find a version", installing.Unavailable),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", installing.OtherDigest),
        ("npm error code EINTEGRITY", installing.OtherDigest),
    ],
)
def test_a_file_that_is_missing_skips_and_a_file_that_is_another_fails(
    says: str, raised: type[Exception]
) -> None:
    with pytest.raises(raised, match=says):
        installing._run("x", [sys.executable, "-c", f"import sys; sys.exit({says!r})"])


def test_a_wheel_with_another_digest_is_not_installed(cache: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "one-1-py3-none-any.whl"
    shutil.make_archive(str(tmp_path / "one"), "zip", root_dir=Path(__file__).parent, base_dir="sumdb")
    (tmp_path / "one.zip").rename(wheel)
    (tmp_path / "requirements.txt").write_text(f"one==1 --hash=sha256:{'0' * 64}\n")
    command = [*installing._pip(Path(sys.executable)), "--no-index", f"--find-links={tmp_path}"]
    with pytest.raises(installing.OtherDigest):
        installing._run("one", [*command, f"--target={tmp_path / 'to'}", *installing._pinned(tmp_path)])
    assert not (tmp_path / "to").exists()
