"""Canary rows of bundles that a worker makes, and example requests of their pages and API."""

import hashlib
from datetime import timedelta

from django.utils import timezone

from audit.services.select_events import Selection
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import CanaryRows, ExampleRequest, canary_for, example_request_for
from tenants.bundles import selection_to_bytes
from tenants.models import BundleJob, BundlePart

CONTENT = b"canary"


@canary_for(BundleJob)
def canary_bundle(context: TenantContext, rows: CanaryRows) -> BundleJob:
    """Make a finished bundle with every sealed column filled."""
    row, now = uuid7(), timezone.now()
    seal = context.keyring.seal
    return BundleJob.objects.create(
        id=row,
        state="done",
        asked_by_id=context.actor_id,
        asked_at=now,
        finished_at=now,
        expires_at=now + timedelta(hours=1),
        selection=seal(selection_to_bytes(Selection(item_id=row)), field=BundleJob.selection, row=row),
        plan=seal(b"canary", field=BundleJob.plan, row=row),
        finding=seal(b"canary", field=BundleJob.finding, row=row),
        place=seal(b"canary", field=BundleJob.place, row=row),
        digest=seal(hashlib.sha256(CONTENT).digest(), field=BundleJob.digest, row=row),
        ticket=seal(b"canary", field=BundleJob.ticket, row=row),
    )


@canary_for(BundlePart)
def canary_bundle_part(context: TenantContext, rows: CanaryRows) -> BundlePart:
    """Make the one part of that bundle."""
    row = uuid7()
    return BundlePart.objects.create(
        id=row,
        bundle_id=rows[BundleJob].pk,
        section=0,
        n=0,
        length=len(CONTENT),
        body=context.keyring.seal(CONTENT, field=BundlePart.body, row=row),
    )


@example_request_for("bundles:list")
@example_request_for("bundles-api:bundles")
def list_bundles(rows: CanaryRows) -> ExampleRequest:
    """Look at the list."""
    return ExampleRequest("GET")


@example_request_for("bundles:list")
def ask_by_page(rows: CanaryRows) -> ExampleRequest:
    """Ask for a bundle of the whole log."""
    return ExampleRequest("POST")


@example_request_for("bundles-api:bundles")
def whole_bundle(rows: CanaryRows) -> ExampleRequest:
    """Export the canary's log at once."""
    return ExampleRequest("POST", body={"from_size": 0})


@example_request_for("bundles:one")
@example_request_for("bundles:progress")
@example_request_for("bundles:file")
@example_request_for("bundles-api:bundle")
@example_request_for("bundles-api:file")
def read_one(rows: CanaryRows) -> ExampleRequest:
    """Look at the canary's bundle, or take it."""
    return ExampleRequest("GET", {"bundle_id": rows[BundleJob].pk})


@example_request_for("bundles:remove")
def remove_by_page(rows: CanaryRows) -> ExampleRequest:
    """Remove the canary's bundle."""
    return ExampleRequest("POST", {"bundle_id": rows[BundleJob].pk})


@example_request_for("bundles-api:bundle")
def remove_by_script(rows: CanaryRows) -> ExampleRequest:
    """Remove the canary's bundle."""
    return ExampleRequest("DELETE", {"bundle_id": rows[BundleJob].pk})
