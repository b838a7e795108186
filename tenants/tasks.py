"""Jobs of this room: checks that members asked for, and the platform log's counters. A message carries ids
and the asker's ticket; the gate is asked again.
"""

from uuid import UUID

from celery import shared_task

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Purpose
from ringfence.web.errors import log_crash
from tenants import liveness  # noqa: F401 - its signals start the pulse of whoever loads the tasks
from tenants.bundles import BUNDLE_JOB, BUNDLE_TASK
from tenants.exposure import EXPOSURE_JOB, EXPOSURE_TASK
from tenants.gate.carrying_out import closings_to_carry_out, forget_old_certificates
from tenants.gate.enter import enter
from tenants.gate.errors import Excluded, TicketVoid
from tenants.gate.places import has_operator
from tenants.gate.secrets import JobTicket
from tenants.gate.service import every_tenant, platform_context, tenant_context
from tenants.gate.standings import question_of
from tenants.services.ask_bundle import wake_bundle_worker
from tenants.services.ask_exposure_report import wake_worker
from tenants.services.ask_isolation_check import CHECK_JOB, CHECK_TASK
from tenants.services.ask_registry_import import pick_up_registry_imports
from tenants.services.ask_webhook import SEND_TASK, wake_webhook
from tenants.services.carry_out_closing import carry_out_closing, warn_if_late
from tenants.services.count_failures import write_counts
from tenants.services.end_support import end_over_visits
from tenants.services.enforce_verdicts import enforce_verdicts
from tenants.services.pick_up_bundles import pick_up_bundles
from tenants.services.pick_up_exposure_reports import pick_up_exposure_reports
from tenants.services.pick_up_isolation_checks import pick_up_isolation_checks
from tenants.services.queue_webhook_events import queue_webhook_events
from tenants.services.run_bundle import run_bundle
from tenants.services.run_exposure_report import run_exposure_report
from tenants.services.run_isolation_check import run_isolation_check
from tenants.services.run_registry_import import (
    IMPORT_JOB,
    IMPORT_TASK,
    end_registry_import,
    run_registry_import,
)
from tenants.services.send_webhook import send_webhook
from tenants.services.watch_operator import tell_incident, watch_operator


@shared_task(name=CHECK_TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def run_asked_check(*, tenant: str, report_id: str, ticket: str) -> None:
    """Run what a member asked for, if they still may."""
    try:
        context = enter(JobTicket(ticket), tenant, job=CHECK_JOB)
        run_isolation_check(context, report_id=UUID(report_id))
    except RingfenceError:
        # Access ended meanwhile, or the workspace is dark: the run waits, and its page says so.
        return
    except Exception as crash:
        log_crash(crash)


@shared_task(name="tenants.pick_up_isolation_checks", ignore_result=True)  # type: ignore[untyped-decorator]
def pick_up_everywhere() -> None:
    """Send waiting runs again, tenant by tenant; one that fails does not stop the next."""
    for context in every_tenant(Purpose.JOB):
        try:
            pick_up_isolation_checks(context)
        except RingfenceError:
            continue
        except Exception as crash:
            log_crash(crash)


@shared_task(name=IMPORT_TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def work_on_registry_import(*, tenant: str, import_id: str, ticket: str) -> None:
    """Read a file for the registry, or add what its preview showed, if its asker still may."""
    try:
        context = enter(JobTicket(ticket), tenant, job=IMPORT_JOB)
        run_registry_import(context, import_id=UUID(import_id))
    except (Excluded, TicketVoid):
        end_registry_import(UUID(import_id))
    except RingfenceError:
        # Access ended, or the platform log cannot be written: a sweep looks again, and the page says that it waits.
        return
    except Exception as crash:
        log_crash(crash)


@shared_task(name="tenants.pick_up_registry_imports", ignore_result=True)  # type: ignore[untyped-decorator]
def pick_up_imports() -> None:
    """Send imports again that wait and that no worker works on."""
    if has_operator():
        pick_up_registry_imports(platform_context().public_id)


@shared_task(name="tenants.queue_webhook_events", ignore_result=True)  # type: ignore[untyped-decorator]
def queue_webhook_events_everywhere() -> None:
    """Queue new events for webhooks, tenant by tenant, and tell workers which have something to send."""
    for context in every_tenant(Purpose.JOB):
        try:
            for webhook_id in queue_webhook_events(context):
                wake_webhook(context.tenant_id, webhook_id)
        except RingfenceError:
            continue
        except Exception as crash:
            log_crash(crash)


@shared_task(name=SEND_TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def send_to_webhook(*, tenant_id: str, webhook_id: str) -> None:
    """Send what is due to one webhook. The message is a hint: whether anything may leave is asked here."""
    try:
        send_webhook(tenant_context(UUID(tenant_id), Purpose.JOB), webhook_id=UUID(webhook_id))
    except (RingfenceError, LookupError):
        # Dark, or gone: what waits is found again.
        return
    except Exception as crash:
        log_crash(crash)


@shared_task(name="tenants.write_failure_counts", ignore_result=True)  # type: ignore[untyped-decorator]
def write_failure_counts() -> None:
    """Write the failed sign-ins of the minutes that are over into the platform log."""
    if has_operator():
        write_counts()


_asked: dict[UUID, tuple[object, ...]] = {}


@shared_task(name="tenants.enforce_verdicts", ignore_result=True)  # type: ignore[untyped-decorator]
def enforce_everywhere() -> None:
    """Make walls follow policies and the graph, tenant by tenant, wherever something has changed since."""
    for context in every_tenant(Purpose.NEUTRALITY):
        try:
            question = question_of(context.tenant_id)
            if _asked.get(context.tenant_id) != question:
                enforce_verdicts(context)
                if watch_operator(context):
                    tell_incident()
                _asked[context.tenant_id] = question
        except RingfenceError:
            # A dark tenant's log cannot be written; the gate refuses all the same, and the next round repeats it.
            continue
        except Exception as crash:
            log_crash(crash)


@shared_task(name="tenants.carry_out_closings", ignore_result=True)  # type: ignore[untyped-decorator]
def carry_out_everywhere() -> None:
    """Go on with workspaces that are being closed; one that must wait does not stop the next."""
    forget_old_certificates()
    for closing in closings_to_carry_out():
        try:
            waits_for = carry_out_closing(closing)
        except RingfenceError as refusal:
            waits_for = refusal.code
        except Exception as crash:
            log_crash(crash)
            continue
        warn_if_late(closing, waits_for)


@shared_task(name="tenants.end_support", ignore_result=True)  # type: ignore[untyped-decorator]
def end_support_everywhere() -> None:
    """Write down support visits whose time is over; the gate has refused them by itself since then."""
    try:
        end_over_visits()
    except RingfenceError:
        # A dark tenant's log cannot be written; the next round repeats it.
        return
    except Exception as crash:
        log_crash(crash)


@shared_task(name=EXPOSURE_TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def work_on_exposure_report(*, tenant: str, report_id: str, ticket: str) -> None:
    """Work on an exposure report for a while; send it again when there is more, so that others get a turn."""
    try:
        context = enter(JobTicket(ticket), tenant, job=EXPOSURE_JOB)
        state = run_exposure_report(context, report_id=UUID(report_id))
    except RingfenceError:
        # Access ended, or the tenant is dark: the sweep looks at it again, and ends the report if it must.
        return
    except Exception as crash:
        log_crash(crash)
        return
    if state == "waiting":
        wake_worker(tenant, UUID(report_id), ticket)


@shared_task(name="tenants.pick_up_exposure_reports", ignore_result=True)  # type: ignore[untyped-decorator]
def pick_up_reports_everywhere() -> None:
    """Send idle exposure reports again, tenant by tenant; one that fails does not stop the next."""
    for context in every_tenant(Purpose.JOB):
        try:
            pick_up_exposure_reports(context)
        except RingfenceError:
            continue
        except Exception as crash:
            log_crash(crash)


@shared_task(name=BUNDLE_TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def work_on_bundle(*, tenant: str, bundle_id: str, ticket: str) -> None:
    """Work on a proof bundle for a while; send it again when there is more, so that others get a turn."""
    try:
        context = enter(JobTicket(ticket), tenant, job=BUNDLE_JOB)
        state = run_bundle(context, bundle_id=UUID(bundle_id))
    except RingfenceError:
        # Access ended, or the tenant is dark: the sweep looks at it again, and ends the bundle if it must.
        return
    except Exception as crash:
        log_crash(crash)
        return
    if state == "waiting":
        wake_bundle_worker(tenant, UUID(bundle_id), ticket)


@shared_task(name="tenants.pick_up_bundles", ignore_result=True)  # type: ignore[untyped-decorator]
def pick_up_bundles_everywhere() -> None:
    """Send idle bundles again and remove those whose time is over, tenant by tenant."""
    for context in every_tenant(Purpose.JOB):
        try:
            pick_up_bundles(context)
        except RingfenceError:
            continue
        except Exception as crash:
            log_crash(crash)
