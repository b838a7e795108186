"""Who received how much on which day: counted from the clear part of the log, one statement, nothing opened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Min
from django.db.models.functions import TruncDay

from audit.models import Body


@dataclass(frozen=True, slots=True)
class Received:
    """The deliveries to one member on one day (UTC)."""

    actor_id: UUID
    events: int
    first_at: datetime
    last_at: datetime
    first_index: int
    last_index: int


def received(since: datetime, until: datetime) -> Iterator[Received]:
    """Yield the deliveries of the period by day and member, in the order of time. Inside `acting(context)`."""
    rows = (
        Body.objects.filter(at__gte=since, at__lt=until, verb__endswith=".delivered")
        .annotate(day=TruncDay("at"))
        .values("day", "actor_id")
        .annotate(events=Count("id"), first=Min("at"), last=Max("at"), low=Min("seq"), high=Max("seq"))
        .order_by("first", "low")
    )
    for row in rows.iterator(2_000):
        yield Received(row["actor_id"], row["events"], row["first"], row["last"], row["low"], row["high"])
