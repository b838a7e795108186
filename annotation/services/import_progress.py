"""Where imports stand: one, or the latest of a project. Runs in the caller's unit of work."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.models import ImportJob
from annotation.values import ImportState, ProjectRight
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound

LISTED = 50
PATIENCE = timedelta(seconds=10)
"""A job that waits for longer is said to wait for a worker, not for its turn."""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """One import as people see it. Bytes and rows are counted up to the last committed batch."""

    job_id: UUID
    project_id: UUID
    file_name: str = field(repr=False)
    format: str
    state: str
    problem: str
    bytes_total: int
    bytes_done: int
    rows_ok: int
    rows_same: int
    rows_bad: int
    asked_at: datetime
    finished_at: datetime | None
    unattended: bool
    """Whether it has waited so long that no worker seems to be there."""

    @property
    def done_kib(self) -> int:
        """Read so far, in KiB begun, so that a small file is not 0 of 0."""
        return -(-self.bytes_done // 1024)

    @property
    def total_kib(self) -> int:
        """The file's size in KiB begun."""
        return -(-self.bytes_total // 1024)

    @property
    def ended(self) -> bool:
        """Say whether nothing more will happen to it."""
        return self.finished_at is not None

    @property
    def shown_state(self) -> str:
        """The state's word for a badge: a finished import with refused rows says so."""
        if self.state == ImportState.DONE and self.rows_bad:
            return "done-with-errors"
        return self.state


def import_progress(context: TenantContext, *, job_id: UUID) -> ImportProgress:
    """Return where one import stands. Raises `NotFound`."""
    job = ImportJob.objects.filter(id=job_id).first()
    if job is None:
        raise NotFound("import")
    reach_project(context, job.project_id, ProjectRight.MANAGE)
    return _told(context, job)


def list_imports(context: TenantContext, *, project_id: UUID) -> list[ImportProgress]:
    """Return the project's latest imports, newest first. Raises `NotFound`."""
    reach_project(context, project_id, ProjectRight.MANAGE)
    jobs = ImportJob.objects.filter(project_id=project_id).order_by("-asked_at")[:LISTED]
    return [_told(context, job) for job in jobs]


def _told(context: TenantContext, job: ImportJob) -> ImportProgress:
    idle_since = job.beat_at or job.asked_at
    return ImportProgress(
        job_id=job.id,
        project_id=job.project_id,
        file_name=context.keyring.open(job.file_name, field=ImportJob.file_name, row=job.id).decode(),
        format=job.format,
        state=job.state,
        problem=job.problem,
        bytes_total=job.bytes_total,
        bytes_done=job.bytes_done,
        rows_ok=job.rows_ok,
        rows_same=job.rows_same,
        rows_bad=job.rows_bad,
        asked_at=job.asked_at,
        finished_at=job.finished_at,
        unattended=job.state == ImportState.WAITING and timezone.now() - idle_since > PATIENCE,
    )
