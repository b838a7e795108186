"""Lines that must be there before anything goes on."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringfence.crypto.line_files import append_line, read_lines


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    opened = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield opened
    os.close(opened)


def said(folder: Path) -> list[object]:
    day = datetime.now(UTC).date()
    return [line if line is None else line["n"] for line in read_lines(folder, "x", first=day, last=day)]


def test_a_line_that_was_cut_off_is_refused_and_spoils_no_other(
    folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_line(folder, "x", {"n": 1})
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write(file, content[:-9]))
    with pytest.raises(OSError, match="cut off"):
        append_line(folder, "x", {"n": 2, "and": "much more"})
    monkeypatch.undo()
    append_line(folder, "x", {"n": 3})
    assert said(tmp_path) == [1, None, 3]


def test_a_link_in_a_files_place_is_not_followed(folder: int, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / f"x-{datetime.now(UTC):%Y-%m-%d}.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        append_line(folder, "x", {"n": 1})
    assert (tmp_path / "elsewhere").read_text() == ""
