"""Sends jobs that nobody works on: the broker was away, a worker died, or there is more to do."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from annotation.bulk import (
    ACCESS_ENDED,
    EXPORT_JOB,
    IMPORT_JOB,
    SILENT_JOB,
    SILENT_UPLOAD,
    UPLOAD_INTERRUPTED,
)
from annotation.models import ExportJob, ImportJob, UploadPart
from annotation.services.run_export import fail_export
from annotation.services.run_import import drop_parts, fail_import
from annotation.services.send_job import send_job
from annotation.values import ExportState, ImportState
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Dark, RingfenceError
from tenants.gate.enter import enter
from tenants.gate.secrets import JobTicket

_MOST = 20
_LIVE = {ImportState.RECEIVING, ImportState.WAITING, ImportState.RUNNING}


def pick_up_waiting(context: TenantContext) -> int:
    """Send this tenant's idle jobs again, end those whose asker may no longer; return how many were sent.

    `context` is the platform's own. A tenant that is dark is left for the next round.
    """
    sent = 0
    for kind, model in ((IMPORT_JOB, ImportJob), (EXPORT_JOB, ExportJob)):
        for job_id, ticket in _idle(context, model):
            try:
                enter(JobTicket(ticket), context.public_id, job=kind)
            except Dark:
                return sent
            except RingfenceError:
                (fail_import if kind == IMPORT_JOB else fail_export)(
                    context, job_id=job_id, problem=ACCESS_ENDED
                )
                continue
            if not send_job(kind, tenant=context.public_id, job_id=job_id, ticket=ticket):
                return sent
            _sent(context, model, job_id)
            sent += 1
    return sent


def close_silent_uploads(context: TenantContext) -> None:
    """End uploads whose sender is gone, and remove parts of jobs that have ended."""
    with acting(context):
        silent = ImportJob.objects.filter(
            state=ImportState.RECEIVING, beat_at__lt=timezone.now() - SILENT_UPLOAD
        )
        silent.update(
            state=ImportState.FAILED, problem=UPLOAD_INTERRUPTED, finished_at=timezone.now(), ticket=None
        )
        ended = ImportJob.objects.exclude(state__in=_LIVE).values("id")
        jobs = set(
            UploadPart.objects.filter(import_job_id__in=ended).values_list("import_job_id", flat=True)[:_MOST]
        )
    for job_id in jobs:
        drop_parts(context, job_id)


def _idle(context: TenantContext, model: Any) -> list[tuple[UUID, str]]:
    """Return (job, ticket) of jobs that nobody has touched for a while.

    A waiting job gets a sign of life, so that it is not sent again with each round. A running one keeps
    its last: by that its next worker sees that the one before is gone.
    """
    silent = Q(beat_at=None) | Q(beat_at__lt=timezone.now() - SILENT_JOB)
    with acting(context):
        jobs = list(
            model.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(silent, state__in=[ExportState.WAITING, ExportState.RUNNING], ticket__isnull=False)
            .order_by("id")[:_MOST]
        )
        return [
            (job.id, context.keyring.open(job.ticket, field=model.ticket, row=job.id).decode())
            for job in jobs
        ]


def _sent(context: TenantContext, model: Any, job_id: UUID) -> None:
    with acting(context):
        model.objects.filter(id=job_id, state=ExportState.WAITING).update(beat_at=timezone.now())
