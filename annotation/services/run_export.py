"""Makes an export's sealed parts: a loop of short units in the order of import, resumable at each."""

import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from annotation.access import reach_project
from annotation.bulk import (
    ACCESS_ENDED,
    BATCH_BYTES,
    BATCH_ROWS,
    DELIVERED_OBJECTS,
    EXPORT_PART_BYTES,
    SILENT_JOB,
    ExportFormat,
)
from annotation.formats.parts import Object, pack, unpack
from annotation.formats.writing import Answer, CsvWriter, csv_header, jsonl_line
from annotation.models import ExportJob, ExportPart, Submission, Task
from annotation.values import ExportState, ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Permission

# `seq` is the column that only this index has: ordered by id, the planner would walk through older
# projects. The window stops a chunk of large items early; it moves no payload, which lies elsewhere.
_TASKS = """
select id, seq, payload from (
    select t.id, t.seq, t.payload, sum(t.size_class) over (order by t.seq) - t.size_class as before
      from (select id, seq, payload, size_class from annotation_task
             where project_id = %s::uuid and seq > %s::bigint order by seq limit %s::integer) t) w
 where before < %s::bigint order by seq
"""
_ANSWERS = """
select task_id, id, n, answer, labeler_id, submitted_at, lead_ms, active_ms, schema_version, receipt
  from annotation_submission where task_id = any(%b::uuid[]) and withdrawn_at is null order by task_id, n
"""


def run_export(context: TenantContext, *, job_id: UUID, seconds: float = 60.0) -> ExportState | None:
    """Work on the job for about `seconds`; return its state afterwards, None when another worker has it.

    `waiting` means that there is more to do: send the job again. A part and the place behind it commit
    together, so that a crash leaves neither a gap nor a part twice. Raises what the gate raises.
    """
    context.require(Permission.EXPORT_CREATE)
    making = _Making(context, job_id)
    if not making.claim():
        return None
    until = time.monotonic() + seconds
    while True:
        context.recheck()
        state = making.unit()
        if state is not ExportState.RUNNING:
            return state
        if time.monotonic() >= until:
            with acting(context):
                ExportJob.objects.filter(id=job_id, state=ExportState.RUNNING).update(
                    state=ExportState.WAITING
                )
            return ExportState.WAITING


def fail_export(context: TenantContext, *, job_id: UUID, problem: str = ACCESS_ENDED) -> None:
    """End a job that may not go on, and remove what it made. `context` may be the platform's own."""
    with acting(context):
        job = ExportJob.objects.select_for_update(no_key=True).filter(id=job_id).first()
        if job is None or job.state not in (ExportState.WAITING, ExportState.RUNNING):
            return
        job.state, job.problem, job.ticket, job.finished_at = (
            ExportState.FAILED,
            problem,
            None,
            timezone.now(),
        )
        job.save()
        ExportPart.objects.filter(export_job_id=job_id).delete()
        record(
            context, Verb.EXPORT_FAILED, object_kind="export", object_id=job_id, detail={"problem": problem}
        )


class _Making:
    """One worker's hold on an export: its place, and the digest of all parts before it."""

    def __init__(self, context: TenantContext, job_id: UUID) -> None:
        self._context, self._job_id = context, job_id
        self._digest = sha256()
        self._parts = 0

    def claim(self) -> bool:
        """Take the job unless another worker has it; hash again what was made before."""
        now = timezone.now()
        with acting(self._context):
            job = ExportJob.objects.select_for_update(no_key=True).filter(id=self._job_id).first()
            if job is None:
                return False
            lost = job.state == ExportState.RUNNING and (
                job.beat_at is None or now - job.beat_at > SILENT_JOB
            )
            if job.state != ExportState.WAITING and not lost:
                return False
            job.state, job.beat_at, job.started_at = ExportState.RUNNING, now, job.started_at or now
            job.save(update_fields=["state", "beat_at", "started_at"])
            made = job.parts
        while self._parts < made:
            with acting(self._context):
                for _, content in open_parts(self._context, self._job_id, self._parts, self._parts + 8):
                    self._digest.update(content)
                    self._parts += 1
        return True

    def unit(self) -> ExportState | None:
        """Make the parts of one chunk in one transaction; return the job's state after it."""
        context = self._context
        with acting(context):
            job = ExportJob.objects.select_for_update(no_key=True).get(id=self._job_id)
            if job.state != ExportState.RUNNING:
                return ExportState(job.state)
            if job.parts != self._parts:
                return None
            reach_project(context, job.project_id, ProjectRight.MANAGE, ProjectRight.READ)
            most = min(BATCH_ROWS, job.tasks_total - job.tasks_done)
            tasks: list[tuple[Any, ...]] = []
            if most > 0:
                tasks = _rows(_TASKS, [job.project_id, job.after_seq, most, BATCH_BYTES])
            if tasks:
                self._make(job, tasks)
            job.beat_at = timezone.now()
            if job.tasks_done >= job.tasks_total or not tasks:
                self._finish(job)
            job.save()
            return ExportState(job.state)

    def _make(self, job: ExportJob, tasks: Sequence[tuple[Any, ...]]) -> None:
        context = self._context
        answers = self._answers(job.project_id, [task[0] for task in tasks])
        open_item = context.keyring.sealer(field=Task.payload, unit=job.project_id).open
        seal = context.keyring.sealer(field=ExportPart.body, unit=job.project_id).seal
        writer = (
            None
            if job.format == ExportFormat.JSONL
            else CsvWriter(guard_formulas=job.format == ExportFormat.CSV)
        )
        lines: list[tuple[UUID, bytes]] = []
        first = csv_header() if writer is not None and job.parts == 0 else b""
        size = 0

        def close() -> None:
            nonlocal lines, first, size
            part_id = uuid7()
            content = b"".join([first, *(line for _, line in lines)])
            sealed = seal(
                part_id, pack([(task_id, sha256(line).digest()) for task_id, line in lines], content)
            )
            ExportPart.objects.create(
                id=part_id,
                export_job_id=job.id,
                n=job.parts,
                rows=len(lines),
                body=sealed,
                sealed_sha256=sha256(sealed).digest(),
            )
            self._digest.update(content)
            job.parts += 1
            job.bytes_made += len(content)
            lines, first, size = [], b"", 0

        for task_id, _, payload in tasks:
            item = open_item(task_id, payload)
            given = answers.get(task_id, ())
            name = str(task_id)
            line = jsonl_line(name, item, given) if writer is None else writer.records(name, item, given)
            lines.append((task_id, line))
            size += len(line)
            job.answers += len(given)
            if len(lines) == DELIVERED_OBJECTS or size >= EXPORT_PART_BYTES:
                close()
        if lines:
            close()
        self._parts = job.parts
        job.tasks_done += len(tasks)
        job.after_seq = tasks[-1][1]

    def _answers(self, project_id: UUID, task_ids: list[UUID]) -> dict[UUID, list[Answer]]:
        open_answer = self._context.keyring.sealer(field=Submission.answer, unit=project_id).open
        found: dict[UUID, list[Answer]] = {}
        for task_id, row, n, sealed, labeler, at, *rest in _rows(_ANSWERS, [task_ids]):
            value = open_answer(row, sealed)
            found.setdefault(task_id, []).append(Answer(n, value, str(labeler), at.isoformat(), *rest))
        return found

    def _finish(self, job: ExportJob) -> None:
        job.state, job.ticket, job.finished_at = ExportState.DONE, None, timezone.now()
        job.digest = self._context.keyring.seal(
            self._digest.digest(), field=ExportJob.digest, row=job.id, unit=job.project_id
        )
        record(
            self._context,
            Verb.EXPORT_FINISHED,
            object_kind="export",
            object_id=job.id,
            detail={"items": job.tasks_done, "answers": job.answers, "parts": job.parts},
        )


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Return a statement's rows in binary: as text, each sealed byte would travel as two and be decoded here."""
    connection.ensure_connection()
    with connection.connection.cursor(binary=True) as cursor:
        cursor.execute(statement, values, prepare=True)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def open_parts(
    context: TenantContext, job_id: UUID, start: int, stop: int
) -> Iterator[tuple[list[Object], bytes]]:
    """Yield (objects, content) of the parts `start` to `stop`, the latter not included. Inside a unit."""
    rows = ExportPart.objects.filter(export_job_id=job_id, n__gte=start, n__lt=stop).order_by("n")
    for part_id, body in rows.values_list("id", "body"):
        yield unpack(context.keyring.open(bytes(body), field=ExportPart.body, row=part_id))
