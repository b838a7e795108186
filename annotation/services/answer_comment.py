"""Answer in a thread, or close it."""

from uuid import UUID

from django.utils import timezone

from annotation.errors import CommentClosed
from annotation.models import CommentAnswer
from annotation.services.comment_words import check_words
from annotation.services.list_comments import reach_comment
from annotation.values import CommentState
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7


def answer_comment(context: TenantContext, *, comment_id: UUID, text: str) -> UUID:
    """Add the actor's words to a thread; return their id. It is then the other side's turn.

    Raises `NotFound`, `CommentClosed`, `CommentInvalid`.
    """
    comment, manages = reach_comment(context, comment_id, lock=True)
    if comment.state == CommentState.CLOSED:
        raise CommentClosed
    words, answer_id = check_words(text), uuid7()
    CommentAnswer.objects.create(
        id=answer_id,
        comment=comment,
        author_id=context.actor_id,
        body=context.keyring.seal(
            words.encode(), field=CommentAnswer.body, row=answer_id, unit=comment.project_id
        ),
        at=timezone.now(),
    )
    # Somebody who both labels and manages answers their own question as the labeler.
    asks_again = not manages or comment.member_id == context.actor_id
    comment.state = CommentState.OPEN if asks_again else CommentState.ANSWERED
    comment.save(update_fields=["state"])
    record(
        context,
        Verb.COMMENT_ANSWERED,
        object_kind="task",
        object_id=comment.task_id,
        detail={"comment": str(comment_id), "answer": str(answer_id)},
    )
    return answer_id


def close_comment(context: TenantContext, *, comment_id: UUID) -> None:
    """End a thread; harmless when it has ended. Managers only: for others it raises `NotFound`."""
    comment, manages = reach_comment(context, comment_id, lock=True)
    if not manages:
        raise NotFound("comment")
    if comment.state == CommentState.CLOSED:
        return
    comment.state, comment.closed_at = CommentState.CLOSED, timezone.now()
    comment.save(update_fields=["state", "closed_at"])
    record(
        context,
        Verb.COMMENT_CLOSED,
        object_kind="task",
        object_id=comment.task_id,
        detail={"comment": str(comment_id)},
    )
