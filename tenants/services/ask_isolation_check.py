"""Ask the checker for a run: a row that waits, and a message that wakes the checker."""

from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7
from tenants.gate.tickets import sign_ticket
from tenants.isolation.probe import wall_named
from tenants.models import IsolationReport

CHECK_JOB = "isolation check"
"""What a run's ticket says it is for."""
CHECK_TASK = "tenants.run_isolation_check"
QUEUE = "checker"


def ask_isolation_check(context: TenantContext, *, wall: str = "") -> UUID:
    """Ask for a run of all checks, or to see `wall` taken down in the shadow; return the report's id.

    The row keeps the asker's ticket, sealed, until the checker takes it up: with a dead broker nothing
    is lost, and a later sweep starts the run. Raises `Invalid` for a wall that does not exist.
    """
    if wall:
        try:
            wall_named(wall)
        except LookupError as unknown:
            raise Invalid(f"{unknown}. Choose one from the list.", field="wall") from unknown
    report_id = uuid7()
    ticket = sign_ticket(context, job=CHECK_JOB, subject_id=report_id).value
    IsolationReport.objects.create(
        id=report_id,
        asked_by_id=context.actor_id,
        started_at=timezone.now(),
        wall=wall,
        report=context.keyring.seal(ticket.encode(), field=IsolationReport.report, row=report_id),
    )
    transaction.on_commit(lambda: wake_checker(context.public_id, report_id, ticket))
    return report_id


def wake_checker(tenant: str, report_id: UUID, ticket: str) -> bool:
    """Send the message; return False when the broker does not answer, which loses nothing."""
    try:
        current_app.send_task(
            CHECK_TASK,
            kwargs={"tenant": tenant, "report_id": str(report_id), "ticket": ticket},
            queue=QUEUE,
            retry=False,
        )
    except (OperationalError, OSError):
        return False
    return True
