"""The last day of a log as a picture: in each quarter of an hour what came, what was signed, and who watched."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from audit.meta import witness_id
from audit.policy import Policy
from audit.services.stored_log import meta_requirement, the_log
from ringfence.kernel.context import TenantContext

BIN = timedelta(minutes=15)
BINS = 96

# Sizes and not bodies: a day of a busy log is a million of these and few of those.
GROWTH = """
SELECT floor(extract(epoch FROM at - %(start)s) / %(bin)s)::integer, max(size) FROM audit.head
 WHERE tenant_id = %(tenant)s AND at >= %(start)s GROUP BY 1
"""
BEFORE = """
SELECT size FROM audit.head WHERE tenant_id = %(tenant)s AND at < %(start)s ORDER BY at DESC, size DESC LIMIT 1
"""
SIGNED = """
SELECT floor(extract(epoch FROM c.at - %(start)s) / %(bin)s)::integer, count(*), max(c.at - h.at)
  FROM audit.checkpoint c JOIN audit.head h USING (tenant_id, size)
 WHERE c.tenant_id = %(tenant)s AND c.at >= %(start)s GROUP BY 1
"""

WATCHED = "SELECT place, witness FROM audit.witness_day(%(witnesses)s, %(since)s, %(step)s)"
REACH = 5
"""Stretches for which a cosignature counts: a log that does not grow is cosigned once an hour."""


@dataclass(frozen=True, slots=True)
class Bin:
    """A quarter of an hour: how many events got their place, and how many checkpoints were signed.

    It is a gap when events came, and nothing was signed then or in the next quarter: a place and its signature
    may lie on both sides of a border. `watching` is how many witnesses cosigned then or in the hour before; None
    where there are none, and for the time before the log was opened.
    """

    start: datetime
    events: int
    checkpoints: int
    gap: bool
    watching: int | None = None


@dataclass(frozen=True, slots=True)
class LogPicture:
    """24 hours, oldest first. `longest_wait` is from an event's place to the signature over it; None for nothing."""

    bins: tuple[Bin, ...]
    longest_wait: timedelta | None
    wanted: int | None = None
    """How many witnesses the log's owner wants; None where there are none."""

    @property
    def events(self) -> int:
        """All events of the day."""
        return sum(each.events for each in self.bins)

    @property
    def checkpoints(self) -> int:
        """All checkpoints of the day."""
        return sum(each.checkpoints for each in self.bins)

    @property
    def gaps(self) -> int:
        """Quarters of an hour in which events came and nothing was signed."""
        return sum(each.gap for each in self.bins)

    @property
    def unwatched(self) -> int:
        """Quarters of an hour in which fewer witnesses cosigned than are wanted."""
        return sum(each.watching is not None and each.watching < (self.wanted or 0) for each in self.bins)


def log_picture(context: TenantContext, *, now: datetime | None = None) -> LogPicture:
    """Return the last 24 hours of the tenant's log, up to `now`. Inside `acting(context)`."""
    end = now or timezone.now()
    start = end - BIN * BINS
    asked = {"tenant": context.tenant_id, "start": start, "bin": BIN.total_seconds()}
    before = _rows(BEFORE, asked)
    grown = {place: size for place, size in _rows(GROWTH, asked) if place < BINS}
    signed = {place: (count, wait) for place, count, wait in _rows(SIGNED, asked) if place < BINS}
    watching, wanted = _watching(start)
    size, bins = (before[0][0] if before else 0), []
    for place in range(BINS):
        newest = max(size, grown.get(place, 0))
        checkpoints, after = (signed.get(each, (0, None))[0] for each in (place, place + 1))
        gap = newest > size and checkpoints + after == 0
        bins.append(Bin(start + BIN * place, newest - size, checkpoints, gap, watching[place]))
        size = newest
    return LogPicture(tuple(bins), max((wait for _, wait in signed.values()), default=None), wanted)


def _watching(start: datetime) -> tuple[list[int | None], int | None]:
    """Return for each stretch how many witnesses cosigned within their reach of it, and how many are wanted."""
    log = the_log()
    requirement = meta_requirement(log)
    if requirement is None:
        return [None] * BINS, None
    policy = Policy.parse(requirement)
    earliest = start - BIN * REACH
    spoke = _rows(
        WATCHED,
        {
            "witnesses": [witness_id(each) for each in policy.witnesses.values()],
            "since": int(earliest.timestamp()),
            "step": int(BIN.total_seconds()),
        },
    )
    by_place: dict[int, set[str]] = {}
    for place, witness in spoke:
        by_place.setdefault(place - REACH, set()).add(witness)
    counts: list[int | None] = [
        None
        if start + BIN * (place + 1) <= log.opened_at
        else len(set().union(*(by_place.get(place - back, set()) for back in range(REACH))))
        for place in range(BINS)
    ]
    return counts, policy.groups[policy.quorum].threshold


def _rows(query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())
