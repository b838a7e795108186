"""A member whom the policy keeps away holds nothing any more: items go back, exports and imports stop."""

from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from annotation.bulk import ACCESS_ENDED
from annotation.models import ExportJob, ExportPart, ImportJob
from annotation.services import statements
from annotation.services.queue_sql import HELD_OR_KEPT_IN, RETURN_ALL_OF, RETURN_KEPT_FOR
from annotation.values import ExportState, ImportState
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.registry import when_kept_away


@when_kept_away
def keep_away(context: TenantContext, member_id: UUID) -> Mapping[str, int]:
    """Return what a member holds to the queues and stop what runs on their behalf, inside the caller's unit.

    Finished exports of theirs lose their parts: nobody else downloads them, and they may not.
    """
    returned = 0
    for (project_id,) in statements.rows(HELD_OR_KEPT_IN, {"who": member_id}):
        values = {"project": project_id, "who": member_id, "late": False}
        for statement in (RETURN_ALL_OF, RETURN_KEPT_FOR):
            returned += sum(int(count) for _, count in statements.rows(statement, values))
    return {
        "returned": returned,
        "exports": _stop_exports(context, member_id),
        "imports": _stop_imports(member_id),
    }


def _stop_exports(context: TenantContext, member_id: UUID) -> int:
    running = (ExportState.WAITING, ExportState.RUNNING)
    jobs = list(
        ExportJob.objects.select_for_update(no_key=True)
        .filter(asked_by_id=member_id, state__in=running)
        .values_list("id", flat=True)
    )
    ExportPart.objects.filter(export_job_id__in=jobs).delete()
    ExportJob.objects.filter(id__in=jobs).update(
        state=ExportState.FAILED, problem=ACCESS_ENDED, ticket=None, finished_at=timezone.now()
    )
    for job_id in jobs:
        record(
            context,
            Verb.EXPORT_FAILED,
            object_kind="export",
            object_id=job_id,
            detail={"problem": ACCESS_ENDED},
        )
    return len(jobs)


def _stop_imports(member_id: UUID) -> int:
    running = (ImportState.RECEIVING, ImportState.WAITING, ImportState.RUNNING)
    return ImportJob.objects.filter(asked_by_id=member_id, state__in=running).update(
        state=ImportState.FAILED, problem=ACCESS_ENDED, ticket=None, finished_at=timezone.now()
    )
