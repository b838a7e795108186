"""Reads a tenant's log for a replay: what stands in clear of each event, and the opened detail of a few."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Min

from audit.leaf import SALT_BYTES, parse_canonical_json
from audit.models import Body
from audit.services.errors import EventPending
from audit.services.stored_log import StoredCheckpoint, fetch_row, newest_checkpoint
from audit.services.timeline import open_half
from ringfence.kernel.context import TenantContext

STILL_PENDING = "SELECT 1 FROM audit.pending WHERE tenant_id = %s AND at < %s LIMIT 1"
DELIVERED = ".delivered"


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event by its clear part. `index` counts from 0."""

    index: int
    event_id: UUID
    at: datetime
    verb: str
    actor_id: UUID
    object_kind: str
    object_id: UUID | None

    @property
    def is_delivery(self) -> bool:
        """Whether content, or a report, left for the actor."""
        return self.verb.endswith(DELIVERED)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of the log that a period is in: events `first` up to `last`, and the checkpoint that covers all."""

    first: int
    last: int
    checkpoint: StoredCheckpoint


def stretch_of(context: TenantContext, since: datetime, until: datetime) -> Stretch | None:
    """Return the stretch of a period, None when it has no event. Inside `acting(context)`.

    Raises `EventPending` while an event of the period is not under a signed checkpoint: it could not be
    proven, and a count without it would be wrong.
    """
    if fetch_row(STILL_PENDING, [context.tenant_id, until]):
        raise EventPending
    checkpoint = newest_checkpoint()
    found = Body.objects.filter(at__gte=since, at__lt=until).aggregate(first=Min("seq"), last=Max("seq"))
    if found["first"] is None:
        return None
    if found["last"] >= checkpoint.size:
        raise EventPending
    return Stretch(found["first"], found["last"], checkpoint)


def events_of(first: int, last: int, *, since: datetime, until: datetime) -> list[LoggedEvent]:
    """Return the events from index `first` to `last`, both included, that lie in the period, in its order.

    Inside a unit of work. Events of one moment, and of units that ran beside one another, are put into the
    order of time, which the log's own order follows up to half a minute.
    """
    rows = Body.objects.filter(seq__gte=first, seq__lte=last, at__gte=since, at__lt=until)
    values = rows.values_list("seq", "id", "at", "verb", "actor_id", "object_kind", "object_id")
    return [LoggedEvent(*row) for row in sorted(values, key=lambda row: (row[2], row[0]))]


def has_delivery() -> bool:
    """Say whether the log tells of any delivery. Inside a unit of work."""
    return Body.objects.filter(verb__endswith=DELIVERED).exists()


def details_of(context: TenantContext, indexes: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """Return the opened detail of events by index; nothing for one whose keys are gone. Inside a unit."""
    found: dict[int, Mapping[str, Any]] = {}
    for row in Body.objects.filter(seq__in=list(indexes)):
        opening = open_half(context, row, "core")
        if opening is not None:
            detail = parse_canonical_json(opening[SALT_BYTES:]).get("detail", {})
            found[row.seq] = detail if isinstance(detail, Mapping) else {}
    return found


def objects_in(detail: Mapping[str, Any]) -> list[str]:
    """Return the ids of the objects that a delivery's detail lists."""
    listed = detail.get("objects", [])
    return [str(pair[0]) for pair in listed] if isinstance(listed, list) else []
