"""Lets a log that was frozen go on, in one step with the event that tells what was lost."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from audit.services.build_event import build_event
from audit.services.errors import NothingToResume
from audit.services.stored_log import fetch_row, the_log
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, current

WAITING = "SELECT recovery, from_size, size, lost, why FROM audit.waiting_recovery()"
RESUME = "SELECT audit.resume_log(%s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Resumed:
    """From which event on bodies were lost, and of how many events before `size`."""

    from_size: int
    size: int
    lost: int
    receipt: Receipt


def resume_log(context: TenantContext) -> Resumed:
    """Thaw the log of `context`'s tenant, inside `acting(context)`; role rf_worker.

    `manage.py audit_recover --refill` has found, within the last hour, that the log keeps every promise; PostgreSQL
    refuses it otherwise, and the signer freezes the log again if it finds another history. Raises `NothingToResume`.
    """
    row = fetch_row(WAITING, [])
    if row is None:
        raise NothingToResume
    recovery: UUID
    recovery, from_size, size, lost, why = row
    event = build_event(
        context,
        Verb.LOG_RECOVERED,
        object_kind="log",
        object_id=the_log().id,
        detail={"from_size": from_size, "size": size, "bodies_lost": lost, "why": why},
    )
    with connection.cursor() as cursor:
        cursor.execute(RESUME, [recovery, event.id, event.at, event.leaf, event.core, event.pii])
    current().receipts.append(event.receipt)
    return Resumed(from_size, size, lost, event.receipt)
