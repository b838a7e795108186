"""Stops an export, or removes a finished one's sealed parts."""

from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import JobOver
from annotation.models import ExportJob, ExportPart
from annotation.values import ExportState, ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission


def cancel_export(context: TenantContext, *, job_id: UUID) -> None:
    """Cancel a job that has not ended, and remove what it made. Waits for the unit under way.

    Opens its own unit of work. Raises `NotFound`, and `JobOver` when it has ended already.
    """
    context.require(Permission.EXPORT_CREATE)
    with acting(context):
        job = ExportJob.objects.select_for_update(no_key=True).filter(id=job_id).first()
        if job is None:
            raise NotFound("export")
        reach_project(context, job.project_id, ProjectRight.MANAGE, ProjectRight.READ)
        if job.state not in (ExportState.WAITING, ExportState.RUNNING):
            raise JobOver
        job.state, job.finished_at, job.ticket = ExportState.CANCELLED, timezone.now(), None
        job.save(update_fields=["state", "finished_at", "ticket"])
        ExportPart.objects.filter(export_job_id=job_id).delete()
        record(context, Verb.EXPORT_CANCELLED, object_kind="export", object_id=job_id)
