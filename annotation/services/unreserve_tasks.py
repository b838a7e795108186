"""End that items are kept for one person: everybody may get them again."""

from collections.abc import Sequence
from uuid import UUID

from annotation.access import reach_project
from annotation.services import statements
from annotation.services.order_sql import LOCK_SLOTS
from annotation.services.queue_sql import ONE_AT_A_TIME, RETURN_KEPT_OF
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid

MOST_TASKS = 1_000


def unreserve_tasks(context: TenantContext, *, project_id: UUID, tasks: Sequence[UUID]) -> int:
    """Return how many answers of these items were kept for somebody and are open to all now.

    That holds for returned answers and for what somebody put aside, too. Items in work stay in work.
    Raises `NotFound`, `Invalid` for no item or more than 1,000.
    """
    if not 1 <= len(tasks) <= MOST_TASKS:
        raise Invalid(f"name 1 to {MOST_TASKS:,} items", field="tasks")
    reach_project(context, project_id, ProjectRight.MANAGE)
    values = {"project": project_id, "tasks": list(tasks), "late": False}
    statements.run(ONE_AT_A_TIME, {"whose": f"order of {project_id}"})
    statements.run(LOCK_SLOTS, values)
    freed = sum(int(count) for _, count in statements.rows(RETURN_KEPT_OF, values))
    if freed:
        record(
            context,
            Verb.TASK_RELEASED,
            object_kind="project",
            object_id=project_id,
            detail={"count": freed, "why": "kept_no_more", "tasks": [str(task) for task in tasks]},
        )
    return freed
