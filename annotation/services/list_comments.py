"""Threads about items: all of a project for its managers, their own for everybody else."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from annotation.access import projects_with, reach_project
from annotation.models import Comment, Task
from annotation.services.add_comment import reach_own_task
from annotation.services.comment_words import Thread, open_threads
from annotation.values import CommentKind, CommentState, ProjectRight
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound

PAGE_THREADS = 50

_OPEN_FIRST = Case(
    When(state=CommentState.OPEN, then=Value(0)),
    When(state=CommentState.ANSWERED, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


def list_comments(
    context: TenantContext, *, project_id: UUID, page: int = 0, state: CommentState | None = None
) -> tuple[list[Thread], bool]:
    """Return one page (from 0) of 50 threads, open ones first, and whether more follow; of one state if asked.

    Raises `NotFound`.
    """
    reach_project(context, project_id, *ProjectRight)
    found = visible_to(context, project_id).annotate(turn=_OPEN_FIRST).order_by("turn", "-at", "-id")
    if state is not None:
        found = found.filter(state=state)
    start = max(page, 0) * PAGE_THREADS
    rows = list(found[start : start + PAGE_THREADS + 1])
    threads, _receipt = open_threads(context, rows[:PAGE_THREADS])
    return threads, len(rows) > PAGE_THREADS


def open_threads_by_kind(context: TenantContext, *, project_id: UUID) -> dict[CommentKind, int]:
    """Return how many threads that the actor may see wait for a manager, by kind. Raises `NotFound`.

    States and kinds stand in clear, so nothing is delivered.
    """
    reach_project(context, project_id, *ProjectRight)
    waiting = visible_to(context, project_id).filter(state=CommentState.OPEN)
    counts = dict(waiting.values_list("kind").annotate(n=Count("id")))
    return {kind: counts[kind.value] for kind in CommentKind if counts.get(kind.value)}


def places_of(threads: Sequence[Thread]) -> dict[UUID, int]:
    """Return the place in its project of each item that threads are about. Inside a unit of work."""
    return dict(Task.objects.filter(id__in={thread.task_id for thread in threads}).values_list("id", "seq"))


def comments_of_task(context: TenantContext, *, task_id: UUID) -> list[Thread]:
    """Return what the actor may see about one item, oldest first.

    Raises `NotFound` for an item that is absent, another tenant's, or neither managed nor ever the actor's.
    """
    project_id = Task.objects.filter(id=task_id).values_list("project_id", flat=True).first()
    if project_id is None:
        raise NotFound("item")
    if not projects_with(context, ProjectRight.MANAGE).filter(id=project_id).exists():
        reach_own_task(context, task_id)
    rows = visible_to(context, project_id).filter(task_id=task_id).order_by("at", "id")[:PAGE_THREADS]
    threads, _receipt = open_threads(context, list(rows))
    return threads


def own_threads(context: TenantContext, *, most: int = PAGE_THREADS) -> list[Thread]:
    """Return the newest threads that concern the actor as a labeler, in whatever project."""
    rows = Comment.objects.filter(member_id=context.actor_id).order_by("-at", "-id")[:most]
    threads, _receipt = open_threads(context, list(rows))
    return threads


def visible_to(context: TenantContext, project_id: UUID) -> QuerySet[Comment]:
    """Return the threads of a project that the actor may see: managers all, labelers their own."""
    threads = Comment.objects.filter(project_id=project_id)
    if projects_with(context, ProjectRight.MANAGE).filter(id=project_id).exists():
        return threads
    return threads.filter(member_id=context.actor_id)


def reach_comment(context: TenantContext, comment_id: UUID, *, lock: bool = False) -> tuple[Comment, bool]:
    """Return a thread and whether the actor manages its project. Raises `NotFound` for one not theirs to see."""
    found = Comment.objects.filter(id=comment_id)
    comment = (found.select_for_update(of=("self",)) if lock else found).first()
    if comment is None:
        raise NotFound("comment")
    manages = projects_with(context, ProjectRight.MANAGE).filter(id=comment.project_id).exists()
    labels = projects_with(context, ProjectRight.LABEL).filter(id=comment.project_id).exists()
    if not manages and not (labels and comment.member_id == context.actor_id):
        raise NotFound("comment")
    return comment, manages
