"""Where bundles stand: one, or the latest of a workspace. Runs in the caller's unit of work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from tenants.bundles import GONE, selection_of
from tenants.models import BundleJob

MOST_SHOWN = 50
PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class BundleProgress:
    """One bundle as people see it; `sha256` of the whole file, in hex, and `bytes_made` once it is made.

    `selected` has the conditions by name, empty for all events. `done` of `total` events are written; before that,
    where chosen events have to be found by opening, `opened` of `to_open` are looked at.
    """

    bundle_id: UUID
    state: str
    problem: str
    from_size: int
    size: int
    opened: int
    to_open: int
    done: int
    total: int
    bytes_made: int
    asked_by_id: UUID
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    unattended: bool
    selected: Mapping[str, object] = field(repr=False)
    sha256: str = field(default="", repr=False)

    @property
    def ended(self) -> bool:
        """Say whether no worker will do anything more about it."""
        return self.state == "done" or self.state in GONE

    @property
    def finding(self) -> bool:
        """Say whether events are opened just now to find the chosen ones, and none is written yet."""
        return bool(self.to_open) and not self.total and not self.ended

    @property
    def kib(self) -> int:
        """Made so far, in KiB."""
        return self.bytes_made // 1024


def list_bundles(context: TenantContext) -> list[BundleProgress]:
    """Return the workspace's latest bundles, newest first."""
    return [_told(context, job) for job in BundleJob.objects.order_by("-id")[:MOST_SHOWN]]


def read_bundle(context: TenantContext, *, bundle_id: UUID) -> BundleProgress:
    """Return where one bundle stands. Raises `NotFound`."""
    job = BundleJob.objects.filter(id=bundle_id).first()
    if job is None:
        raise NotFound("bundle")
    return _told(context, job)


def _told(context: TenantContext, job: BundleJob) -> BundleProgress:
    selected: Mapping[str, object] = {}
    if job.selection is not None:
        encoded = context.keyring.open(job.selection, field=BundleJob.selection, row=job.id)
        selected = selection_of(encoded).detail
    return BundleProgress(
        bundle_id=job.id,
        state=job.state,
        problem=job.problem,
        from_size=job.from_size,
        size=job.size,
        opened=job.opened,
        to_open=job.to_open,
        done=job.done,
        total=job.total,
        bytes_made=job.bytes_made,
        asked_by_id=job.asked_by_id,
        asked_at=job.asked_at,
        finished_at=job.finished_at,
        expires_at=job.expires_at,
        unattended=job.state == "waiting" and timezone.now() - (job.beat_at or job.asked_at) > PATIENCE,
        selected=selected,
        sha256=_digest(context, job),
    )


def _digest(context: TenantContext, job: BundleJob) -> str:
    """Return it in hex; empty where it is not known, or its key is destroyed: the file says so when it is asked for."""
    if job.digest is None:
        return ""
    try:
        return context.keyring.open(job.digest, field=BundleJob.digest, row=job.id).hex()
    except CannotOpen:
        return ""
