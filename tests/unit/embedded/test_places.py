"""Folders are 0700, secrets 0600, sockets short, and nobody's permissions are changed."""

import os
import stat
from pathlib import Path

import pytest

from ringfence.embedded import places
from ringfence.embedded.errors import EmbeddedError

NAME = ".s.PGSQL.5432"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("extra", [0, 1])
def test_a_socket_stays_in_its_folder_up_to_107_bytes(extra):
    folder = Path("/" + "d" * (107 - len(NAME) - 2 + extra))

    chosen = places.socket_folder(folder, NAME)

    assert len(os.fsencode(folder / NAME)) == 107 + extra
    assert (chosen == folder) is (extra == 0)
    assert len(os.fsencode(chosen / NAME)) <= 107


def test_a_path_is_measured_in_bytes():
    folder = Path("/" + "ü" * 50)
    assert len(str(folder / NAME)) <= 107
    assert places.socket_folder(folder, NAME) != folder


def test_two_long_folders_get_two_short_ones():
    first, second = (places.socket_folder(Path("/" + letter * 120), NAME) for letter in "ab")
    assert first != second


def test_as_a_user_everything_lies_where_it_was_asked_for(tmp_path):
    found = places.placement(tmp_path / "postgres", as_root=False, home=Path("/srv/home"))
    assert (found.place, found.user) == (tmp_path / "postgres", None)


def test_as_root_the_server_lies_in_a_folder_of_its_own_as_another_user(tmp_path):
    found = places.placement(tmp_path / "postgres", as_root=True, home=Path("/srv/home"))

    assert found.place.parent == Path("/srv/home")
    assert found.user is not None
    assert found.user.uid != 0


def test_two_installs_never_share_a_folder(tmp_path):
    one, other = (places.placement(tmp_path / n, as_root=True, home=Path("/h")).place for n in "ab")
    assert one != other


def test_a_folder_is_made_private_and_its_parents_stay_as_they_were(tmp_path):
    parent = tmp_path / "open"
    parent.mkdir()
    parent.chmod(0o751)

    places.make_private(parent / "var")
    places.make_private(parent / "var")

    assert mode(parent / "var") == 0o700
    assert mode(parent) == 0o751


def test_a_folder_open_to_others_is_refused_and_not_changed(tmp_path):
    tmp_path.chmod(0o755)
    with pytest.raises(EmbeddedError, match="open to other users: chmod 700"):
        places.make_private(tmp_path)
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_no_folder_is_refused(tmp_path, kind):
    there = tmp_path / "var"
    if kind == "file":
        there.write_text("")
    else:
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        there.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EmbeddedError, match="not a folder"):
        places.make_private(there)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_folder_is_refused(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 65534, 65534)
    with pytest.raises(EmbeddedError, match="belongs to user 65534"):
        places.make_private(theirs)


def test_a_folder_below_a_file_is_one_line_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedError, match=r"cannot make the folder .* set VAR to a folder"):
        places.make_private(tmp_path / "file" / "var")


def test_a_full_disk_is_named_with_what_is_needed(tmp_path):
    with pytest.raises(EmbeddedError, match=r"disk of .* is full: \d+ MiB free, 999999999 MiB needed; free"):
        places.require_space(tmp_path, needed_mib=999_999_999)


def test_enough_space_is_enough(tmp_path):
    places.require_space(tmp_path, needed_mib=0)


def test_a_secret_is_random_kept_and_readable_by_us_alone(tmp_path):
    first = places.secret_in(tmp_path / "a")

    assert len(bytes.fromhex(first)) == 32
    assert places.secret_in(tmp_path / "a") == first
    assert places.secret_in(tmp_path / "b") != first
    assert mode(tmp_path / "a") == 0o600


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path):
    for text in ("old", "new"):
        places.write_private(tmp_path / "file", text)

    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "new"
    assert mode(tmp_path / "file") == 0o600


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    places.write_private(tmp_path / "file", "old")

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(EmbeddedError, match="free some space"):
        places.write_private(tmp_path / "file", "new")

    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_an_error_is_always_one_line():
    assert "\n" not in str(EmbeddedError("first\n   second\r\nthird"))
