"""A sign of life from a workspace: leases run on, and it hears what changed meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from annotation.access import permission_id
from annotation.models import Project
from annotation.services import statements
from annotation.services.labor_sql import HEARTBEAT
from annotation.values import MOST_TAKEN_AT_ONCE, ProjectRight
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Beat:
    """Until when each item is held, which are lost, and the project's versions by now."""

    held: tuple[tuple[UUID, datetime], ...]
    lost: tuple[UUID, ...]
    schema_version: int
    guidelines_version: int
    epoch: int


def beat(context: TenantContext, *, project_id: UUID, tasks: Sequence[UUID]) -> Beat:
    """Extend the leases of those of `tasks` that the actor holds. No content leaves, so it is no event.

    A lease that ran out is taken up again while nobody else has the item. Nobody holds an item for more
    than a day. Whoever may no longer label there has lost all of them.

    Raises `NotFound` for a project that is absent or another tenant's, `Invalid` for more than 50 items.
    """
    if len(tasks) > MOST_TAKEN_AT_ONCE:
        raise Invalid(f"name up to {MOST_TAKEN_AT_ONCE} items", field="tasks")
    versions = (
        Project.objects.filter(id=project_id).values_list("schema_version", "guidelines_version").first()
    )
    if versions is None:
        raise NotFound("project")
    held = (
        statements.rows(
            HEARTBEAT,
            {
                "project": project_id,
                "tasks": list(tasks),
                "me": context.actor_id,
                "epoch": context.epoch,
                "label": permission_id(ProjectRight.LABEL),
            },
        )
        if tasks
        else []
    )
    ends = dict(held)
    return Beat(
        tuple(ends.items()),
        tuple(dict.fromkeys(task for task in tasks if task not in ends)),
        *versions,
        context.epoch,
    )
