"""Turns a received file into items: a loop of short units, each exact, each with a fresh verdict."""

import time
from collections.abc import Iterator
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
from annotation.formats.reading import Layout, inspect, read
from annotation.formats.rows import FileRefused, Format, Position, Row, RowError
from annotation.models import ImportJob, UploadPart
from annotation.services.import_batch import Added, add_batch
from annotation.services.keep_refusals import keep_refusals
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


class _Reading:
    """The open file and its place. After any error it is thrown away and made anew from the job's row."""

    def __init__(self, context: TenantContext, job_id: UUID) -> None:
        self._context, self._job_id = context, job_id
        self._rows: Iterator[Row | RowError] | None = None
        self._place = Position(0, 0)

    def unit(self) -> ImportState | None:
        """Do one batch in one transaction; return the job's state after it, None when another worker has it."""
        context = self._context
        with acting(context):
            job = ImportJob.objects.select_for_update(no_key=True).get(id=self._job_id)
            if job.state != ImportState.RUNNING:
                return ImportState(job.state)
            reach_project(context, job.project_id, ProjectRight.MANAGE)
            if self._rows is None:
                problem = self._open(job)
                if problem is not None:
                    return self._finish(job, [problem], problem.code)
            elif self._place != (job.bytes_done, job.lines_done):
                # Another worker took the job for lost and goes on with it.
                return None
            return self._batch(job, self._rows or iter(()))

    def _batch(self, job: ImportJob, source: Iterator[Row | RowError]) -> ImportState:
        rows: list[Row] = []
        errors: list[RowError] = []
        problem, ended, size = "", False, 0
        try:
            while len(rows) + len(errors) < BATCH_ROWS and size < BATCH_BYTES:
                row = next(source, None)
                if row is None:
                    ended = True
                    break
                self._place = row.end
                if isinstance(row, Row):
                    rows.append(row)
                    size += len(row.payload)
                else:
                    errors.append(row)
        except FileRefused as refused:
            problem, ended = refused.code, True
            errors.append(RowError(refused.line, refused.code, str(refused), self._place))
        if job.rows_ok + job.rows_same + len(rows) > ROWS:
            rows, problem, ended = rows[: max(ROWS - job.rows_ok - job.rows_same, 0)], TOO_MANY_ROWS, True
        added = Added(0, 0, 0)
        if rows:
            added = add_batch(self._context, project_id=job.project_id, job_id=job.id, rows=rows)
        job.rows_ok += added.rows
        job.rows_same += added.same
        job.bytes_done, job.lines_done = self._place
        job.beat_at = timezone.now()
        if rows:
            record(
                self._context,
                Verb.IMPORT_ROWS_ADDED,
                object_kind="import",
                object_id=job.id,
                detail={"rows": added.rows, "same": added.same, "first_seq": added.first_seq},
            )
        if ended:
            return self._finish(job, errors, problem)
        self._keep_errors(job, errors)
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

    def _open(self, job: ImportJob) -> RowError | None:
        """Find out how to read the file, and go to the job's place; return what forbids it."""
        head = next(self._parts(0), b"")
        try:
            layout: Layout = inspect(head, Format(job.format) if job.format else None)
        except FileRefused as refused:
            return RowError(refused.line, refused.code, str(refused), Position(0, 0))
        stored = Position(job.bytes_done, job.lines_done)
        place = stored if stored > layout.start else layout.start
        self._place = place
        self._rows = read(layout, self._chunks(place.offset), place)
        return None

    def _chunks(self, offset: int) -> Iterator[bytes]:
        first, skip = divmod(offset, PART_BYTES)
        for piece in self._parts(first):
            yield piece[skip:]
            skip = 0

    def _parts(self, n: int) -> Iterator[bytes]:
        """Yield opened parts from number `n` on; each step runs inside whatever unit asks for the next row."""
        while True:
            found = (
                UploadPart.objects.filter(import_job_id=self._job_id, n=n).values_list("id", "body").first()
            )
            if found is None:
                return
            yield self._context.keyring.open(bytes(found[1]), field=UploadPart.body, row=found[0])
            n += 1


def _end(context: TenantContext, job: ImportJob, state: ImportState, problem: str) -> None:
    """Set the last fields of an ended job and record it; the caller saves."""
    job.state, job.problem, job.ticket = state, problem, None
    job.finished_at = job.beat_at = timezone.now()
    counts = {"rows": job.rows_ok, "same": job.rows_same, "bad": job.rows_bad}
    verb = Verb.IMPORT_FINISHED if state is ImportState.DONE else Verb.IMPORT_FAILED
    detail = {**counts, "problem": problem} if problem else counts
    record(context, verb, object_kind="import", object_id=job.id, detail=detail)
