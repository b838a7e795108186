"""Brewer and Nash over views: who saw a rival's content may not see ours until the cooling-off has passed.

A *side* is a party whose data work somebody saw: the customer behind a workspace, or a past employer. Conflict
is a symmetric relation between sides, never classes (Brewer and Nash 1989; Lin 1989). What counts is
content that was shown, not a grant; a plan lifts nothing here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from tenants.neutrality.facts import WORKING, Affiliation
from tenants.neutrality.policy import Policy
from tenants.neutrality.verdict import Outcome

History = Mapping[UUID, date]
"""The last day on which each side was seen."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One tenant's workspace: the party whose work it is, and its policy."""

    id: UUID
    side: UUID
    policy: Policy


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Which sides conflict, and for how many days after a view: of two policies, the longer holds (16)."""

    days: Mapping[frozenset[UUID], int]

    def between(self, one: UUID, other: UUID) -> int | None:
        """Return the cooling-off between two sides in days; None when they do not conflict."""
        return self.days.get(frozenset((one, other))) if one != other else None


@dataclass(frozen=True, slots=True)
class Wall:
    """A side that stands against a view, and the last day on which it does."""

    side: UUID
    last_seen: date
    until: date


@dataclass(frozen=True, slots=True)
class WallVerdict:
    """Whether a view is allowed, and what stands against it."""

    outcome: Outcome
    walls: tuple[Wall, ...] = ()

    def __bool__(self) -> bool:
        return self.outcome is Outcome.ALLOW


@dataclass(frozen=True, slots=True)
class Closing:
    """An offer of the person's own that a view would close, and the last day on which it stays closed."""

    workspace: UUID
    until: date


def conflicts_of(
    workspaces: Iterable[Workspace], *, counts_as: Mapping[UUID, Iterable[UUID]] | None = None
) -> Conflicts:
    """Return the conflicts that the tenants' policies make. One tenant's word binds both sides (17).

    `counts_as` has, by excluded party, all that counts as it: excluding a party is a conflict with the
    work of whatever it controls.
    """
    known = list(workspaces)
    cooling: dict[UUID, int] = {}
    for each in known:
        cooling[each.side] = max(cooling.get(each.side, 0), each.policy.cooling_off_days)
    days: dict[frozenset[UUID], int] = {}
    for each in known:
        against = set(each.policy.rivals) | set(each.policy.excluded)
        for party in each.policy.excluded | each.policy.rivals:
            against |= set((counts_as or {}).get(party, ()))
        for party in against - {each.side}:
            pair = frozenset((each.side, party))
            longer = max(cooling[each.side], cooling.get(party, 0))
            days[pair] = max(days.get(pair, 0), longer)
    return Conflicts(days)


def may_view(history: History, workspace: Workspace, *, conflicts: Conflicts, day: date) -> WallVerdict:
    """Return whether content of `workspace` may be shown on `day` to whoever has this history."""
    walls = tuple(
        sorted(
            (
                Wall(side, last_seen, until)
                for side, last_seen in history.items()
                if (days := conflicts.between(workspace.side, side)) is not None
                and day <= (until := last_seen + timedelta(days=days))
            ),
            key=lambda wall: (wall.until, wall.side),
        )
    )
    return WallVerdict(Outcome.DENY if walls else Outcome.ALLOW, walls)


def closes(
    history: History,
    taking: Workspace,
    offers: Iterable[Workspace],
    *,
    conflicts: Conflicts,
    day: date,
) -> tuple[Closing, ...]:
    """Return which of the person's own offers a view of `taking` on `day` closes, and until when.

    Only what is open to them now is named: neither who the customers are, nor that there are others.
    """
    after = {**history, taking.side: max(day, history.get(taking.side, day))}
    found = []
    for offer in offers:
        if offer.id == taking.id or not may_view(history, offer, conflicts=conflicts, day=day):
            continue
        against = [
            wall
            for wall in may_view(after, offer, conflicts=conflicts, day=day).walls
            if wall.side == taking.side
        ]
        if against:
            found.append(Closing(offer.id, max(wall.until for wall in against)))
    return tuple(sorted(found, key=lambda closing: (closing.until, closing.workspace)))


def history_of(
    views: Iterable[tuple[UUID, date]], *, employers: Sequence[Affiliation] = (), day: date
) -> dict[UUID, date]:
    """Return the last day of each side: of views, and of work at a party, whose last day counts as a view (17)."""
    history: dict[UUID, date] = {}
    for side, seen in views:
        history[side] = max(seen, history.get(side, seen))
    for tie in employers:
        if tie.role not in WORKING or (tie.start is not None and tie.start > day):
            continue
        last = day if tie.end is None else min(tie.end, day)
        history[tie.party] = max(last, history.get(tie.party, last))
    return history


def violations(
    views: Iterable[tuple[UUID, date]], *, conflicts: Conflicts
) -> tuple[tuple[tuple[UUID, date], tuple[UUID, date]], ...]:
    """Return pairs of one person's views that stand on both sides of a conflict within its days: for the check."""
    ordered = sorted(set(views), key=lambda view: (view[1], view[0]))
    found = []
    for position, (side, seen) in enumerate(ordered):
        for other, later in ordered[position + 1 :]:
            days = conflicts.between(side, other)
            if days is not None and (later - seen).days <= days:
                found.append(((side, seen), (other, later)))
    return tuple(found)
