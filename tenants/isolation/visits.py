"""What is known of one drive of all routes, as plain values: what was asked and answered, and seen meanwhile.

`tour.py` writes it down; the checks judge it, each its own part.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from ringfence.kernel.permissions import Role
from tenants.isolation.caller import Answer, Call
from tenants.isolation.opening import Opening
from tenants.isolation.surface import Route


class Kind(StrEnum):
    """In whose place, and with whose ids, a route was called. The caller is always K1's member."""

    OWN = "own"
    ACROSS = "across"
    """In K1's place, with the ids of K2."""
    ABSENT = "absent"
    """In K1's place, with ids that nobody has."""
    THERE = "there"
    """In K2's place."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What an answer to K1 took.

    Attributes:
        opened: each cell that was opened, with the ids by which an event may name it.
        told: the events that stand in K1's log, or are on their way into it.
        readers: ids of K1's members who have the caller's role.
    """

    opened: Mapping[Opening, frozenset[str]]
    told: tuple[Mapping[str, Any], ...]
    readers: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and what was seen while it was answered.

    Attributes:
        changed: tables in which rows of K2 were no longer what they had been.
        strays: connections, look-ups and programs that were stopped.
        caught: (kind, content) of mails, webhooks and log lines.
        shown: what was opened and told, of `OWN` requests that were not refused; None of all others.
    """

    kind: Kind
    role: Role
    call: Call
    answer: Answer
    changed: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    caught: tuple[tuple[str, bytes], ...] = ()
    shown: Shown | None = None


@dataclass(slots=True)
class Visit:
    """All requests to one method of one route.

    Attributes:
        roles: with whom it was to be called.
        trouble: why it could not be called at all; empty when it could.
        rival_trouble: why it could not be called with a rival's ids; empty when it could.
        by_path: whether its path names an object of the tenant.
        by_ids: whether its request names an object of the tenant at all.
        reached: the first role that was let in with K1's own ids; None when nobody was.
    """

    route: Route
    roles: tuple[Role, ...] = ()
    trouble: str = ""
    rival_trouble: str = ""
    by_path: bool = False
    by_ids: bool = False
    reached: Role | None = None
    asked: list[Asked] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Asked]:
        """Return the requests of one kind, in order."""
        return [each for each in self.asked if each.kind is kind]

    def one(self, kind: Kind, role: Role | None) -> Asked | None:
        """Return the request of one kind by one role; None when it was not made."""
        return next((each for each in self.of(kind) if each.role is role), None)

    @property
    def stranger(self) -> Asked | None:
        """The request of the first role that asks for nothing of its own, as far as the route takes ids."""
        kind = Kind.ABSENT if self.by_path else Kind.ACROSS if self.by_ids else Kind.OWN
        return self.one(kind, self.roles[0]) if self.roles else None


class Drive(Protocol):
    """Where visits come from."""

    def visit(self, route: Route) -> Visit | None:
        """Return what is known of one route; None when nothing is."""

    def left_behind(self) -> list[str] | None:
        """Return the tables in which rows of K2 are changed for good; None when nobody looked."""


@dataclass(slots=True)
class Record:
    """A drive that is over. What it does not hold was not driven: whoever needs it cannot conclude."""

    visits: dict[Route, Visit] = field(default_factory=dict)
    changed: list[str] | None = None

    def visit(self, route: Route) -> Visit | None:
        """Return what was written down of one route; None when nothing was."""
        return self.visits.get(route)

    def left_behind(self) -> list[str] | None:
        """Return the tables in which rows of K2 were changed when the drive was over; None when nobody looked."""
        return self.changed

    def __iter__(self) -> Iterator[Visit]:
        return iter(self.visits.values())
