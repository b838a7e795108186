"""Records one event in the transaction of the change, or of the delivery, that it tells of."""

from collections.abc import Mapping
from uuid import UUID

from django.db import connection

from audit.services.build_event import INSERT_PENDING, Event, build_event
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, current
from ringfence.kernel.errors import ContextAlreadyEntered


def record(
    context: TenantContext,
    verb: Verb,
    *,
    object_kind: str,
    object_id: UUID | None = None,
    detail: Mapping[str, object] | None = None,
) -> Receipt:
    """Record that `context`'s actor did `verb`: committed with the caller's transaction, or not at all.

    The receipt is good once the unit of work has committed; it is added to the unit's receipts,
    of which the middleware sends the last. Any failure is the caller's failure: no event, no data.
    Raises `NoTenantContext` outside `acting(context)`, and `Dark`.
    """
    return keep(
        build_event(_entered(context), verb, object_kind=object_kind, object_id=object_id, detail=detail)
    )


def keep(event: Event) -> Receipt:
    """Insert a built event in the running unit of work and add its receipt."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT_PENDING, event.row)
    current().receipts.append(event.receipt)
    return event.receipt


def _entered(context: TenantContext) -> TenantContext:
    if current().context is not context:
        raise ContextAlreadyEntered("an event is recorded by the context whose unit of work is running")
    return context
