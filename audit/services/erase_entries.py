"""Destroys who did something: the personal half of chosen events, with its salt, in one step with its own event."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from audit.erasure import MOST_INDEXES, Ground, detail_of
from audit.models import Body
from audit.services.build_event import build_event
from audit.services.errors import ErasureRefused, ErasureUnconfirmed, EventPending
from audit.services.stored_log import fetch_row
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, current
from ringfence.kernel.permissions import Permission

ERASE = "SELECT audit.erase(%s, %s, %s, %s, %s, %s)"
WAITING = "SELECT 1 FROM audit.pending WHERE tenant_id = %s AND actor_id = %s LIMIT 1"


@dataclass(frozen=True, slots=True)
class Erased:
    """What one erasing event took. `left` are events that another one has to take."""

    count: int
    left: int
    receipt: Receipt


def erase_entries(
    context: TenantContext, *, indexes: Collection[int], ground: Ground, confirm: int | None
) -> Erased:
    """Erase who did the events at `indexes`, 1 to 5,000 of them. Inside `acting(context)`.

    `confirm` is how many events the caller means to erase: it cannot be undone. Raises `PermissionMissing`,
    `ErasureUnconfirmed` for another number, and `ErasureRefused` where one is not in the log, is erased already,
    or is itself an erasing event; nothing is erased then.
    """
    context.require(Permission.AUDIT_ERASE)
    wanted = sorted(set(indexes))
    if not 1 <= len(wanted) <= MOST_INDEXES:
        raise ErasureRefused(f"One event erases 1 to {MOST_INDEXES:,} others, not {len(wanted):,}.")
    found = set(_erasable().filter(seq__in=wanted).values_list("seq", flat=True))
    if missing := [each for each in wanted if each not in found]:
        raise ErasureRefused(
            f"Event {missing[0]:,} has nothing to erase: it is not in the log yet, or is erased already,"
            " or tells of an erasure, which stays."
        )
    _confirmed(confirm, len(wanted))
    return Erased(len(wanted), 0, erase(context, wanted, ground))


def erase_events_of(
    context: TenantContext, *, member_id: UUID, ground: Ground, confirm: int | None
) -> Erased:
    """Erase that a member did what they did, the oldest 5,000 events first. Inside `acting(context)`.

    `confirm` is how many events are there in all. Raises as `erase_entries` does, and `EventPending` while
    one of the member's events has no place in the log yet.
    """
    context.require(Permission.AUDIT_ERASE)
    if fetch_row(WAITING, [context.tenant_id, member_id]):
        raise EventPending
    theirs = _erasable().filter(actor_id=member_id)
    total = theirs.count()
    if total == 0:
        raise ErasureRefused("The log holds nothing of this member that can be erased.")
    _confirmed(confirm, total)
    chosen = list(theirs.order_by("seq").values_list("seq", flat=True)[:MOST_INDEXES])
    return Erased(len(chosen), total - len(chosen), erase(context, chosen, ground))


def _erasable() -> QuerySet[Body]:
    return Body.objects.filter(pii__isnull=False).exclude(verb=Verb.AUDIT_ERASED.value)


def _confirmed(confirm: int | None, count: int) -> None:
    if confirm != count:
        raise ErasureUnconfirmed(count)


def erase(context: TenantContext, indexes: list[int], ground: Ground) -> Receipt:
    """Let PostgreSQL erase these events in one step with its own event. Whoever calls it has asked who may."""
    event = build_event(context, Verb.AUDIT_ERASED, object_kind="event", detail=detail_of(indexes, ground))
    with connection.cursor() as cursor:
        cursor.execute(ERASE, [event.id, event.at, event.leaf, event.core, event.pii, indexes])
    current().receipts.append(event.receipt)
    return event.receipt
