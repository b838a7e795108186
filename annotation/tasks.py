"""Celery's entry points of this room. A message carries ids and the asker's ticket; the gate is asked again."""

from uuid import UUID

from celery import shared_task

from annotation.bulk import EXPORT_JOB, IMPORT_JOB
from annotation.services.keep_aggregates import keep_aggregates
from annotation.services.pick_up_waiting import close_silent_uploads, pick_up_waiting
from annotation.services.purge_drafts import purge_drafts
from annotation.services.run_export import run_export
from annotation.services.run_import import run_import
from annotation.services.send_job import send_job
from annotation.services.sweep_leases import sweep_leases
from annotation.values import ExportState, ImportState
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Purpose
from ringfence.web.errors import log_crash
from tenants.gate.enter import enter
from tenants.gate.secrets import JobTicket
from tenants.gate.service import every_tenant


@shared_task(name="annotation.run_import", ignore_result=True)  # type: ignore[untyped-decorator]
def work_on_import(*, tenant: str, job_id: str, ticket: str) -> None:
    """Work on an import for a while; send it again when there is more, so that other tenants get a turn."""
    try:
        context = enter(JobTicket(ticket), tenant, job=IMPORT_JOB)
        state = run_import(context, job_id=UUID(job_id))
    except RingfenceError:
        # Access ended, or the tenant is dark: the sweep looks at it again, and ends the job if it must.
        return
    except Exception as crash:
        log_crash(crash)
        return
    if state is ImportState.WAITING:
        send_job(IMPORT_JOB, tenant=tenant, job_id=UUID(job_id), ticket=ticket)


@shared_task(name="annotation.run_export", ignore_result=True)  # type: ignore[untyped-decorator]
def work_on_export(*, tenant: str, job_id: str, ticket: str) -> None:
    """Work on an export for a while, as `work_on_import` does."""
    try:
        context = enter(JobTicket(ticket), tenant, job=EXPORT_JOB)
        state = run_export(context, job_id=UUID(job_id))
    except RingfenceError:
        return
    except Exception as crash:
        log_crash(crash)
        return
    if state is ExportState.WAITING:
        send_job(EXPORT_JOB, tenant=tenant, job_id=UUID(job_id), ticket=ticket)


@shared_task(name="annotation.pick_up_waiting", ignore_result=True)  # type: ignore[untyped-decorator]
def pick_up_everywhere() -> None:
    """Send idle jobs again and close silent uploads, tenant by tenant; one that fails does not stop the next."""
    for context in every_tenant(Purpose.JOB):
        try:
            close_silent_uploads(context)
            pick_up_waiting(context)
        except RingfenceError:
            continue
        except Exception as crash:
            log_crash(crash)


@shared_task(name="annotation.sweep_leases", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep_everywhere() -> None:
    """Return overdue items to their queues and purge dead drafts, tenant by tenant; one that fails does not
    stop the next.
    """
    for context in every_tenant(Purpose.JOB):
        try:
            sweep_leases(context)
            purge_drafts(context)
        except RingfenceError:
            # A dark tenant's leases wait: nobody labels in it, and the log could not be written.
            continue
        except Exception as crash:
            log_crash(crash)


@shared_task(name="annotation.keep_aggregates", ignore_result=True)  # type: ignore[untyped-decorator]
def keep_aggregates_everywhere() -> None:
    """Count new and withdrawn answers, tenant by tenant; one that fails does not stop the next."""
    for context in every_tenant(Purpose.JOB):
        try:
            keep_aggregates(context)
        except RingfenceError:
            continue
        except Exception as crash:
            log_crash(crash)
