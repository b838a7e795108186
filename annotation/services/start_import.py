"""Begins an import: a job that receives its file. Nothing of it is visible but the job itself."""

from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.bulk import IMPORT_JOB, SILENT_JOB, UPLOAD_INTERRUPTED
from annotation.errors import ImportStillArriving, ImportTooLarge
from annotation.formats.limits import FILE_BYTES
from annotation.formats.rows import Format
from annotation.models import ImportJob
from annotation.values import ImportState, Priority, ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Permission
from tenants.gate.tickets import sign_ticket

NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class StartedImport:
    """The job that receives the file, and the ticket to send when it is there.

    `known` says that the key was used before: its file is here already, and the ticket is empty."""

    job_id: UUID
    known: bool
    ticket: str = field(default="", repr=False)


def start_import(
    context: TenantContext,
    *,
    project_id: UUID,
    file_name: str,
    declared_bytes: int | None,
    file_format: Format | None = None,
    idempotency_key: UUID | None = None,
    priority: Priority = Priority.NORMAL,
) -> StartedImport:
    """Make the job, or find the one that this key has made. Opens its own unit of work.

    Args:
        file_name: what the person calls it; sealed.
        declared_bytes: the length of the request, None when it is not known beforehand.
        file_format: None when the file's first bytes shall say it.
        priority: how soon what it brings is served.

    Raises:
        ImportTooLarge: before anything is read.
        ImportStillArriving: the same key's first upload is under way.
        NotFound: no such project, or not theirs to import into.
    """
    context.require(Permission.ITEM_IMPORT)
    if declared_bytes is not None and declared_bytes > FILE_BYTES:
        raise ImportTooLarge
    now = timezone.now()
    with acting(context):
        reach_project(context, project_id, ProjectRight.MANAGE)
        if idempotency_key is not None:
            found = _known(project_id, idempotency_key)
            if found is not None:
                return StartedImport(found, known=True)
        job_id = uuid7()
        ticket = sign_ticket(context, job=IMPORT_JOB, subject_id=job_id).value
        name = file_name[:NAME_CHARACTERS] or "import"
        ImportJob.objects.create(
            id=job_id,
            project_id=project_id,
            state=ImportState.RECEIVING,
            file_name=context.keyring.seal(
                name.encode(errors="replace"), field=ImportJob.file_name, row=job_id, unit=project_id
            ),
            format=file_format or "",
            lane=priority.value,
            asked_by_id=context.actor_id,
            asked_at=now,
            beat_at=now,
            idempotency_key=idempotency_key,
            ticket=context.keyring.seal(ticket.encode(), field=ImportJob.ticket, row=job_id),
        )
        record(context, Verb.IMPORT_CREATED, object_kind="import", object_id=job_id)
    return StartedImport(job_id, known=False, ticket=ticket)


def _known(project_id: UUID, key: UUID) -> UUID | None:
    """Return the job of this key, None when there is none; one whose file never came in gives the key free."""
    job = (
        ImportJob.objects.select_for_update(no_key=True)
        .filter(project_id=project_id, idempotency_key=key)
        .first()
    )
    if job is None:
        return None
    if job.state == ImportState.RECEIVING:
        if job.beat_at is not None and timezone.now() - job.beat_at <= SILENT_JOB:
            raise ImportStillArriving
        job.state, job.problem, job.finished_at = ImportState.FAILED, UPLOAD_INTERRUPTED, timezone.now()
    if job.state == ImportState.FAILED and job.started_at is None:
        job.idempotency_key = None
        job.save(update_fields=["idempotency_key", "state", "problem", "finished_at"])
        return None
    return job.id
