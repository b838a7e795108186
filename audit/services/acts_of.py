"""What one actor did in a tenant since a moment: the clear half of their events, those not yet signed included."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from ringfence.kernel.context import TenantContext
from ringfence.kernel.registry import names_of

MOST_ACTS = 200
# An event moves from one table to the other in one transaction, so no statement sees it in neither or in both.
_ACTS = """(
  SELECT id, verb, object_kind, object_id, at FROM audit.body WHERE actor_id = %(who)s AND at >= %(since)s
  UNION ALL
  SELECT id, verb, object_kind, object_id, at FROM audit.pending WHERE actor_id = %(who)s AND at >= %(since)s
) acts"""
_NEWEST = (
    f"SELECT id, verb, object_kind, object_id, at FROM {_ACTS} ORDER BY at DESC, id DESC LIMIT {MOST_ACTS}"  # noqa: S608 - constants
)
_COUNTED = f"SELECT verb, count(*) FROM {_ACTS} GROUP BY verb ORDER BY verb"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Act:
    """One event: what stands in clear of it, and the object's name where it has one that may be shown here."""

    event_id: UUID
    verb: str
    object_kind: str
    object_id: UUID | None
    object_name: str
    at: datetime


def acts_of(context: TenantContext, actor_id: UUID, *, since: datetime) -> list[Act]:
    """Return the newest of an actor's events, newest first. Inside `acting(context)`; whoever shows them records it."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, {"who": actor_id, "since": since})
        rows = cursor.fetchall()
    wanted: dict[str, set[UUID]] = {}
    for _, _, kind, object_id, _ in rows:
        if object_id is not None:
            wanted.setdefault(kind, set()).add(object_id)
    names: dict[UUID, str] = {}
    for kind, ids in wanted.items():
        names |= names_of(context, kind, ids)
    return [
        Act(event_id, verb, kind, object_id, names.get(object_id, "") if object_id else "", at)
        for event_id, verb, kind, object_id, at in rows
    ]


def count_acts(actor_id: UUID, *, since: datetime) -> dict[str, int]:
    """Return how many events of each verb an actor has since a moment. Inside a unit of work."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"who": actor_id, "since": since})
        return dict(cursor.fetchall())
