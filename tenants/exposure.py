"""What an exposure report is about and what it has counted: plain values with their JSON, and a few bounds."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from audit.services.replay_log import LoggedEvent, objects_in

EXPOSURE_JOB = "exposure report"
"""What a report's ticket says it is for."""
EXPOSURE_TASK = "tenants.run_exposure_report"
UNIT_EVENTS = 2_000
ROWS_IN_A_PART = 200
BYTES_IN_A_PART = 400_000
MOST_LISTED = 20_000
"""Rows of one kind; beyond it they are counted and not listed."""
SILENT_JOB = timedelta(minutes=2)
LONGEST_PERIOD = timedelta(days=366)
STILL_RUNNING = timedelta(seconds=35)
"""A unit of work lasts at most 30 s: what is older than this has committed, or never will."""
ENFORCED_WITHIN = timedelta(seconds=10)
"""A new fact holds at every door after this; before it, an access is no failure of enforcement."""
DESTINATION_VERBS = frozenset({"webhook.delivered"})
"""Deliveries to a place and not to a member; their detail names its host and the parties behind it."""
ENDED = frozenset({"done", "failed"})


class Kind(StrEnum):
    """The lists of a report, never mixed."""

    VIOLATION = "violation"
    EXPOSURE = "exposure"
    SEEN = "seen"


class Scope(StrEnum):
    """About whom a report is."""

    EVERYBODY = "everybody"
    MEMBER = "member"
    PARTY = "party"


@dataclass(frozen=True, slots=True)
class Question:
    """About whom: for a member or a party, everything that they received is listed; else what failed."""

    scope: Scope
    subject: UUID | None = None

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        return json.dumps({"scope": self.scope, "subject": str(self.subject or "")}).encode()

    @classmethod
    def parse(cls, encoded: bytes) -> "Question":
        """Read what `to_bytes` wrote."""
        body = json.loads(encoded)
        return cls(Scope(body["scope"]), UUID(body["subject"]) if body["subject"] else None)


@dataclass(slots=True)
class Tally:
    """What was counted so far. `people` has a count by kind for each member, by id, and each host in a list."""

    accesses: int = 0
    actors: set[str] = field(default_factory=set)
    destinations: set[str] = field(default_factory=set)
    decisions: int = 0
    denied: int = 0
    reviews: int = 0
    found: dict[str, int] = field(default_factory=lambda: {kind.value: 0 for kind in Kind})
    listed: dict[str, int] = field(default_factory=lambda: {kind.value: 0 for kind in Kind})
    people: dict[str, dict[str, int]] = field(default_factory=dict)
    why: dict[str, list[str]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        body = asdict(self)
        body["actors"], body["destinations"] = sorted(self.actors), sorted(self.destinations)
        return json.dumps(body).encode()

    @classmethod
    def parse(cls, encoded: bytes | None) -> "Tally":
        """Read what `to_bytes` wrote; nothing is an empty tally."""
        if encoded is None:
            return cls()
        body = json.loads(encoded)
        body["actors"], body["destinations"] = set(body["actors"]), set(body["destinations"])
        return cls(**body)

    def note(self, kind: Kind, who: str) -> None:
        """Count one row of a list."""
        self.found[kind] += 1
        mine = self.people.setdefault(who, {each.value: 0 for each in Kind})
        mine[kind] += 1


def members_among(people: Iterable[str]) -> set[UUID]:
    """Return the members among the names in `Tally.people`; the others are hosts."""
    found: set[UUID] = set()
    for who in people:
        try:
            found.add(UUID(who))
        except ValueError:
            continue
    return found


def row_of(event: LoggedEvent, detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return one line of a list, as it is sealed and as the file gives it."""
    listed = objects_in(detail) or ([str(event.object_id)] if event.object_id else [])
    return {
        "index": event.index,
        "event": str(event.event_id),
        "at": event.at.isoformat(),
        "verb": event.verb,
        "actor": str(event.actor_id),
        "host": str(detail.get("host", "")),
        "object_kind": event.object_kind,
        "objects": listed,
    }


def in_parts(
    before: Sequence[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]
) -> list[list[Mapping[str, Any]]]:
    """Return rows cut into parts, the first of which goes on with `before`, the last part that is there."""
    parts: list[list[Mapping[str, Any]]] = [list(before)]
    size = sum(len(json.dumps(row)) for row in before)
    for row in rows:
        length = len(json.dumps(row))
        if parts[-1] and (len(parts[-1]) >= ROWS_IN_A_PART or size + length > BYTES_IN_A_PART):
            parts.append([])
            size = 0
        parts[-1].append(row)
        size += length
    return parts
