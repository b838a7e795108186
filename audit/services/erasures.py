"""Which event erased an entry, for whoever shows that its personal half is gone."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from ringfence.kernel.context import TenantContext

BY_EVENT = """
SELECT e.seq, e.event, b.seq FROM audit.erasure e LEFT JOIN audit.body b ON b.tenant_id = e.tenant_id AND b.id = e.event
 WHERE e.tenant_id = %s AND e.seq = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class ErasedBy:
    """Which event erased an entry; `index` is None until that event has its own place in the log."""

    event_id: UUID
    index: int | None


def erased_by(context: TenantContext, indexes: Collection[int]) -> dict[int, ErasedBy]:
    """Return which event erased each of these entries; nothing for the others. Inside `acting(context)`."""
    if not indexes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(BY_EVENT, [context.tenant_id, list(indexes)])
        return {seq: ErasedBy(event, index) for seq, event, index in cursor.fetchall()}
