"""Give an item back without an answer: a colleague is served it next."""

from uuid import UUID

from annotation.errors import TaskNotHeld
from annotation.services import statements
from annotation.services.queue_sql import RELEASE
from audit.services.record import record
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


def release_task(context: TenantContext, *, task_id: UUID) -> Receipt:
    """Return the item to the queue; the actor sees it again only when nothing else is left for them.

    Raises `TaskNotHeld` for an item that the actor does not hold, whatever the reason.
    """
    freed = statements.one(RELEASE, {"task": task_id, "me": context.actor_id})
    if freed is None:
        raise TaskNotHeld
    return record(
        context, Verb.TASK_RELEASED, object_kind="task", object_id=task_id, detail={"project": str(freed[0])}
    )
