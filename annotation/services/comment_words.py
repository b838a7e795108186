"""The words of comments: their rules, and how they are opened for whoever may see the thread."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.utils.translation import gettext as _

from annotation.errors import CommentInvalid
from annotation.models import Comment, CommentAnswer, Submission
from annotation.values import CommentKind, CommentState
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext

MOST_CHARACTERS = 5_000


@dataclass(frozen=True, slots=True)
class ThreadAnswer:
    """One more word in a thread."""

    author_id: UUID
    by: str
    at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread about one item, opened."""

    comment_id: UUID
    project_id: UUID
    task_id: UUID
    submission_id: UUID | None
    kind: str
    state: str
    member_id: UUID
    author_id: UUID
    by: str
    mine: bool
    at: datetime
    text: str = field(repr=False)
    answers: tuple[ThreadAnswer, ...]
    upheld: bool = False
    """Of a dispute: the returned answer counts again."""

    @property
    def closed(self) -> bool:
        """Say whether nothing more is written into it."""
        return self.state == CommentState.CLOSED


def check_words(text: str) -> str:
    """Return the text without spaces around it. Raises `CommentInvalid`."""
    kept = text.replace("\r\n", "\n").strip()
    if not 1 <= len(kept) <= MOST_CHARACTERS:
        raise CommentInvalid(f"Write something here, up to {MOST_CHARACTERS:,} characters.", field="text")
    if "\0" in kept or any("\ud800" <= letter <= "\udfff" for letter in kept):
        raise CommentInvalid("the text holds a character that cannot be stored", field="text")
    return kept


def open_threads(context: TenantContext, comments: Sequence[Comment]) -> tuple[list[Thread], str]:
    """Return up to 1,000 threads with all their words, and the receipt of their one delivery."""
    if not comments:
        return [], ""
    me, concerns = context.actor_id, {comment.id: comment.member_id for comment in comments}
    answers: defaultdict[UUID, list[ThreadAnswer]] = defaultdict(list)
    told: defaultdict[UUID, list[bytes]] = defaultdict(list)
    for comment in comments:
        told[comment.id].append(context.keyring.open(comment.body, field=Comment.body, row=comment.id))
    for row in CommentAnswer.objects.filter(comment_id__in=list(told)).order_by("at", "id"):
        words = context.keyring.open(row.body, field=CommentAnswer.body, row=row.id)
        told[row.comment_id].append(words)
        by = _by(row.author_id, concerns[row.comment_id], me)
        answers[row.comment_id].append(ThreadAnswer(row.author_id, by, row.at, words.decode()))
    upheld = _upheld(comments)
    receipt = deliver(
        context,
        Verb.COMMENTS_DELIVERED,
        object_kind="comment",
        objects=[(comment.id, sha256(b"\0".join(told[comment.id])).digest()) for comment in comments],
    )
    threads = [
        Thread(
            row.id, row.project_id, row.task_id, row.submission_id, row.kind, row.state, row.member_id,
            row.author_id, _by(row.author_id, row.member_id, me), row.author_id == me, row.at,
            told[row.id][0].decode(), tuple(answers[row.id]), row.id in upheld,
        )
        for row in comments
    ]  # fmt: skip
    return threads, receipt.header


def _upheld(threads: Sequence[Comment]) -> set[UUID]:
    """Return which of these are disputes whose returned answer counts again."""
    disputes = {
        row.submission_id: row.id
        for row in threads
        if row.kind == CommentKind.DISPUTE and row.submission_id is not None
    }
    if not disputes:
        return set()
    standing = Submission.objects.filter(id__in=disputes, returned_at__isnull=False, withdrawn_at=None)
    return {disputes[row] for row in standing.values_list("id", flat=True)}


def _by(author_id: UUID, member_id: UUID, me: UUID) -> str:
    """Return who wrote, in words that name nobody: names are asked for by who may list members."""
    if author_id == me:
        return _("you")
    return _("the labeler") if author_id == member_id else _("a manager")
