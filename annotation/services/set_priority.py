"""Serve items of a project sooner or later than others."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from annotation.access import reach_project
from annotation.services import statements
from annotation.services.order_sql import MOVE
from annotation.services.queue_sql import ONE_AT_A_TIME
from annotation.values import Priority, ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Invalid

MOST_TASKS = 1_000
MOST_AT_ONCE = 20_000
"""Slots moved in one unit of work: a second or so."""


def set_priority(
    context: TenantContext, *, project_id: UUID, priority: Priority, tasks: Sequence[UUID] | None = None
) -> int:
    """Move what is still to be labeled, of `tasks` or of the whole project, and return how many answers.

    Opens its own units of work, of up to 20,000 answers each; one that was cut short is asked for again.
    Items in work move when they come back. Raises `NotFound`, `Invalid` for more than 1,000 items.
    """
    if tasks is not None and len(tasks) > MOST_TASKS:
        raise Invalid(f"name up to {MOST_TASKS:,} items, or all", field="tasks")
    values: dict[str, Any] = {
        "project": project_id,
        "lane": priority.value,
        "tasks": None if tasks is None else list(tasks),
        "most": MOST_AT_ONCE,
    }
    moved = 0
    just_now: int
    while True:
        with acting(context):
            reach_project(context, project_id, ProjectRight.MANAGE)
            statements.run(ONE_AT_A_TIME, {"whose": f"order of {project_id}"})
            with connection.cursor() as cursor:
                cursor.execute(MOVE, values)
                just_now = cursor.rowcount
            if just_now:
                record(
                    context,
                    Verb.PROJECT_CHANGED,
                    object_kind="project",
                    object_id=project_id,
                    detail={"priority": priority.name.lower(), "answers": just_now},
                )
        moved += just_now
        if just_now < MOST_AT_ONCE:
            return moved
