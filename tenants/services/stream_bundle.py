"""Lets a finished bundle leave: that it does is in the log, committed, before its first byte is sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from audit.services.deliver import deliver
from audit.services.stored_log import the_log
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission
from tenants.bundles import ERASED_MEANWHILE, GONE, KEYS_GONE, BundleGone, BundleNotReady
from tenants.models import BundleJob, BundlePart
from tenants.services.fail_bundle import spoilt_by_erasure
from tenants.services.run_bundle import open_part

PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A finished bundle: its name, its digest (32 bytes), and (id, bytes) of each of its parts, in order."""

    bundle_id: UUID
    name: str
    digest: bytes
    parts: tuple[tuple[UUID, int], ...]

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return sum(length for _, length in self.parts)


def open_bundle(context: TenantContext, *, bundle_id: UUID) -> BundleFile:
    """Return the file to download. Opens its own unit of work; no part is opened or delivered by it.

    Raises `NotFound`, `BundleNotReady`, and `BundleGone` where its time is over, something that it holds was
    erased, or its keys are destroyed.
    """
    context.require(Permission.AUDIT_EXPORT)
    with acting(context):
        job = BundleJob.objects.filter(id=bundle_id).first()
        if job is None:
            raise NotFound("bundle")
        if job.state in GONE:
            raise BundleGone(job.problem)
        if job.state != "done" or job.expires_at is None:
            raise BundleNotReady
        if job.expires_at <= timezone.now():
            raise BundleGone
        if spoilt_by_erasure(job):
            raise BundleGone(ERASED_MEANWHILE)
        try:
            digest = context.keyring.open(job.digest, field=BundleJob.digest, row=job.id)
        except CannotOpen as gone:
            raise BundleGone(KEYS_GONE) from gone
        rows = BundlePart.objects.filter(bundle_id=bundle_id).order_by("section", "n")
        chosen = "" if job.selection is None else "chosen-"
        name = f"ringfence-{the_log().id.hex[:12]}-{chosen}{job.from_size}-{job.size}.zip"
        return BundleFile(job.id, name, digest, tuple(rows.values_list("id", "length")))


def stream_bundle(
    context: TenantContext, file: BundleFile, *, start: int = 0, stop: int | None = None
) -> tuple[Receipt, Iterator[bytes]]:
    """Record that the bundle leaves, and return the receipt and the bytes from `start` to `stop` (not included).

    A range counts as the whole in the log. Access, the bundle's time and erasures are asked for again with each
    part and each MiB; no transaction is open while bytes are sent. Raises what the gate raises, and `BundleGone`;
    in the middle too, and the reader sees too few bytes then.
    """
    with acting(context):
        objects = [(file.bundle_id, file.digest)]
        receipt = deliver(context, Verb.BUNDLE_DELIVERED, object_kind="bundle", objects=objects)
    return receipt, _pieces(context, file, start, file.size if stop is None else min(stop, file.size))


def _pieces(context: TenantContext, file: BundleFile, start: int, stop: int) -> Iterator[bytes]:
    at = 0
    for part_id, length in file.parts:
        begin, end = max(start - at, 0), min(stop - at, length)
        at += length
        if begin >= end:
            continue
        content = b""
        for place in range(begin, end, PIECE_BYTES):
            context.recheck()
            with acting(context):
                _still_there(file.bundle_id)
                content = content or _opened(context, part_id)
            yield content[place : min(place + PIECE_BYTES, end)]


def _still_there(bundle_id: UUID) -> None:
    job = BundleJob.objects.filter(id=bundle_id, state="done").first()
    if job is None or spoilt_by_erasure(job):
        raise BundleGone


def _opened(context: TenantContext, part_id: UUID) -> bytes:
    try:
        return open_part(context, part_id)
    except CannotOpen as gone:
        raise BundleGone(KEYS_GONE) from gone
