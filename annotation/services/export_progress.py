"""Where exports stand: one, or the latest of a project. Runs in the caller's unit of work."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.models import ExportJob
from annotation.services.import_progress import LISTED, PATIENCE
from annotation.values import ExportState, ProjectRight
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """One export as people see it; `sha256` of the whole file, in hex, once it is made."""

    job_id: UUID
    project_id: UUID
    format: str
    state: str
    problem: str
    tasks_total: int
    tasks_done: int
    answers: int
    bytes_made: int
    parts: int
    asked_at: datetime
    finished_at: datetime | None
    unattended: bool
    sha256: str = field(default="", repr=False)

    @property
    def kib(self) -> int:
        """Made so far, in KiB."""
        return self.bytes_made // 1024

    @property
    def ended(self) -> bool:
        """Say whether nothing more will happen to it."""
        return self.finished_at is not None

    @property
    def empty(self) -> bool:
        """Say whether it was made and has no items, and so no file."""
        return self.state == ExportState.DONE and self.tasks_done == 0


def export_progress(context: TenantContext, *, job_id: UUID) -> ExportProgress:
    """Return where one export stands. Raises `NotFound`."""
    job = ExportJob.objects.filter(id=job_id).first()
    if job is None:
        raise NotFound("export")
    reach_project(context, job.project_id, ProjectRight.MANAGE, ProjectRight.READ)
    return _told(context, job)


def list_exports(context: TenantContext, *, project_id: UUID) -> list[ExportProgress]:
    """Return the project's latest exports, newest first. Raises `NotFound`."""
    reach_project(context, project_id, ProjectRight.MANAGE, ProjectRight.READ)
    jobs = ExportJob.objects.filter(project_id=project_id).order_by("-asked_at")[:LISTED]
    return [_told(context, job) for job in jobs]


def _told(context: TenantContext, job: ExportJob) -> ExportProgress:
    digest = ""
    if job.digest is not None:
        digest = context.keyring.open(job.digest, field=ExportJob.digest, row=job.id).hex()
    return ExportProgress(
        job_id=job.id,
        project_id=job.project_id,
        format=job.format,
        state=job.state,
        problem=job.problem,
        tasks_total=job.tasks_total,
        tasks_done=job.tasks_done,
        answers=job.answers,
        bytes_made=job.bytes_made,
        parts=job.parts,
        asked_at=job.asked_at,
        finished_at=job.finished_at,
        unattended=job.state == ExportState.WAITING
        and timezone.now() - (job.beat_at or job.asked_at) > PATIENCE,
        sha256=digest,
    )
