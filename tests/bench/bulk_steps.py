"""The steps of the bulk bench; each runs in a process of its own and returns what the next one needs."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from annotation.models import Submission
from annotation.services.receive_upload import Upload
from annotation.services.run_export import run_export
from annotation.services.run_import import run_import
from annotation.services.start_export import start_export
from annotation.services.start_import import start_import
from annotation.services.stream_export import open_export, stream_export
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from tenants.gate.enter import enter
from tenants.gate.secrets import SessionSecret
from tests.annotation.jobs import new_project
from tests.world import Role, new_workspace

HOURS = 3600.0


def _context(detail: dict[str, Any]) -> TenantContext:
    return enter(SessionSecret(detail["session"]), detail["tenant"])


def upload(pieces: Iterable[bytes]) -> dict[str, Any]:
    """Make a tenant and a project, and receive the file."""
    began = time.perf_counter()
    workspace = new_workspace("Bench")
    owner = workspace.someone(Role.OWNER)
    project_id = new_project(workspace)
    spent = time.perf_counter() - began
    context = owner.context
    job = start_import(context, project_id=project_id, file_name="bench.jsonl", declared_bytes=None)
    arriving = Upload(context, job_id=job.job_id, project_id=project_id, file_format=None)
    for piece in pieces:
        arriving.write(piece)
    arriving.finish()
    return {
        "tenant": workspace.public_id, "session": owner.session, "member": str(owner.member_id),
        "project": str(project_id), "job": str(job.job_id), "not_counted": spent,
    }  # fmt: skip


def work_import(detail: dict[str, Any]) -> dict[str, Any]:
    """Import the file."""
    state = run_import(_context(detail), job_id=UUID(detail["job"]), seconds=HOURS)
    assert state == "done", state
    return {}


def answer(detail: dict[str, Any]) -> dict[str, Any]:
    """Give a share of the items an answer of 60 bytes, straight into the tables."""
    context, project = _context(detail), UUID(detail["project"])
    member, share = UUID(detail["member"]), float(detail["answered"])
    after = 0
    while True:
        with acting(context), connection.cursor() as cursor:
            seal = context.keyring.sealer(field=Submission.answer, unit=project).seal
            cursor.execute(
                "select id, seq from annotation_task where project_id = %s and seq > %s order by seq limit 2000",
                [project, after],
            )
            found = cursor.fetchall()
            if not found:
                break
            after = found[-1][1]
            chosen = [task for task, seq in found if (seq * 7919) % 1000 < share * 1000]
            Submission.objects.bulk_create(
                Submission(
                    id=(row := uuid7()), project_id=project, task_id=task, n=0, labeler_id=member, lead_ms=4200,
                    answer=seal(row, b'{"answers":[{"question":"sentiment","option":"pos"}]}'),
                    schema_version=1, receipt="r" * 80, submitted_at=timezone.now(),
                )
                for task in chosen
            )  # fmt: skip
            cursor.execute(
                "update annotation_slot set state = 2, labeler_id = %s where task_id = any(%s)",
                [member, chosen],
            )
    return {}


def work_export(detail: dict[str, Any], file_format: str) -> dict[str, Any]:
    """Make an export."""
    context = _context(detail)
    job_id, _ = start_export(context, project_id=UUID(detail["project"]), file_format=file_format)
    state = run_export(context, job_id=job_id, seconds=HOURS)
    assert state == "done", state
    return {"export": str(job_id), file_format: str(job_id)}


def download(detail: dict[str, Any]) -> dict[str, Any]:
    """Stream the JSONL export, each part logged."""
    context = _context(detail)
    file = open_export(context, job_id=UUID(detail["jsonl"]))
    sent = sum(len(piece) for piece, _ in stream_export(context, file))
    assert sent == file.size == file.progress.bytes_made
    return {"bytes": sent}


def backend_seconds() -> float:
    """Return the processor time of this process's PostgreSQL backend, in seconds."""
    pid = connection.connection.info.backend_pid
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
