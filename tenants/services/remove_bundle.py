"""Stops a bundle that is being made, or removes a finished one's sealed parts."""

from uuid import UUID

from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission
from tenants.bundles import GONE, BundleGone
from tenants.models import BundleJob
from tenants.services.fail_bundle import take_parts


def remove_bundle(context: TenantContext, *, bundle_id: UUID) -> None:
    """Remove it. Opens its own unit of work, which waits for the unit under way. Raises `NotFound`, `BundleGone`."""
    context.require(Permission.AUDIT_EXPORT)
    with acting(context):
        job = BundleJob.objects.select_for_update(no_key=True).filter(id=bundle_id).first()
        if job is None:
            raise NotFound("bundle")
        if job.state in GONE:
            raise BundleGone(job.problem)
        take_parts(job, "removed")
        job.finished_at = job.finished_at or timezone.now()
        job.save()
        record(context, Verb.BUNDLE_REMOVED, object_kind="bundle", object_id=bundle_id)
