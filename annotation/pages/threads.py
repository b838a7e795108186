"""Threads about items, made ready for a template, and what a manager does with one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.services.answer_comment import answer_comment, close_comment
from annotation.services.comment_words import Thread
from annotation.services.uphold_answer import uphold_answer
from annotation.values import CommentKind, CommentState
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound, RingfenceError

SAYS = {
    "answered": gettext_lazy("Your answer is there. The labeler sees it beside the item."),
    "ended": gettext_lazy("The thread is closed."),
    "upheld": gettext_lazy("The answer counts again, as it was given. The dispute is closed."),
}
TONES = {CommentState.OPEN: "warn", CommentState.ANSWERED: "ok", CommentState.CLOSED: "idle"}
SPOKEN = ("answer", "close", "uphold")
"""The buttons of a thread."""


@dataclass(frozen=True, slots=True)
class RefusedWords:
    """What somebody wrote into a thread, and why it was not taken."""

    comment_id: UUID
    text: str
    refusal: RingfenceError


def speak(context: TenantContext, data: QueryDict) -> str | RefusedWords:
    """Answer, close or uphold as a thread's form says, in one unit of work; return what `SAYS` says of it.

    Words beside "uphold" are kept as an answer. Raises `NotFound`.
    """
    try:
        comment_id = UUID(data.get("comment", ""))
    except ValueError as malformed:
        raise NotFound("comment") from malformed
    text = data.get("text", "")
    try:
        with acting(context):
            if data.get("do") == "close":
                close_comment(context, comment_id=comment_id)
                return "ended"
            if data.get("do") == "uphold":
                if text.strip():
                    answer_comment(context, comment_id=comment_id, text=text)
                uphold_answer(context, comment_id=comment_id)
                return "upheld"
            answer_comment(context, comment_id=comment_id, text=text)
    except NotFound:
        raise
    except RingfenceError as refusal:
        return RefusedWords(comment_id, text, refusal)
    return "answered"


def thread_rows(
    threads: Sequence[Thread],
    names: Mapping[UUID, str],
    places: Mapping[UUID, int],
    refused: RefusedWords | None = None,
) -> list[dict[str, Any]]:
    """Return one row for each thread; the refused one with what was typed."""
    former = _("a former member")
    return [
        {
            "thread": thread,
            "kind": CommentKind(thread.kind).label,
            "state": CommentState(thread.state).label,
            "tone": TONES[CommentState(thread.state)],
            "place": places.get(thread.task_id),
            "author": names.get(thread.author_id, former),
            "member": names.get(thread.member_id, former),
            "answers": [(names.get(answer.author_id, former), answer) for answer in thread.answers],
            "refusal": refused.refusal if refused and refused.comment_id == thread.comment_id else None,
            "given": refused.text if refused and refused.comment_id == thread.comment_id else "",
        }
        for thread in threads
    ]
