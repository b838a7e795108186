"""Keep items of a project for one person: nobody else is given them."""

from collections.abc import Sequence
from uuid import UUID

from annotation.access import reach_project, refuse_kept_away
from annotation.models import ProjectGrant
from annotation.services import statements
from annotation.services.order_sql import KEEP_FOR, LOCK_SLOTS
from annotation.services.queue_sql import ONE_AT_A_TIME
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid, NotFound

MOST_TASKS = 1_000


def reserve_tasks(
    context: TenantContext, *, project_id: UUID, member_id: UUID, tasks: Sequence[UUID]
) -> list[UUID]:
    """Keep one wanted answer of each item for the member; return the items for which that was possible.

    Not possible is it where no answer is open, or the person has the item, gave their answer or has it
    kept already. It ends when they are unassigned.

    Raises:
        MemberKeptAway: the neutrality policy keeps the member away.
        NotFound: no such project, or no such member who labels in it.
        Invalid: no item, or more than 1,000.
    """
    if not 1 <= len(tasks) <= MOST_TASKS:
        raise Invalid(f"name 1 to {MOST_TASKS:,} items", field="tasks")
    reach_project(context, project_id, ProjectRight.MANAGE)
    assigned = ProjectGrant.objects.filter(
        content_object_id=project_id,
        user_id=member_id,
        user__is_active=True,
        permission__codename=ProjectRight.LABEL.value,
    )
    if not assigned.exists():
        raise NotFound("member in this project")
    refuse_kept_away(member_id)
    values = {"project": project_id, "who": member_id, "tasks": list(tasks)}
    statements.run(ONE_AT_A_TIME, {"whose": f"order of {project_id}"})
    statements.run(LOCK_SLOTS, values)
    kept = [row[0] for row in statements.rows(KEEP_FOR, values)]
    if kept:
        record(
            context,
            Verb.TASK_RESERVED,
            object_kind="project",
            object_id=project_id,
            detail={"member": str(member_id), "tasks": [str(task) for task in kept]},
        )
    return kept
