"""Reads what is written down about unwraps: the key service's record, and our notes. Pure but for the files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from ringfence.crypto.line_files import read_lines
from ringfence.crypto.local_keys import RECORD
from tenants.keys.unwrapping import NOTES

SKEW = timedelta(seconds=5)
"""By how much the clocks of a key service and of our machines may differ."""

REALM = "identity realm"
"""Whose keys seal people's names in the control database; it is no tenant and has no log."""


@dataclass(frozen=True, slots=True)
class Unwrap:
    """One unwrap, as one side has written it down. `ok` is False for a refusal, which opens nothing."""

    at: datetime
    key_ref: str
    context: tuple[tuple[str, str], ...]
    ok: bool
    pid: int | None = None

    @property
    def of(self) -> str:
        """The tenant's id, `REALM`, or empty for a context under which nothing of ours opens: of a probe."""
        named = dict(self.context)
        return REALM if "rf:realm" in named else named.get("rf:tenant", "")


@dataclass(frozen=True, slots=True)
class Note(Unwrap):
    """Our own line: also who asked for it. `actor` and `unit` are None outside a unit of work."""

    process: str = ""
    errand: str = ""
    many_units: bool = True
    began: datetime | None = None
    actor: UUID | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class UnitEnd:
    """How a unit of work ended that unwrapped a key. `undone` names the error that rolled it back."""

    undone: str | None
    events: tuple[UUID, ...]


@dataclass(slots=True)
class Lines:
    """What one side holds about a span of time. `damaged` counts lines that cannot be read."""

    unwraps: list[Unwrap] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    units: dict[str, UnitEnd] = field(default_factory=dict)
    damaged: int = 0


def read_record(directory: Path, since: datetime, until: datetime) -> Lines:
    """Return the local key service's record from `since` to `until`, `SKEW` added on both sides. Raises OSError."""
    found = Lines()
    for said in _lines(directory, RECORD, since, until, found):
        try:
            unwrap = Unwrap(_time(said["at"]), *_what(said), int(said["pid"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            found.damaged += 1
            continue
        if since - SKEW <= unwrap.at < until + SKEW:
            found.unwraps.append(unwrap)
    return found


def read_notes(directory: Path, since: datetime, until: datetime) -> Lines:
    """Return our notes from `since` to `until`, `SKEW` added on both sides, and all ends of units. Raises OSError."""
    found = Lines()
    for said in _lines(directory, NOTES, since, until, found):
        try:
            if said["kind"] == "unit":
                undone = said["undone"]
                found.units[str(said["unit"])] = UnitEnd(
                    None if undone is None else str(undone), tuple(UUID(each) for each in said["events"])
                )
                continue
            note = _note(said)
        except (KeyError, TypeError, ValueError, AttributeError):
            found.damaged += 1
            continue
        if since - SKEW <= note.at < until + SKEW:
            found.notes.append(note)
    return found


def _note(said: dict[str, Any]) -> Note:
    at = _time(said["at"])
    return Note(
        at,
        *_what(said),
        int(said["pid"]),
        process=str(said["process"]),
        errand=str(said["errand"]),
        many_units=bool(said["many"]),
        began=datetime.fromtimestamp(float(said["began"]), UTC),
        actor=None if said["actor"] is None else UUID(said["actor"]),
        unit=None if said["unit"] is None else str(said["unit"]),
    )


def _lines(
    directory: Path, name: str, since: datetime, until: datetime, found: Lines
) -> Iterator[dict[str, Any]]:
    # A unit that began before midnight ends in the next day's file.
    first, last = (since - SKEW).astimezone(UTC).date(), (until + timedelta(days=1)).astimezone(UTC).date()
    for said in read_lines(directory, name, first=first, last=last):
        if said is None:
            found.damaged += 1
        else:
            yield said


def _what(said: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...], bool]:
    context = tuple(sorted((str(key), str(value)) for key, value in said["context"].items()))
    return str(said["key"]), context, bool(said["ok"])


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at
