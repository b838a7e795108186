"""Opens the log that succeeds one that cannot keep its promises; its first own entry tells what was lost."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from audit.encoding import to_base64
from audit.services.build_event import build_event
from audit.services.errors import NothingToResume
from audit.services.stored_log import fetch_row
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, current

WAITING = """
SELECT succession, successor_id, origin, successor_origin, standing, kept_size, promised_size, promised_root, lost, why
  FROM audit.waiting_succession()
"""
SUCCEED = "SELECT audit.succeed_log(%s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Succeeded:
    """From which size on the new log goes on, under which name, and what the old one was held to."""

    origin: str
    kept: int
    promised: int
    lost: int
    receipt: Receipt


def succeed_log(context: TenantContext) -> Succeeded:
    """Let the log of `context`'s tenant be succeeded, inside `acting(context)`; role rf_worker.

    `manage.py audit_recover --succeed` has noted, within the last hour, from which head and why; PostgreSQL refuses it
    otherwise. The signer makes the new log's key and states the succession under both keys. Raises `NothingToResume`.
    """
    row = fetch_row(WAITING, [])
    if row is None:
        raise NothingToResume
    succession: UUID
    succession, successor, origin, new_origin, standing, kept, promised, root, lost, why = row
    event = build_event(
        context,
        Verb.LOG_SUCCEEDED,
        object_kind="log",
        object_id=successor,
        detail={
            "origin": new_origin,
            "succeeds": origin,
            "standing": standing,
            "kept": kept,
            "promised": promised,
            "promised_root": to_base64(bytes(root)),
            "bodies_lost": lost,
            "why": why,
        },
    )
    with connection.cursor() as cursor:
        cursor.execute(SUCCEED, [succession, event.id, event.at, event.leaf, event.core, event.pii])
    current().receipts.append(event.receipt)
    return Succeeded(new_origin, kept, promised, lost, event.receipt)
