"""Projects of every task type for tests: made from files, exported to files."""

from typing import Any

from annotation.labels.item import encode_item
from annotation.services.run_export import run_export
from annotation.services.set_schema import set_schema
from annotation.services.start_export import start_export
from annotation.services.stream_export import open_export, stream_export
from annotation.services.take_tasks import take_tasks
from annotation.values import TaskToLabel
from ringfence.kernel.context import acting
from tests.annotation.jobs import imported
from tests.annotation.making import Work, new_work
from tests.world import Someone, Workspace

PAIR = {
    "version": 1,
    "item": {"prompt": "markdown"},
    "candidates": {"of": ["secret_model", "other_model"]},
    "questions": [{"id": "better", "type": "preference", "text": "?", "strength": 2, "tie": True}],
}
SPANS = {
    "version": 1,
    "item": {"text": "text"},
    "questions": [
        {"id": "s", "type": "spans", "of": "text", "text": "?", "options": [{"id": "a", "text": "A"}]}
    ],
}
EXACT = "a\r\nb\0c \ud83e|\udd84 👩‍👩‍👧‍👦 e\u0301 \u202eעברית\u202c \ufeffÅ\u212b"
"""Line breaks, NUL, halves of pairs that never meet, joiners, combining marks, right to left, look-alikes."""


def work_on(workspace: Workspace, schema: dict[str, Any], *items: dict[str, Any], overlap: int = 1) -> Work:
    """Make a project with a schema, and import items from a file."""
    work = new_work(workspace, overlap=overlap, schema=False)
    publish(work, schema)
    if items:
        job = imported(workspace, work.project_id, b"\n".join(encode_item(item) for item in items))
        assert (job.rows_ok, job.rows_bad) == (len(items), 0)
    return work


def publish(work: Work, schema: dict[str, Any]) -> None:
    """Publish a schema as the owner."""
    owner = work.workspace.context()
    with acting(owner):
        set_schema(owner, project_id=work.project_id, schema=schema)


def taken(someone: Someone, work: Work, count: int = 1, *, resume: bool = False) -> tuple[TaskToLabel, ...]:
    """Take items."""
    return take_tasks(someone.context, project_id=work.project_id, count=count, resume=resume).tasks


def exported(work: Work, file_format: str = "jsonl") -> bytes:
    """Make an export and download it."""
    context = work.workspace.context()
    job_id, _ = start_export(context, project_id=work.project_id, file_format=file_format)
    assert run_export(context, job_id=job_id) == "done"
    return b"".join(piece for piece, _ in stream_export(context, open_export(context, job_id=job_id)))
