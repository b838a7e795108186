"""Undo one's own answer or skip: the item is held again, with what was entered as its draft."""

import json
from typing import Any
from uuid import UUID

from annotation.access import permission_id
from annotation.errors import TaskNotHeld, TooLate
from annotation.models import Draft, Skip, Submission
from annotation.services import statements
from annotation.services.answer_as_shown import answer_as_shown
from annotation.services.labor_sql import HELD_ONE, PUT_DRAFT, UNSKIP, WITHDRAW
from annotation.services.take_tasks import deliver_tasks
from annotation.values import ProjectRight, Taken
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7


def reopen_task(context: TenantContext, *, task_id: UUID) -> Taken:
    """Take back the actor's answer, within the project's minutes, or their skip, while nobody has the item.

    The withdrawn answer stays with its receipt in the log; it counts nowhere and is not exported, and the
    next one gets a receipt of its own. An item that the actor holds already is given again, so that a lost
    reply does no harm. What returns is a delivery.

    Raises:
        TaskNotHeld: the actor neither answered nor skipped the item, or may not label there.
        TooLate: they did; but the time is over, the project is closed, or somebody else has the item.
    """
    values = {
        "task": task_id,
        "me": context.actor_id,
        "epoch": context.epoch,
        "label": permission_id(ProjectRight.LABEL),
    }
    withdrawn = statements.one(WITHDRAW, values)
    if withdrawn is not None:
        return _with_its_answer(context, task_id, withdrawn)
    found = statements.one(UNSKIP, values)
    if found is not None:
        record(
            context,
            Verb.TASK_REOPENED,
            object_kind="task",
            object_id=task_id,
            detail={"project": str(found[0]), "undone": "skip"},
        )
    else:
        found = statements.one(HELD_ONE, values)
    if found is None:
        mine = {"task_id": task_id}
        answered = Submission.objects.filter(labeler_id=context.actor_id, withdrawn_at=None, **mine)
        skipped = Skip.objects.filter(member_id=context.actor_id, undone_at=None, **mine)
        raise TooLate if answered.exists() or skipped.exists() else TaskNotHeld
    return deliver_tasks(context, found[0], [(*found[1:], False)])


def _with_its_answer(context: TenantContext, task_id: UUID, withdrawn: tuple[Any, ...]) -> Taken:
    project_id, submission_id, sealed, version, active_ms, lease_ends, payload = withdrawn
    clear = context.keyring.open(bytes(sealed), field=Submission.answer, row=submission_id)
    shown = answer_as_shown(context, project_id=project_id, version=version, stored=clear)
    body = {"answer": shown, "schema_version": version, "active_ms": active_ms}
    draft_id = uuid7()
    draft = context.keyring.seal(json.dumps(body).encode(), field=Draft.body, row=draft_id, unit=project_id)
    kept = statements.one(
        PUT_DRAFT,
        {
            "id": draft_id,
            "tenant": context.tenant_id,
            "project": project_id,
            "task": task_id,
            "me": context.actor_id,
            "body": draft,
            "schema_version": version,
        },
    )
    detail = {"project": str(project_id), "submission": str(submission_id)}
    record(context, Verb.SUBMISSION_WITHDRAWN, object_kind="task", object_id=task_id, detail=detail)
    record(
        context,
        Verb.TASK_REOPENED,
        object_kind="task",
        object_id=task_id,
        detail=detail | {"undone": "answer"},
    )
    draft_version = kept[0] if kept else 1
    return deliver_tasks(
        context,
        project_id,
        [(task_id, payload, lease_ends, version, draft_id, draft_version, draft, False)],
    )
