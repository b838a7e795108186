"""Replay of accesses against what was known then and what is known now. Pure, one pass.

Denied by what was known then: a *violation*, enforcement failed. Denied only by what is known now, for the day
on which it happened: an *exposure*, knowledge came later.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID


class Access(NamedTuple):
    """One event of the log: who, or what place, got something, and when. Either id may be absent."""

    number: int
    at: datetime
    person: UUID | None
    destination: UUID | None


@dataclass(frozen=True, slots=True)
class Epoch:
    """Who was kept away from an instant on, until the next epoch begins."""

    starts: datetime
    people: frozenset[UUID]
    destinations: frozenset[UUID]


class Failing(StrEnum):
    """What an access turns out to be."""

    VIOLATION = "violation"
    EXPOSURE = "exposure"


class Found(NamedTuple):
    """One access that should not have been, or would not be by what is known now."""

    access: Access
    failing: Failing


class OutOfOrder(Exception):
    """Events or epochs do not come in the order of time; nothing can be said of them."""


def replay(accesses: Iterable[Access], *, then: Sequence[Epoch], now: Sequence[Epoch]) -> Iterator[Found]:
    """Yield each access that fails, in the order of the log.

    `then` and `now` are epochs by start, the first one at or before the first access.

    Raises:
        OutOfOrder: an access before the first epoch or before the access that precedes it.
    """
    for epochs in (then, now):
        if any(one.starts > other.starts for one, other in pairwise(epochs)):
            raise OutOfOrder("epochs are given by their start")
    starts = sorted({epoch.starts for epoch in (*then, *now)})
    position, until, last = -1, None, None
    people_then = people_now = places_then = places_now = frozenset[UUID]()
    for access in accesses:
        at = access.at
        if last is not None and at < last:
            raise OutOfOrder(f"event {access.number} is earlier than the one before it")
        last = at
        if position < 0 or (until is not None and at >= until):
            while position + 1 < len(starts) and starts[position + 1] <= at:
                position += 1
            until = starts[position + 1] if position + 1 < len(starts) else None
            before, today = _at(then, at), _at(now, at)
            people_then, places_then = before.people, before.destinations
            people_now, places_now = today.people, today.destinations
        person, place = access.person, access.destination
        if person in people_then or place in places_then:
            yield Found(access, Failing.VIOLATION)
        elif person in people_now or place in places_now:
            yield Found(access, Failing.EXPOSURE)


def once_enforced(epochs: Sequence[Epoch], *, within: timedelta) -> tuple[Epoch, ...]:
    """Return the epochs as doors that look for news every so often may have known them: for `then`.

    Whoever is newly kept away is so from `within` after their epoch's start at the latest; whoever is admitted
    again is so from its start. In between, nobody is kept away who would not be by each epoch in question.
    """
    starts = sorted(
        {epoch.starts for epoch in epochs} | {epoch.starts + within for epoch in epochs[1:]},
    )
    settled: list[Epoch] = []
    for start in starts:
        held = _at(epochs, max(start - within, epochs[0].starts))
        ruling = [held, *(epoch for epoch in epochs if held.starts < epoch.starts <= start)]
        people = frozenset.intersection(*(epoch.people for epoch in ruling))
        places = frozenset.intersection(*(epoch.destinations for epoch in ruling))
        settled.append(Epoch(start, people, places))
    return tuple(settled)


def _at(epochs: Sequence[Epoch], at: datetime) -> Epoch:
    for epoch in reversed(epochs):
        if epoch.starts <= at:
            return epoch
    raise OutOfOrder(f"nothing is known of {at.isoformat()}: the first epoch begins later")
