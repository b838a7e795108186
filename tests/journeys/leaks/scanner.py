"""Finds texts in files under every disguise that a database, a log or a program would give them.

The search itself is GNU grep's, which looks for hundreds of strings at once; the planted findings of
`test_scanner.py` and of each scan show that it finds what is there.
"""

import base64
import json
import os
import re
import subprocess
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SLICE = 28
"""Of a long text, a piece of so many characters is looked for: a whole one can lie across two pages."""

SHORTEST_NEEDLE = 8
ARGUMENT_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Hit:
    """One finding: which text, in which disguise, where."""

    marker: str
    disguise: str
    place: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A text that must be nowhere; `name` says what it is without repeating it."""

    name: str
    text: str


def pieces(text: str) -> list[str]:
    """Return what is looked for of a text: all of a short one, the beginning and the middle of a long one."""
    text = max(text.splitlines(), key=len)
    if len(text) <= SLICE:
        return [text]
    middle = (len(text) - SLICE) // 2
    return [text[:SLICE], text[middle : middle + SLICE]]


def disguises(text: str) -> dict[str, bytes]:
    """Return the forms of a text; what is equal to an earlier form is left out."""
    plain = text.encode()
    forms = {"utf-8": plain, "utf-16-le": text.encode("utf-16-le"), "utf-16-be": text.encode("utf-16-be")}
    for source, content in list(forms.items()):
        for shift in range(3):
            forms[f"base64 of {source}, shifted by {shift}"] = _base64(content, shift)
            forms[f"base64url of {source}, shifted by {shift}"] = _base64(content, shift).translate(_URL_SAFE)
        forms[f"hex of {source}"] = content.hex().encode()
        forms[f"HEX of {source}"] = content.hex().upper().encode()
    forms["JSON"] = json.dumps(text)[1:-1].encode()
    forms["JSON, not ASCII"] = json.dumps(text, ensure_ascii=False)[1:-1].encode()
    forms["URL"] = urllib.parse.quote(text, safe="").encode()
    forms["URL of a form"] = urllib.parse.quote_plus(text, safe="").encode()
    forms["Python bytes"] = repr(plain)[2:-1].encode()
    found: dict[str, bytes] = {}
    for name, content in forms.items():
        if content not in found.values():
            found[name] = content
    return found


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _base64(content: bytes, shift: int) -> bytes:
    """Return the characters that encode `content` alone when `shift` bytes stand before it."""
    encoded = base64.b64encode(b"\0" * shift + content)
    return encoded[-(-shift * 8 // 6) : (shift + len(content)) * 8 // 6]


class Scanner:
    """Looks for markers."""

    def __init__(self, markers: Iterable[Marker], folder: Path) -> None:
        self._known: dict[bytes, tuple[str, str]] = {}
        for marker in markers:
            for piece in pieces(marker.text):
                for disguise, needle in disguises(piece).items():
                    if len(needle) < SHORTEST_NEEDLE:
                        raise ValueError(f"{marker.name} is too short to be told from chance")
                    if b"\n" in needle:
                        # Half of a character of UTF-16, which a list of lines cannot hold. The others are looked for.
                        continue
                    self._known.setdefault(needle, (marker.name, disguise))
        self._needles = folder / "needles"
        self._needles.write_bytes(b"".join(needle + b"\n" for needle in self._known))
        self._spool = folder / "spool"

    def files(self, paths: Iterable[Path]) -> list[Hit]:
        """Return what is found in files. One that has gone meanwhile is passed over."""
        found: set[Hit] = set()
        for group in _groups(paths):
            # -H and -Z: the name before each finding, ended by a zero byte.
            done = subprocess.run(
                ["grep", "-a", "-o", "-H", "-Z", "-s", "-F", "-f", str(self._needles), "--", *group],
                env={**os.environ, "LC_ALL": "C"},
                capture_output=True,
                check=False,
            )
            if done.stderr:
                raise OSError(done.stderr.decode(errors="replace"))
            for line in done.stdout.split(b"\n"):
                if line:
                    place, _, needle = line.partition(b"\0")
                    found.add(Hit(*self._known[needle], place.decode(errors="replace")))
        return sorted(found, key=str)

    def content(self, content: bytes, place: str) -> list[Hit]:
        """Return what is found in bytes."""
        self._spool.write_bytes(content)
        return [Hit(hit.marker, hit.disguise, place) for hit in self.files([self._spool])]


def files_below(*folders: Path, but: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield every regular file below folders, following no link, except those below `but`."""
    left_out = {str(path) for path in but}
    for folder in folders:
        for here, names, files in os.walk(folder):
            names[:] = [name for name in names if f"{here}/{name}" not in left_out]
            for name in files:
                path = Path(here, name)
                if str(path) not in left_out and path.is_file() and not path.is_symlink():
                    yield path


def process_words(pids: Iterable[int]) -> Iterator[Path]:
    """Yield the files in which the kernel shows the command line and environment of processes."""
    for pid in pids:
        yield Path(f"/proc/{pid}/cmdline")
        yield Path(f"/proc/{pid}/environ")


def _groups(paths: Iterable[Path]) -> Iterator[list[str]]:
    group: list[str] = []
    for path in paths:
        group.append(str(path))
        if sum(map(len, group)) > ARGUMENT_BYTES:
            yield group
            group = []
    if group:
        yield group


def told(hits: Iterable[Hit], *, most: int = 40) -> str:
    """Return findings for a person, without the texts."""
    lines = sorted(
        {f"{hit.marker} as {hit.disguise} in {re.sub(r'[0-9]{4,}', 'N', hit.place)}" for hit in hits}
    )
    return "\n".join(lines[:most])
