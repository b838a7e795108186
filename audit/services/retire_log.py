"""Ends the acting tenant's log: it takes no events any more; what was proven of it stays proven."""

from uuid import UUID

from django.db import connection

from audit.models import Body
from audit.services.stored_log import fetch_row
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext

PENDING = "SELECT id FROM audit.pending WHERE tenant_id = %s AND verb = %s AND object_id = %s LIMIT 1"
SIZE = """
SELECT (SELECT max(size) FROM audit.head WHERE tenant_id = %s)
     + (SELECT count(*) FROM audit.pending WHERE tenant_id = %s)
"""


def retire_log(context: TenantContext, *, last_event: UUID) -> None:
    """Let PostgreSQL retire the log by the event that ends it. Inside `acting(context)`, under the worker's role.

    Safe to repeat. Raises django.db.DatabaseError (RFA18, RFA19) while that event, or anything else of the log, still
    waits to be appended or signed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.retire_log(%s)", [last_event])


def ending_event(context: TenantContext, *, about: UUID) -> UUID | None:
    """Return the id of the event that ends a workspace, recorded about this closing; None before it is."""
    verb = Verb.TENANT_DESTROYED.value
    logged = Body.objects.filter(verb=verb, object_id=about).order_by("seq").values_list("id", flat=True)
    found = logged.first()
    if found is not None:
        return found
    waiting = fetch_row(PENDING, [context.tenant_id, verb, about])
    return None if waiting is None else waiting[0]


def size_with_waiting(context: TenantContext) -> int:
    """Return how many events the log has, those that wait to be appended counted in."""
    row = fetch_row(SIZE, [context.tenant_id, context.tenant_id])
    return 0 if row is None or row[0] is None else int(row[0])
