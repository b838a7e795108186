"""What the actor answered lately in one project, and what of it they can still take back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.models import Submission
from annotation.values import ProjectRight, ProjectState
from ringfence.kernel.context import TenantContext

MOST = 200


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """One answer of the actor: `state` is accepted, withdrawn or returned."""

    task_id: UUID
    submission_id: UUID
    submitted_at: datetime
    state: str
    can_reopen: bool


def own_work(context: TenantContext, *, project_id: UUID, limit: int = 20) -> list[OwnAnswer]:
    """Return the newest first, up to 200. Ids and times are no content: nothing is delivered.

    Raises `NotFound` for a project in which the actor does not label.
    """
    project = reach_project(context, project_id, ProjectRight.LABEL)
    since = timezone.now() - timedelta(minutes=project.reopen_minutes)
    closed = project.state == ProjectState.CLOSED
    given = Submission.objects.filter(project_id=project_id, labeler_id=context.actor_id)
    return [
        OwnAnswer(
            task_id,
            submission_id,
            at,
            "accepted" if withdrawn is None else "returned" if returned else "withdrawn",
            withdrawn is None and at > since and not closed,
        )
        for task_id, submission_id, at, withdrawn, returned in given.order_by(
            "-submitted_at", "-id"
        ).values_list("task_id", "id", "submitted_at", "withdrawn_at", "returned_at")[
            : min(max(limit, 1), MOST)
        ]
    ]
