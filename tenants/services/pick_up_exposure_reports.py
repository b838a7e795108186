"""Send reports again that nobody works on: the broker was away, a worker died, or there is more to do."""

from django.db.models import Q
from django.utils import timezone

from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Dark, RingfenceError
from tenants.exposure import EXPOSURE_JOB, SILENT_JOB
from tenants.gate.enter import enter
from tenants.gate.secrets import JobTicket
from tenants.models import ExposureReport
from tenants.services.ask_exposure_report import wake_worker
from tenants.services.run_exposure_report import fail_exposure_report

MOST_AT_ONCE = 10
ACCESS_ENDED = "access_ended"


def pick_up_exposure_reports(context: TenantContext) -> int:
    """Send this tenant's idle reports again, end those whose asker may no longer; return how many were sent.

    `context` is the platform's own. A tenant that is dark is left for the next round.
    """
    silent = timezone.now() - SILENT_JOB
    idle = (Q(state="waiting") & (Q(beat_at=None) | Q(beat_at__lt=silent)) & Q(asked_at__lt=silent)) | Q(
        state="running", beat_at__lt=silent
    )
    with acting(context):
        rows = list(ExposureReport.objects.filter(idle, ticket__isnull=False).order_by("id")[:MOST_AT_ONCE])
        tickets = [
            (row.id, context.keyring.open(row.ticket, field=ExposureReport.ticket, row=row.id).decode())
            for row in rows
        ]
    sent = 0
    for report_id, ticket in tickets:
        try:
            enter(JobTicket(ticket), context.public_id, job=EXPOSURE_JOB)
        except Dark:
            return sent
        except RingfenceError:
            fail_exposure_report(context, report_id=report_id, problem=ACCESS_ENDED)
            continue
        sent += wake_worker(context.public_id, report_id, ticket)
    return sent
