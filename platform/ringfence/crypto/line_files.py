"""Files of JSON lines, one for each UTC day, which several processes append to at once and none changes."""

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

LINE_MAX_BYTES: Final = 65_536

_ENDING: Final = ".jsonl"
_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def append_line(directory: int, name: str, said: Mapping[str, object]) -> None:
    """Append one line to `<name>-<UTC day>.jsonl`, 0600, in the folder with descriptor `directory`.

    One write under O_APPEND, so lines of several processes do not mix (POSIX.1-2017, write). `at`, the time in UTC
    with microseconds, is put in front. Not synced: what a machine loses with its power may be lost here too.

    Raises:
        OSError: the line is not there as a whole; whoever needs it must not go on.
    """
    at = datetime.now(UTC)
    line = json.dumps({"at": at.isoformat(timespec="microseconds"), **said}, separators=(",", ":"))
    # The empty line in front keeps what a full disk cut off from swallowing the line after it.
    content = b"\n" + line.encode() + b"\n"
    file = os.open(f"{name}-{at:%Y-%m-%d}{_ENDING}", _APPEND, 0o600, dir_fd=directory)
    try:
        if os.write(file, content) != len(content):
            raise OSError(errno.ENOSPC, "a line was cut off")
    finally:
        os.close(file)


def read_lines(directory: Path, name: str, *, first: date, last: date) -> Iterator[dict[str, Any] | None]:
    """Yield the lines of the days from `first` to `last`, day by day, and None for each that is no JSON object.

    Raises:
        OSError: the folder or a file cannot be read. An absent folder is one; absent days are not.
    """
    pattern = re.compile(rf"{re.escape(name)}-(\d{{4}}-\d{{2}}-\d{{2}}){re.escape(_ENDING)}", re.ASCII)
    days = {found[1]: entry for entry in os.listdir(directory) if (found := pattern.fullmatch(entry))}
    for day in sorted(days):
        if f"{first:%Y-%m-%d}" <= day <= f"{last:%Y-%m-%d}":
            with (directory / days[day]).open("rb") as stream:
                while line := stream.readline(LINE_MAX_BYTES):
                    if line != b"\n":
                        yield _object(line)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
