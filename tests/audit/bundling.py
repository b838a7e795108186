"""Bundles that a worker makes: asked for, worked on, taken away."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.bundle_plan import BundlePlan
from audit.services.export_bundle import Bundle
from audit.services.select_events import Selection
from audit.values import Receipt
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.models import BundleJob, BundlePart
from tenants.services.ask_bundle import ask_bundle
from tenants.services.read_bundles import BundleProgress, read_bundle
from tenants.services.run_bundle import _Making, run_bundle
from tenants.services.stream_bundle import open_bundle, stream_bundle
from tests.world import Workspace


def asked(workspace: Workspace, *, from_size: int = 0, selection: Selection | None = None) -> UUID:
    """Ask as the auditor."""
    return ask_bundle(workspace.context(Role.AUDITOR), from_size=from_size, selection=selection)


def worked(workspace: Workspace, bundle_id: UUID, seconds: float = 60.0) -> str | None:
    """Work on it as a worker with the auditor's ticket does."""
    return run_bundle(workspace.context(Role.AUDITOR), bundle_id=bundle_id, seconds=seconds)


def made(workspace: Workspace, **choice: Any) -> UUID:
    """Ask for a bundle and make it."""
    bundle_id = asked(workspace, **choice)
    assert worked(workspace, bundle_id) == "done"
    return bundle_id


def progress(workspace: Workspace, bundle_id: UUID) -> BundleProgress:
    context = workspace.context(Role.AUDITOR)
    with acting(context):
        return read_bundle(context, bundle_id=bundle_id)


def taken(workspace: Workspace, bundle_id: UUID, **span: int) -> bytes:
    """Download it, or a range of it."""
    context = workspace.context(Role.AUDITOR)
    _, pieces = stream_bundle(context, open_bundle(context, bundle_id=bundle_id), **span)
    return b"".join(pieces)


def settled(workspace: Workspace, **choice: Any) -> tuple[UUID, BundlePlan]:
    """Ask for a bundle whose worker ends when it has settled what it is to hold."""
    bundle_id = asked(workspace, **choice)
    making = _Making(workspace.context(Role.AUDITOR), bundle_id)
    assert making.claim()
    while making.settle() == "running":
        continue
    change(workspace, bundle_id, state="waiting")
    return bundle_id, plan_of(workspace, bundle_id)


def plan_of(workspace: Workspace, bundle_id: UUID) -> BundlePlan:
    """Return what an unfinished bundle is to hold."""
    context = workspace.context(Role.AUDITOR)
    with acting(context):
        job = BundleJob.objects.get(id=bundle_id)
        return BundlePlan.parse(context.keyring.open(job.plan, field=BundleJob.plan, row=job.id))


def at_once(workspace: Workspace, plan: BundlePlan) -> bytes:
    """Return the file that is streamed for the same plan."""
    out = BytesIO()
    Bundle(workspace.context(Role.AUDITOR), "", plan, Receipt(UUID(int=0), bytes(32))).write(out)
    return out.getvalue()


def change(workspace: Workspace, bundle_id: UUID, **values: Any) -> None:
    """Change the row, as time or an accident would."""
    with acting(workspace.context(Role.AUDITOR)):
        assert BundleJob.objects.filter(id=bundle_id).update(**values) == 1


def give_up_on(workspace: Workspace, bundle_id: UUID) -> None:
    """Let a dead worker's silence be long enough."""
    change(workspace, bundle_id, beat_at=timezone.now() - timedelta(hours=1))


def parts_of(workspace: Workspace, bundle_id: UUID) -> list[tuple[int, int]]:
    """Return (section, n) of its parts."""
    with acting(workspace.context(Role.AUDITOR)):
        rows = BundlePart.objects.filter(bundle_id=bundle_id).order_by("section", "n")
        return list(rows.values_list("section", "n"))
