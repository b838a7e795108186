"""Find runs that wait although nobody told the checker, or that lost their checker, and send them again."""

from django.db.models import Q
from django.utils import timezone

from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, acting
from tenants.isolation.places import working_as_app
from tenants.models import IsolationReport
from tenants.services.ask_isolation_check import wake_checker
from tenants.services.run_isolation_check import LOST

MOST_AT_ONCE = 5


def pick_up_isolation_checks(context: TenantContext) -> int:
    """Send this tenant's waiting runs to the checker again; return how many. A message too many does nothing."""
    now = timezone.now()
    with working_as_app(), acting(context):
        # A run whose story has begun no longer holds its ticket; whoever asked asks again.
        IsolationReport.objects.filter(~Q(wall=""), state="running", started_at__lt=now - LOST).update(
            state="failed", finished_at=now, exit_code=3
        )
        waiting = IsolationReport.objects.filter(
            Q(state="waiting") | Q(state="running", started_at__lt=now - LOST), report__isnull=False
        ).order_by("id")[:MOST_AT_ONCE]
        tickets = []
        for row in waiting:
            try:
                opened = context.keyring.open(row.report, field=IsolationReport.report, row=row.id)
            except CannotOpen:
                continue
            tickets.append((row.id, opened.decode()))
    return sum(wake_checker(context.public_id, report_id, ticket) for report_id, ticket in tickets)
