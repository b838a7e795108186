"""The verifier as one file: the same from the same sources, alone with `cryptography`, judging as the modules do."""

import ast
import hashlib
import io
import json
import subprocess
import venv
from contextlib import chdir
from pathlib import Path

import cryptography
import pytest

from audit import single_file as building
from audit.bundle import write_whole_log
from audit.errors import ProofRejected
from audit.manifest import Brought
from audit.pins import Pin
from audit.single_file import NotAlone, single_file
from audit.verify.__main__ import main
from audit.verify.judge import judge
from tests.audit.authority import Authority
from tests.unit.audit.making import MadeLog, members_of, packed
from tests.unit.audit.stamping import TSA, stamped, whole
from tests.unit.audit.test_stamped import OTHER, made_over

MADE = MadeLog(5)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with the one file, and a Python that has `cryptography` and nothing of ours."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "verify.py").write_bytes(single_file())
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    found = Path(cryptography.__file__).parent.parent
    for package in ("cryptography", "cffi", "_cffi_backend*"):
        for each in found.glob(package):
            (site / each.name).symlink_to(each)
    return folder, folder / "venv" / "bin" / "python"


def test_the_same_sources_give_the_same_bytes_and_each_module_stands_in_it_unchanged() -> None:
    first = single_file()
    single_file.cache_clear()
    assert single_file() == first
    (table,) = [node for node in ast.parse(first).body if isinstance(node, ast.Assign)]
    held = ast.literal_eval(table.value)
    assert {"audit.verify.__main__", "audit.bundle", "audit.merkle", "audit.notes"} <= held.keys()
    for name, text in held.items():
        path = building.ROOT.joinpath(*name.split("."))
        source = path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")
        assert text == source.read_text()
    digest = hashlib.sha256("".join(f"{name}\n{text}" for name, text in held.items()).encode()).hexdigest()
    assert digest in ast.get_docstring(ast.parse(first))


def test_a_module_that_needs_more_than_cryptography_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "audit" / "verify"
    folder.mkdir(parents=True)
    for name in ("__init__.py", "verify/__init__.py", "verify/__main__.py"):
        (tmp_path / "audit" / name).write_text("import json\n")
    monkeypatch.setattr(building, "ROOT", tmp_path)
    assert "audit.verify.__main__" in building._closure()
    (folder / "__main__.py").write_text("from django.db import models\n")
    with pytest.raises(NotAlone, match="django"):
        building._closure()


@pytest.mark.parametrize("flaw", ["none", "body", "leaf", "signature", "cut", "empty", "fork", "no pin"])
def test_alone_it_says_what_the_modules_say(
    alone: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], flaw: str
) -> None:
    folder, python = alone
    bundle = MADE.whole()
    at = {
        "body": bundle.index(b"task-1"),
        "leaf": bundle.index(b'{"c":'),
        "signature": bundle.index(b"\xe2\x80\x94 ") + 60,
    }
    if flaw in at:
        bundle = bundle[: at[flaw]] + bytes([bundle[at[flaw]] ^ 1]) + bundle[at[flaw] + 1 :]
    bundle = {"cut": bundle[:-1], "empty": b"", "fork": MADE.forked(5, at=2).whole()}.get(flaw, bundle)
    (tmp_path / "b.zip").write_bytes(bundle)
    (tmp_path / "p.pin").write_bytes(MADE.pin(5))
    arguments = [str(tmp_path / "b.zip"), *([] if flaw == "no pin" else ["--pin", str(tmp_path / "p.pin")])]
    expected = {"none": 0, "fork": 3, "no pin": 4}.get(flaw, 2)
    assert main(arguments) == expected
    said = capsys.readouterr().out
    ran = subprocess.run(
        [python, "-I", folder / "verify.py", *arguments],
        cwd=tmp_path, env={}, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (expected, "")
    assert ran.stdout == said


@pytest.mark.parametrize(
    ("flaw", "roots", "expected"),
    [
        ("none", TSA.root.pem, 0),
        ("none", None, 0),
        ("none", OTHER.root.pem, 4),
        ("imprint", TSA.root.pem, 1),
        ("signature", None, 1),
        ("forged", TSA.root.pem, 1),
    ],
)
def test_alone_it_judges_time_stamps(
    alone: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    flaw: str,
    roots: bytes | None,
    expected: int,
) -> None:
    folder, python = alone
    bundle = {
        "none": lambda: whole(MADE, stamped(MADE, 4)),
        "imprint": lambda: made_over(MADE, TSA.but(imprint=bytes(32)), 4),
        "signature": lambda: made_over(MADE, TSA.but(signed_by=OTHER.signer.key), 4),
        "forged": lambda: made_over(MADE, Authority.new("Time of <tests>"), 4),
    }[flaw]()
    for name, content in (("b.zip", bundle), ("p.pin", MADE.pin(5)), ("roots", roots or b"")):
        (tmp_path / name).write_bytes(content)
    arguments = ["full", "b.zip", "--pin", "p.pin", *([] if roots is None else ["--tsa", "roots"])]
    ran = subprocess.run(
        [python, "-I", folder / "verify.py", *arguments],
        cwd=tmp_path, env={}, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (expected, "")
    with chdir(tmp_path):
        assert main(arguments) == expected
    assert ran.stdout == capsys.readouterr().out
    if expected == 0:
        assert ("says CN=Time of" if roots else "not proven") in ran.stdout


def whole_with_verifier(verifier: bytes | None = None) -> bytes:
    out = io.BytesIO()
    write_whole_log(
        out,
        policy=MADE.policy,
        checkpoint=MADE.checkpoint(),
        entries=(MADE.entry(n) for n in range(5)),
        brought=Brought(verifier=single_file() if verifier is None else verifier),
    )
    return out.getvalue()


def test_a_bundle_brings_the_verifier_and_is_judged_by_it_alone(
    alone: tuple[Path, Path], tmp_path: Path
) -> None:
    bundle = whole_with_verifier()
    members = members_of(bundle)
    assert members["verify.py"] == single_file()
    assert json.loads(members["manifest.json"])["format"] == "ringfence-audit-bundle/2"
    for name, content in (("b.zip", bundle), ("v.py", members["verify.py"]), ("p.pin", MADE.pin(3))):
        (tmp_path / name).write_bytes(content)
    ran = subprocess.run(
        [alone[1], "-I", "v.py", "b.zip", "--pin", "p.pin"],
        cwd=tmp_path, env={}, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Nothing proves the verify.py that the bundle brings" in ran.stdout
    assert "read\nverify.py before you run it" in members["README.txt"].decode()


def test_a_verifier_that_was_exchanged_or_slipped_in_is_noticed() -> None:
    pin = Pin.parse(MADE.pin(3))
    with_one, without = members_of(whole_with_verifier()), members_of(MADE.whole())
    for changed in (
        {**with_one, "verify.py": with_one["verify.py"] + b"\n"},
        {**without, "verify.py": b"print('GOOD')\n"},
        {name: content for name, content in with_one.items() if name != "verify.py"},
    ):
        with pytest.raises(ProofRejected):
            judge(packed(changed), pin)
