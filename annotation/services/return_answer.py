"""A manager returns an answer: its giver gets the item again, with the answer as a draft and the reason."""

import json
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import AlreadyReturned
from annotation.labels.answer import decode_answer
from annotation.labels.order import to_shown
from annotation.models import Comment, Draft, PersonCount, Slot, Submission
from annotation.services.comment_words import check_words
from annotation.services.read_schema import schema_of
from annotation.values import CommentKind, CommentState, ProjectRight, SlotState
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7


def return_answer(
    context: TenantContext, *, submission_id: UUID, reason: str, task_id: UUID | None = None
) -> UUID:
    """Return a standing answer with words that say why; return the thread's id.

    The slot is open again and kept for the same person. The answer counts nowhere and is not exported;
    its receipts stay good, since the work was done. With `task_id`, an answer to another item is absent.
    One that was upheld is not returned again: the dispute is decided.
    Raises `NotFound`, `AlreadyReturned`, `CommentInvalid`.
    """
    given = Submission.objects.select_for_update(of=("self",)).filter(id=submission_id).first()
    if given is None or (task_id is not None and given.task_id != task_id):
        raise NotFound("answer")
    project = reach_project(context, given.project_id, ProjectRight.MANAGE)
    if given.withdrawn_at is not None or given.returned_at is not None:
        raise AlreadyReturned
    words, now, comment_id = check_words(reason), timezone.now(), uuid7()
    given.returned_at = given.withdrawn_at = now
    given.save(update_fields=["returned_at", "withdrawn_at"])
    Slot.objects.filter(task_id=given.task_id, n=given.n, state=SlotState.ANSWERED).update(
        state=SlotState.OPEN, labeler_id=None, last_labeler_id=None, reserved_for=given.labeler_id
    )
    PersonCount.objects.filter(project_id=project.id, labeler_id=given.labeler_id).update(
        given=F("given") - 1
    )
    _keep_as_draft(context, given)
    Comment.objects.create(
        id=comment_id,
        project=project,
        task_id=given.task_id,
        submission=given,
        kind=CommentKind.RETURN,
        state=CommentState.ANSWERED,
        member_id=given.labeler_id,
        author_id=context.actor_id,
        body=context.keyring.seal(words.encode(), field=Comment.body, row=comment_id, unit=project.id),
        at=now,
    )
    record(
        context,
        Verb.SUBMISSION_RETURNED,
        object_kind="task",
        object_id=given.task_id,
        detail={"submission": str(submission_id), "comment": str(comment_id)},
    )
    return comment_id


def _keep_as_draft(context: TenantContext, given: Submission) -> None:
    """Give the answer back, as its giver saw it, for the draft that they go on from."""
    stored = decode_answer(context.keyring.open(given.answer, field=Submission.answer, row=given.id))
    schema = schema_of(context, project_id=given.project_id, version=given.schema_version)
    if schema is None:
        raise NotFound("version")
    body = {
        "answer": to_shown(schema, stored.answer, tuple(stored.shown)),
        "schema_version": given.schema_version,
        "active_ms": 0,
    }
    row = uuid7()
    Draft.objects.filter(task_id=given.task_id, member_id=given.labeler_id).delete()
    Draft.objects.create(
        id=row,
        project_id=given.project_id,
        task_id=given.task_id,
        member_id=given.labeler_id,
        version=1,
        body=context.keyring.seal(
            json.dumps(body).encode(), field=Draft.body, row=row, unit=given.project_id
        ),
        schema_version=given.schema_version,
        updated_at=timezone.now(),
    )
