"""Reads what stands in clear of the tenant's log, from an index on: for whoever tells others about events by id."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.models import Body
from audit.services.log_state import HEAD
from audit.services.stored_log import fetch_row
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


@dataclass(frozen=True, slots=True)
class EventFact:
    """One event without its two halves: nothing of it was ever sealed."""

    index: int
    event_id: UUID
    verb: str
    object_kind: str
    object_id: UUID | None
    at: datetime


def log_size(context: TenantContext) -> int:
    """Return how many events are in the log, which is the index of the next. Inside `acting(context)`."""
    row = fetch_row(HEAD, [context.tenant_id])
    return int(row[0]) if row else 0


def read_events(
    context: TenantContext, *, since: int, verbs: Collection[Verb], limit: int
) -> tuple[list[EventFact], int]:
    """Return at most `limit` events of these verbs from index `since` on, oldest first, and where to go on.

    Inside `acting(context)`. Events that wait for the sequencer have no index yet and come later.
    """
    size = log_size(context)
    if since >= size or not verbs:
        return [], max(since, size)
    rows = Body.objects.filter(seq__gte=since, seq__lt=size, verb__in=[verb.value for verb in verbs])
    found = [
        EventFact(row.seq, row.id, row.verb, row.object_kind, row.object_id, row.at)
        for row in rows.order_by("seq").defer("core", "pii")[:limit]
    ]
    return found, found[-1].index + 1 if len(found) == limit else size
