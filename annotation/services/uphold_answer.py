"""A manager agrees with a dispute: the answer that was returned counts again, as it was given."""

from uuid import UUID

from django.db.models import F
from django.utils import timezone

from annotation.errors import AnswerReplaced, CommentClosed, NotDisputed, OwnDispute
from annotation.models import Draft, PersonCount, Slot, Submission
from annotation.services.keep_aggregates import count_again
from annotation.services.list_comments import reach_comment
from annotation.values import CommentKind, CommentState, SlotState
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound


def uphold_answer(context: TenantContext, *, comment_id: UUID) -> None:
    """Let the answer of a dispute count again, and close the dispute; harmless when that is so already.

    The row stands again with its receipts and its entry in the work log, so that it stays one answer.
    It needs a wanted answer of its item: the one that its giver holds, else the one kept for them, else
    one that is open to everybody. What they had begun anew is given up.

    Raises:
        NotFound: no such thread in a project that the actor manages.
        NotDisputed: the thread is no dispute.
        CommentClosed: the dispute was closed without upholding the answer.
        OwnDispute: it is the actor's own.
        AnswerReplaced: another answer took its place; nothing is changed.
    """
    comment, manages = reach_comment(context, comment_id, lock=True)
    if not manages:
        raise NotFound("comment")
    if comment.kind != CommentKind.DISPUTE or comment.submission_id is None:
        raise NotDisputed
    given = Submission.objects.select_for_update(of=("self",)).get(id=comment.submission_id)
    if given.withdrawn_at is None:
        return
    if comment.state == CommentState.CLOSED:
        raise CommentClosed
    if given.labeler_id == context.actor_id:
        raise OwnDispute
    n = _wanted_from(given)
    count_again(context, given)
    Slot.objects.filter(task_id=given.task_id, n=n).update(
        state=SlotState.ANSWERED, labeler_id=given.labeler_id, lease_ends=None, last_labeler_id=None
    )
    given.n, given.withdrawn_at = n, None
    given.save(update_fields=["n", "withdrawn_at"])
    PersonCount.objects.filter(project_id=given.project_id, labeler_id=given.labeler_id).update(
        given=F("given") + 1
    )
    Draft.objects.filter(task_id=given.task_id, member_id=given.labeler_id).delete()
    comment.state, comment.closed_at = CommentState.CLOSED, timezone.now()
    comment.save(update_fields=["state", "closed_at"])
    record(
        context,
        Verb.SUBMISSION_UPHELD,
        object_kind="task",
        object_id=given.task_id,
        detail={"submission": str(given.id), "comment": str(comment_id)},
    )


def _wanted_from(given: Submission) -> int:
    """Return which wanted answer of the item this one becomes, its row locked. Raises `AnswerReplaced`.

    All of the item's are locked, in one order: whoever submits or takes one meanwhile waits, or is seen.
    """
    slots = list(Slot.objects.select_for_update().filter(task_id=given.task_id).order_by("n"))
    whose = given.labeler_id
    held = [slot for slot in slots if slot.labeler_id == whose]
    if any(slot.state == SlotState.ANSWERED for slot in held):
        raise AnswerReplaced
    open_ones = [slot for slot in slots if slot.state == SlotState.OPEN]
    kept = [slot for slot in open_ones if slot.reserved_for == whose]
    anybodys = sorted((slot for slot in open_ones if slot.reserved_for is None), key=lambda s: s.n != given.n)
    for slot in (*held, *kept, *anybodys):
        return int(slot.n)
    raise AnswerReplaced
