"""Ends a bundle that cannot be made or may not be kept, and removes its parts."""

from uuid import UUID

from django.utils import timezone

from audit.services.count_erasures import count_erasures
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from tenants.bundles import GONE
from tenants.models import BundleJob, BundlePart


def fail_bundle(context: TenantContext, *, bundle_id: UUID, problem: str) -> None:
    """End it with a problem's code; nothing happens to one that is gone. `context` may be the platform's own."""
    with acting(context):
        job = BundleJob.objects.select_for_update(no_key=True).filter(id=bundle_id).first()
        if job is None or job.state in GONE:
            return
        take_parts(job, "failed")
        job.problem = problem
        job.finished_at = job.finished_at or timezone.now()
        job.save()
        record(
            context,
            Verb.BUNDLE_FAILED,
            object_kind="bundle",
            object_id=bundle_id,
            detail={"problem": problem},
        )


def take_parts(job: BundleJob, state: str) -> None:
    """Remove what was made of a locked bundle, and what a worker would need; the caller saves it."""
    BundlePart.objects.filter(bundle_id=job.id).delete()
    job.state, job.ticket, job.plan, job.place, job.digest = state, None, None, None, None
    job.finding = None


def spoilt_by_erasure(job: BundleJob) -> bool:
    """Say whether an event below the bundle's size was erased since it was begun. Inside `acting`.

    Parts are sealed with the workspace's key and not with that of whoever acted, so erasing would not reach them.
    """
    return count_erasures(job.size) != job.erasures
