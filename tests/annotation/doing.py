"""What labelers and managers do in tests: each verb in a unit of work of its own, as a request has."""

from typing import Any
from uuid import UUID

from annotation.services.change_project import change_project
from annotation.services.reopen_task import reopen_task
from annotation.services.reserve_tasks import reserve_tasks
from annotation.services.save_draft import SavedDraft, save_draft
from annotation.services.skip_task import skip_task
from annotation.services.submit_task import submit_task
from annotation.values import TaskToLabel
from ringfence.kernel.context import acting
from tests.annotation.making import GLAD, Work
from tests.world import Someone

BODY = {"answer": GLAD, "schema_version": 1}


def save(someone: Someone, task: UUID, base: int, body: dict[str, Any] | None = None) -> SavedDraft:
    context = someone.context
    with acting(context):
        return save_draft(context, task_id=task, base=base, body=body or BODY)


def skip(someone: Someone, task: UUID, reason: str = "", note: str = "") -> None:
    context = someone.context
    with acting(context):
        skip_task(context, task_id=task, reason=reason, note=note)


def reopen(someone: Someone, task: UUID) -> TaskToLabel:
    context = someone.context
    with acting(context):
        return reopen_task(context, task_id=task).tasks[0]


def change(work: Work, **what: Any) -> None:
    owner = work.workspace.context()
    with acting(owner):
        change_project(owner, project_id=work.project_id, **what)


def reserve(work: Work, someone: Someone, *tasks: UUID) -> list[UUID]:
    owner = work.workspace.context()
    with acting(owner):
        return reserve_tasks(owner, project_id=work.project_id, member_id=someone.member_id, tasks=tasks)


def submit(someone: Someone, task: UUID, answer: object = GLAD, **more: Any) -> Any:
    return submit_task(someone.context, task_id=task, answer=answer, **more)
