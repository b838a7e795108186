"""Sends bundles again that nobody works on, and removes those whose time is over or that may not be kept."""

from django.db.models import Q
from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Dark, RingfenceError
from tenants.bundles import ACCESS_ENDED, BUNDLE_JOB, ERASED_MEANWHILE, GONE, SILENT_JOB
from tenants.gate.enter import enter
from tenants.gate.secrets import JobTicket
from tenants.models import BundleJob
from tenants.services.ask_bundle import wake_bundle_worker
from tenants.services.fail_bundle import fail_bundle, spoilt_by_erasure, take_parts

MOST_AT_ONCE = 10
WAITS_TOO_LONG = SILENT_JOB / 4
"""A waiting bundle whose message was lost is sent again after this; a running one is given more time."""


def pick_up_bundles(context: TenantContext) -> int:
    """Look after this tenant's bundles; return how many were sent again. Opens its own units.

    `context` is the platform's own. A tenant that is dark is left for the next round.
    """
    _expire(context)
    _drop_spoilt(context)
    now = timezone.now()
    late = now - WAITS_TOO_LONG
    idle = (Q(state="waiting") & (Q(beat_at=None) | Q(beat_at__lt=late)) & Q(asked_at__lt=late)) | Q(
        state="running", beat_at__lt=now - SILENT_JOB
    )
    with acting(context):
        rows = list(BundleJob.objects.filter(idle, ticket__isnull=False).order_by("id")[:MOST_AT_ONCE])
        tickets = [
            (row.id, context.keyring.open(row.ticket, field=BundleJob.ticket, row=row.id).decode())
            for row in rows
        ]
    sent = 0
    for bundle_id, ticket in tickets:
        try:
            enter(JobTicket(ticket), context.public_id, job=BUNDLE_JOB)
        except Dark:
            return sent
        except RingfenceError:
            fail_bundle(context, bundle_id=bundle_id, problem=ACCESS_ENDED)
            continue
        sent += wake_bundle_worker(context.public_id, bundle_id, ticket)
    return sent


def _expire(context: TenantContext) -> None:
    with acting(context):
        over = BundleJob.objects.select_for_update(no_key=True, skip_locked=True).filter(
            state="done", expires_at__lte=timezone.now()
        )
        for job in over[:MOST_AT_ONCE]:
            take_parts(job, "expired")
            job.save()
            record(context, Verb.BUNDLE_EXPIRED, object_kind="bundle", object_id=job.id)


def _drop_spoilt(context: TenantContext) -> None:
    with acting(context):
        kept = BundleJob.objects.exclude(state__in=GONE).filter(size__gt=0)
        spoilt = [job.id for job in kept if spoilt_by_erasure(job)]
    for bundle_id in spoilt:
        fail_bundle(context, bundle_id=bundle_id, problem=ERASED_MEANWHILE)
