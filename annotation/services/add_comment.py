"""A labeler asks about an item, flags it, or disputes that their answer was returned."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.access import projects_with
from annotation.errors import CommentInvalid, NotReturned
from annotation.models import Comment, Project, Skip, Slot, Submission, Task
from annotation.services.comment_words import check_words
from annotation.values import CommentKind, ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7

OPENED_BY_LABELERS = frozenset({CommentKind.QUESTION, CommentKind.FLAG, CommentKind.DISPUTE})


def add_comment(context: TenantContext, *, task_id: UUID, kind: CommentKind, text: str) -> UUID:
    """Open a thread about an item that the actor has or had; return its id.

    Raises:
        NotFound: the item is absent, another tenant's, or was never the actor's.
        NotReturned: a dispute about an answer that was not returned, or was disputed before.
        CommentInvalid: no words, too many, or a kind that managers open.
    """
    project, task = reach_own_task(context, task_id)
    if kind not in OPENED_BY_LABELERS:
        raise CommentInvalid("this kind of comment is opened by a manager", field="kind")
    words = check_words(text)
    disputed = _returned(context, task_id) if kind is CommentKind.DISPUTE else None
    comment_id = uuid7()
    try:
        with transaction.atomic():
            Comment.objects.create(
                id=comment_id,
                project=project,
                task=task,
                submission_id=disputed,
                kind=kind,
                member_id=context.actor_id,
                author_id=context.actor_id,
                body=context.keyring.seal(
                    words.encode(), field=Comment.body, row=comment_id, unit=project.id
                ),
                at=timezone.now(),
            )
    except IntegrityError:
        raise NotReturned from None
    record(
        context,
        Verb.COMMENT_ADDED,
        object_kind="task",
        object_id=task_id,
        detail={"comment": str(comment_id), "kind": kind.value},
    )
    return comment_id


def reach_own_task(context: TenantContext, task_id: UUID) -> tuple[Project, Task]:
    """Return an item that the actor holds, answered, skipped or lost, in a project where they label.

    Raises `NotFound`.
    """
    me = context.actor_id
    task = Task.objects.filter(id=task_id).first()
    project = projects_with(context, ProjectRight.LABEL).filter(id=task.project_id).first() if task else None
    slots = Slot.objects.filter(task_id=task_id)
    mine = (
        slots.filter(labeler_id=me).exists()
        or slots.filter(last_labeler_id=me).exists()
        or Submission.objects.filter(task_id=task_id, labeler_id=me).exists()
        or Skip.objects.filter(task_id=task_id, member_id=me).exists()
    )
    if task is None or project is None or not mine:
        raise NotFound("item")
    return project, task


def _returned(context: TenantContext, task_id: UUID) -> UUID:
    """Return the actor's newest returned answer to the item. Raises `NotReturned`."""
    found = (
        Submission.objects.filter(
            task_id=task_id,
            labeler_id=context.actor_id,
            returned_at__isnull=False,
            withdrawn_at__isnull=False,
        )
        .order_by("-returned_at")
        .values_list("id", flat=True)
        .first()
    )
    if found is None:
        raise NotReturned
    return found
