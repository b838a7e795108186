"""Hand a received file to a worker: for its preview, and once more to add what the preview showed."""

from datetime import date
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission
from tenants.gate.registry_imports import keep_ticket, move_import, read_import, received, waiting_imports
from tenants.gate.tickets import sign_ticket
from tenants.gate.verdicts import today
from tenants.services.platform_log import note
from tenants.services.run_registry_import import IMPORT_JOB, IMPORT_TASK, KINDS


def ask_preview(
    context: TenantContext, *, import_id: UUID, kind: str, file_name: str, file_bytes: int, sha256: bytes,
    source: str, dated: date | None,
) -> None:  # fmt: skip
    """Let a worker read the file. Raises `Invalid`."""
    context.require(Permission.REGISTRY_MANAGE)
    if kind not in KINDS:
        raise Invalid("Say what kind of file this is.", field="kind")
    if not source.strip():
        raise Invalid("Say where the file is from.", field="source")
    received(
        import_id, kind=kind, file_name=file_name[:200], file_bytes=file_bytes, sha256=sha256,
        source=source.strip()[:500], dated=dated or today(),
    )  # fmt: skip
    _send(context, import_id)


def ask_apply(context: TenantContext, *, import_id: UUID, plan: bytes) -> None:
    """Let a worker add what the preview with this digest showed. Raises `Invalid` when it shows something else now."""
    context.require(Permission.REGISTRY_MANAGE)
    job = read_import(import_id)
    if job.state != "ready" or job.plan != plan:
        raise Invalid("The preview has changed since you looked. Look at it again.")
    note(
        Verb.REGISTRY_IMPORT_APPROVED,
        detail={"file_sha256": job.sha256.hex(), "plan_sha256": job.plan.hex(), "kind": job.kind},
    )
    if move_import(import_id, "ready", to="approved", rows_done=0):
        _send(context, import_id)


def drop_import(context: TenantContext, *, import_id: UUID) -> None:
    """Give a file up: nothing of it is added. One that is being added goes on."""
    context.require(Permission.REGISTRY_MANAGE)
    read_import(import_id)
    move_import(import_id, "receiving", "waiting", "reading", "ready", to="dropped")


def pick_up_registry_imports(tenant: str) -> None:
    """Send again whatever waits and no worker works on."""
    for import_id, ticket in waiting_imports():
        _wake(tenant, import_id, ticket)


def _send(context: TenantContext, import_id: UUID) -> None:
    ticket = sign_ticket(context, job=IMPORT_JOB, subject_id=import_id).value
    keep_ticket(import_id, ticket)
    _wake(context.public_id, import_id, ticket)


def _wake(tenant: str, import_id: UUID, ticket: str) -> None:
    try:
        current_app.send_task(
            IMPORT_TASK, kwargs={"tenant": tenant, "import_id": str(import_id), "ticket": ticket}, retry=False
        )
    except (OperationalError, OSError):
        return  # it waits in the database, and a sweep sends it later
