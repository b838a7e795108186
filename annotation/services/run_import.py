"""Turns a received file into items: a loop of short units, each exact, each with a fresh verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.bulk import (
    ACCESS_ENDED,
    BATCH_BYTES,
    BATCH_ROWS,
    NO_ROWS,
    PART_BYTES,
    SILENT_JOB,
    TOO_MANY_ROWS,
)
from annotation.formats.limits import ERRORS_KEPT, ROWS
from annotation.formats.rows import FileRefused, Position, Row, RowError, anything_fits
from annotation.labels.item import fitting
from annotation.models import ImportJob, UploadPart
from annotation.services.import_batch import Prepared, add_batch, preparer
from annotation.services.keep_refusals import keep_refusals
from annotation.services.open_upload import OpenUpload
from annotation.services.read_schema import schema_of
from annotation.values import ImportState, ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Permission

_SWEPT_PARTS = 200


def run_import(context: TenantContext, *, job_id: UUID, seconds: float = 60.0) -> ImportState | None:
    """Work on the job for about `seconds`; return its state afterwards, None when another worker has it.

    `waiting` means that there is more to do: send the job again. A crash at any point, here or in
    PostgreSQL, loses no row and doubles none: the place in the file moves in the transaction of the
    rows before it. A second worker on the same job finds the place moved, and leaves.

    Raises what `acting` and the gate raise; the job keeps its place then.
    """
    context.require(Permission.ITEM_IMPORT)
    if not _claim(context, job_id):
        return None
    reading = _Reading(context, job_id)
    until = time.monotonic() + seconds
    while True:
        context.recheck()
        state = reading.unit()
        if state is None:
            return None
        if state is not ImportState.RUNNING:
            break
        if time.monotonic() >= until:
            return _pause(context, job_id)
    drop_parts(context, job_id)
    return state


def fail_import(context: TenantContext, *, job_id: UUID, problem: str = ACCESS_ENDED) -> None:
    """End a job that may not go on. `context` may be the platform's own. Opens its own unit of work."""
    with acting(context):
        job = ImportJob.objects.select_for_update(no_key=True).filter(id=job_id).first()
        if job is None or job.state not in (ImportState.WAITING, ImportState.RUNNING):
            return
        _end(context, job, ImportState.FAILED, problem)
        job.save()
    drop_parts(context, job_id)


def drop_parts(context: TenantContext, job_id: UUID) -> None:
    """Remove the sealed parts of a job that has ended, a few a unit. A crash leaves the rest to the sweep."""
    while True:
        with acting(context):
            some = UploadPart.objects.filter(import_job_id=job_id).values_list("id", flat=True)[:_SWEPT_PARTS]
            gone, _ = UploadPart.objects.filter(id__in=list(some)).delete()
        if gone == 0:
            return


def _claim(context: TenantContext, job_id: UUID) -> bool:
    now = timezone.now()
    with acting(context):
        job = ImportJob.objects.select_for_update(no_key=True).filter(id=job_id).first()
        if job is None:
            return False
        lost = job.state == ImportState.RUNNING and (job.beat_at is None or now - job.beat_at > SILENT_JOB)
        if job.state != ImportState.WAITING and not lost:
            return False
        job.state, job.beat_at = ImportState.RUNNING, now
        job.started_at = job.started_at or now
        job.save(update_fields=["state", "beat_at", "started_at"])
    return True


def _pause(context: TenantContext, job_id: UUID) -> ImportState:
    with acting(context):
        ImportJob.objects.filter(id=job_id, state=ImportState.RUNNING).update(state=ImportState.WAITING)
    return ImportState.WAITING


@dataclass(slots=True)
class _Batch:
    """Rows that go in together, what was refused among them, and where the file goes on after them."""

    place: Position
    rows: list[Prepared] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    problem: str = ""
    ended: bool = False


class _Reading:
    """The open file and its place. After any error it is thrown away and made anew from the job's row."""

    def __init__(self, context: TenantContext, job_id: UUID) -> None:
        self._context, self._job_id = context, job_id
        self._file: OpenUpload | None = None
        self._place = Position(0, 0)
        self._next: _Batch | None = None

    def unit(self) -> ImportState | None:
        """Do one batch in one transaction; return the job's state after it, None when another worker has it."""
        context = self._context
        with acting(context):
            job = ImportJob.objects.select_for_update(no_key=True).get(id=self._job_id)
            if job.state != ImportState.RUNNING:
                return ImportState(job.state)
            project = reach_project(context, job.project_id, ProjectRight.MANAGE)
            if self._file is None:
                try:
                    self._file = OpenUpload(context, job)
                except FileRefused as refused:
                    error = RowError(refused.line, refused.code, str(refused), Position(0, 0))
                    return self._finish(job, [error], refused.code)
            elif self._place != (job.bytes_done, job.lines_done):
                # Another worker took the job for lost and goes on with it.
                return None
            schema = schema_of(context, project_id=project.id, version=project.schema_version)
            self._file.fits = fitting(schema) if schema else anything_fits
            return self._work(job, self._file)

    def _work(self, job: ImportJob, file: OpenUpload) -> ImportState:
        prepare = preparer(self._context, job.project_id)
        batch = self._next or _gather(file, prepare)
        self._next = None
        left = ROWS - job.rows_ok - job.rows_same
        if len(batch.rows) > left:
            batch.rows, batch.problem, batch.ended = batch.rows[:left], TOO_MANY_ROWS, True

        def read_ahead() -> None:
            self._next = None if batch.ended else _gather(file, prepare)

        if batch.rows:
            # What the next batch is read from is fetched before, or its first row would wait for this one.
            file.hold(batch.place.offset - job.bytes_done + PART_BYTES)
            added = add_batch(
                self._context,
                project_id=job.project_id,
                job_id=job.id,
                rows=batch.rows,
                lane=job.lane,
                meanwhile=read_ahead,
            )
            job.rows_ok += added.rows
            job.rows_same += added.same
            record(
                self._context,
                Verb.IMPORT_ROWS_ADDED,
                object_kind="import",
                object_id=job.id,
                detail={"rows": added.rows, "same": added.same, "first_seq": added.first_seq},
            )
        self._place = batch.place
        job.bytes_done, job.lines_done = batch.place
        job.beat_at = timezone.now()
        if batch.ended:
            return self._finish(job, batch.errors, batch.problem)
        self._keep_errors(job, batch.errors)
        job.save()
        # The first part is read again by whoever resumes; what lies between it and the place is done.
        UploadPart.objects.filter(import_job_id=job.id, n__gt=0, n__lt=job.bytes_done // PART_BYTES).delete()
        return ImportState.RUNNING

    def _finish(self, job: ImportJob, errors: list[RowError], problem: str) -> ImportState:
        self._keep_errors(job, errors)
        if not problem and job.rows_ok + job.rows_same + job.rows_bad == 0:
            problem = NO_ROWS
        if not problem:
            job.bytes_done = job.bytes_total
        state = ImportState.FAILED if problem else ImportState.DONE
        _end(self._context, job, state, problem)
        job.save()
        return state

    def _keep_errors(self, job: ImportJob, errors: list[RowError]) -> None:
        kept = errors[: max(ERRORS_KEPT - job.rows_bad, 0)]
        job.rows_bad += len(errors)
        if kept:
            keep_refusals(self._context, job, kept)


def _gather(file: OpenUpload, prepare: Callable[[Row], Prepared]) -> _Batch:
    """Read the next batch: up to 2,000 rows or 8 MiB, whichever comes first."""
    batch, size = _Batch(place=file.place), 0
    try:
        while len(batch.rows) + len(batch.errors) < BATCH_ROWS and size < BATCH_BYTES:
            row = next(file.rows, None)
            if row is None:
                batch.ended = True
                break
            if isinstance(row, Row):
                batch.rows.append(prepare(row))
                size += len(row.payload)
            else:
                batch.errors.append(row)
            batch.place = file.place = row.end
    except FileRefused as refused:
        batch.problem, batch.ended = refused.code, True
        batch.errors.append(RowError(refused.line, refused.code, str(refused), batch.place))
    return batch


def _end(context: TenantContext, job: ImportJob, state: ImportState, problem: str) -> None:
    """Set the last fields of an ended job and record it; the caller saves."""
    job.state, job.problem, job.ticket = state, problem, None
    job.finished_at = job.beat_at = timezone.now()
    counts = {"rows": job.rows_ok, "same": job.rows_same, "bad": job.rows_bad}
    verb = Verb.IMPORT_FINISHED if state is ImportState.DONE else Verb.IMPORT_FAILED
    detail = {**counts, "problem": problem} if problem else counts
    record(context, verb, object_kind="import", object_id=job.id, detail=detail)
