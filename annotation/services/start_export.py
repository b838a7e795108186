"""Begins an export: a job that a worker makes into sealed parts. Nothing leaves yet."""

from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.bulk import EXPORT_JOB, ExportFormat
from annotation.models import ExportJob, Task
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Permission
from tenants.gate.tickets import sign_ticket


def start_export(context: TenantContext, *, project_id: UUID, file_format: str) -> tuple[UUID, str]:
    """Return the new job's id and its ticket, to send once this unit of work, the function's own, is done.

    The export holds the items that the project has now; answers that are given while it is made are
    in it if their item's turn comes later.

    Raises:
        Invalid: a format that does not exist.
        NotFound: no such project, or not theirs to read.
    """
    context.require(Permission.EXPORT_CREATE)
    if file_format not in ExportFormat.values:
        raise Invalid(f"A format is one of {', '.join(ExportFormat.values)}.", field="format")
    job_id = uuid7()
    with acting(context):
        reach_project(context, project_id, ProjectRight.MANAGE, ProjectRight.READ)
        ticket = sign_ticket(context, job=EXPORT_JOB, subject_id=job_id).value
        now = timezone.now()
        ExportJob.objects.create(
            id=job_id,
            project_id=project_id,
            format=file_format,
            tasks_total=Task.objects.filter(project_id=project_id).count(),
            asked_by_id=context.actor_id,
            asked_at=now,
            beat_at=now,
            ticket=context.keyring.seal(ticket.encode(), field=ExportJob.ticket, row=job_id),
        )
        record(
            context,
            Verb.EXPORT_CREATED,
            object_kind="export",
            object_id=job_id,
            detail={"project": str(project_id), "format": file_format},
        )
    return job_id, ticket
