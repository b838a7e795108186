"""Stops an import between two of its units: what was added stays, what was not is forgotten."""

from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import JobOver
from annotation.models import ImportJob
from annotation.services.run_import import drop_parts
from annotation.values import ImportState, ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission

_LIVE = (ImportState.RECEIVING, ImportState.WAITING, ImportState.RUNNING)


def cancel_import(context: TenantContext, *, job_id: UUID) -> None:
    """Cancel a job that has not ended. Waits for the unit under way, at most one batch.

    Opens its own units of work. Raises `NotFound`, and `JobOver` when it has ended already.
    """
    context.require(Permission.ITEM_IMPORT)
    with acting(context):
        job = ImportJob.objects.select_for_update(no_key=True).filter(id=job_id).first()
        if job is None:
            raise NotFound("import")
        reach_project(context, job.project_id, ProjectRight.MANAGE)
        if job.state not in _LIVE:
            raise JobOver
        job.state, job.finished_at, job.ticket = ImportState.CANCELLED, timezone.now(), None
        job.save(update_fields=["state", "finished_at", "ticket"])
        detail = {"rows": job.rows_ok, "same": job.rows_same, "bad": job.rows_bad}
        record(context, Verb.IMPORT_CANCELLED, object_kind="import", object_id=job_id, detail=detail)
    drop_parts(context, job_id)
