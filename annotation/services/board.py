"""Where a project stands, in counts that stand in clear: answers needed, given, in work, and by whom."""

from collections import Counter
from uuid import UUID

from django.db.models import Count, QuerySet

from annotation.access import reach_project
from annotation.models import ProjectGrant, Slot, Submission, Task
from annotation.values import Board, PersonsCount, ProjectRight, SlotState
from ringfence.kernel.context import TenantContext


def board(context: TenantContext, *, project_id: UUID) -> Board:
    """Return the counts. Nothing of it is content, so nothing is delivered. Raises `NotFound`."""
    reach_project(context, project_id, ProjectRight.MANAGE, ProjectRight.READ)
    answered: Counter[UUID] = Counter(
        dict(_by_person(Submission.objects.filter(project_id=project_id, withdrawn_at=None)))
    )
    held: Counter[UUID] = Counter(
        dict(_by_person(Slot.objects.filter(project_id=project_id, state=SlotState.LEASED)))
    )
    waiting = Slot.objects.filter(project_id=project_id, state=SlotState.OPEN).count()
    assigned = set(
        ProjectGrant.objects.filter(
            content_object_id=project_id, permission__codename=ProjectRight.LABEL.value
        ).values_list("user_id", flat=True)
    )
    given, in_work = answered.total(), held.total()
    return Board(
        items=Task.objects.filter(project_id=project_id).count(),
        needed=given + in_work + waiting,
        answered=given,
        leased=in_work,
        open=waiting,
        people=tuple(
            PersonsCount(who, who in assigned, answered[who], held[who])
            for who in sorted(assigned | set(answered) | set(held), key=lambda who: (-answered[who], who))
        ),
    )


def _by_person(rows: QuerySet[Submission] | QuerySet[Slot]) -> list[tuple[UUID, int]]:
    return list(rows.values_list("labeler_id").annotate(given=Count("*")))
