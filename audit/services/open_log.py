"""Opens the one log of a tenant: an explicit act, recorded as the log's own first event."""

from uuid import UUID

from django.db import connection

from audit.services.build_event import build_event
from audit.services.record import keep
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, current


def open_log(context: TenantContext, *, origin: str) -> Receipt:
    """Open the log of `context`'s tenant, inside `acting(context)`, and record it as event 0.

    Called by whoever creates a tenant, before any other event of it. `origin` is the log's name for
    ever: `<prefix>/t/<32 hex>`, random and unlike the tenant's name or public id, since witnesses
    see it. Nothing else opens a log; the database refuses a second one for a tenant, and an
    origin that was ever used (IntegrityError).
    """
    current()
    log_id = UUID(origin.rpartition("/")[2])
    event = build_event(
        context, Verb.LOG_OPENED, object_kind="log", object_id=log_id, detail={"origin": origin}
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.open_log(%s, %s, %s)", [log_id, origin, event.id])
    return keep(event)
