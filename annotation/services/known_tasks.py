"""What this process delivered lately: to which project an item belongs, so that an answer to it need not ask first.

A hint, never a truth: the statement that accepts the answer holds it against the tables, and whoever it fails
reads them. Ids and version numbers alone.
"""

from typing import NamedTuple
from uuid import UUID

from ringfence.kernel.context import TenantContext

REMEMBERED_AT_MOST = 10_000


class KnownTask(NamedTuple):
    """An item's project, and the version of the label schema that it was delivered under."""

    project_id: UUID
    schema_version: int


_known: dict[tuple[UUID, UUID], KnownTask] = {}


def remember_task(context: TenantContext, task_id: UUID, known: KnownTask) -> None:
    """Remember an item of the context's tenant that is about to be delivered."""
    if len(_known) >= REMEMBERED_AT_MOST:
        _known.clear()
    _known[context.tenant_id, task_id] = known


def recall_task(context: TenantContext, task_id: UUID) -> KnownTask | None:
    """Return what was remembered of an item of the context's tenant."""
    return _known.get((context.tenant_id, task_id))
