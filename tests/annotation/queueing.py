"""What tests of the queue do: take, ask why there is nothing, let the clock run past leases."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from annotation.models import Slot
from annotation.services.take_tasks import take_tasks
from annotation.values import EmptyReason, SlotState
from ringfence.kernel.context import TenantContext, acting
from tests.annotation.making import Work
from tests.world import Someone


def take(someone: Someone, work: Work, count: int = 1, *, resume: bool = False) -> list[UUID]:
    """Take, and return the ids."""
    taken = take_tasks(someone.context, project_id=work.project_id, count=count, resume=resume)
    return [task.task_id for task in taken.tasks]


def why(someone: Someone, work: Work) -> EmptyReason | None:
    """Take, expecting nothing, and return the reason."""
    taken = take_tasks(someone.context, project_id=work.project_id)
    assert taken.tasks == ()
    assert taken.receipt == ""
    return taken.reason


def end_leases(context: TenantContext, *task_ids: UUID) -> None:
    """Let the clock run past the leases."""
    with acting(context):
        assert Slot.objects.filter(task_id__in=task_ids, state=SlotState.LEASED).update(
            lease_ends=timezone.now() - timedelta(seconds=1)
        )
