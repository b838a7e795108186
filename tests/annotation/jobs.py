"""Import and export for tests, through the same services as in an install, without a broker."""

from collections.abc import Iterable
from uuid import UUID

from annotation.formats.rows import Format
from annotation.models import ExportJob, ImportJob, Slot, Task
from annotation.services.create_project import create_project
from annotation.services.receive_upload import Upload
from annotation.services.run_import import run_import
from annotation.services.start_import import start_import
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.world import Workspace


def new_project(workspace: Workspace, overlap: int = 1) -> UUID:
    """Make a project of the workspace's owner."""
    context = workspace.context()
    with acting(context):
        return create_project(context, name="Bulk", overlap=overlap)


def upload(
    workspace: Workspace, project_id: UUID, data: bytes | Iterable[bytes], file_format: Format | None = None
) -> UUID:
    """Receive a file whole; return the waiting job."""
    context = workspace.context()
    started = start_import(
        context, project_id=project_id, file_name="f", declared_bytes=None, file_format=file_format
    )
    arriving = Upload(context, job_id=started.job_id, project_id=project_id, file_format=file_format)
    for piece in [data] if isinstance(data, bytes) else data:
        arriving.write(piece)
    arriving.finish()
    return started.job_id


def imported(
    workspace: Workspace, project_id: UUID, data: bytes, file_format: Format | None = None
) -> ImportJob:
    """Receive and import a file; return the job as it ended."""
    job_id = upload(workspace, project_id, data, file_format)
    run_import(workspace.context(), job_id=job_id)
    return import_job(workspace, job_id)


def import_job(workspace: Workspace, job_id: UUID) -> ImportJob:
    """Return the job's row."""
    with acting(workspace.context()):
        return ImportJob.objects.get(id=job_id)


def export_job(workspace: Workspace, job_id: UUID) -> ExportJob:
    """Return the job's row."""
    with acting(workspace.context()):
        return ExportJob.objects.get(id=job_id)


def counts(workspace: Workspace, project_id: UUID) -> tuple[int, int]:
    """Return (items, slots) of the project, by SQL."""
    with acting(workspace.context()):
        return (
            Task.objects.filter(project_id=project_id).count(),
            Slot.objects.filter(project_id=project_id).count(),
        )


def items_of(workspace: Workspace, project_id: UUID) -> list[bytes]:
    """Return the opened items in the order of import."""
    context = workspace.context()
    with acting(context):
        rows = Task.objects.filter(project_id=project_id).order_by("seq").values_list("id", "payload")
        return [context.keyring.open(bytes(body), field=Task.payload, row=row) for row, body in rows]


def jsonl(count: int, *, start: int = 0, text: str = "x" * 100) -> bytes:
    """Return `count` rows with external ids."""
    return b"".join(b'{"id":"r%d","text":"%b"}\n' % (n, text.encode()) for n in range(start, start + count))


__all__ = [
    "Role",
    "counts",
    "export_job",
    "import_job",
    "imported",
    "items_of",
    "jsonl",
    "new_project",
    "upload",
]
