"""Lets a finished export leave: each part is in the log, committed, before its first byte is sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.db.models.functions import Length

from annotation.bulk import PART_BYTES
from annotation.errors import ExportEmpty, ExportNotReady
from annotation.formats.parts import overhead, unpack
from annotation.models import ExportPart
from annotation.services.export_progress import ExportProgress, export_progress
from annotation.values import ExportState
from audit.services.deliver import deliver
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Permission

# Sealed bytes are 76 longer than the plaintext, and 16 more for each chunk of 16 KiB begun (RF1).
_HEADER, _TAG, _CHUNK = 76, 16, 16 * 1024


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A finished export: what is known of it, and how long each of its parts is, in order."""

    progress: ExportProgress
    lengths: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return sum(self.lengths)


def open_export(context: TenantContext, *, job_id: UUID) -> ExportFile:
    """Return the file to download. Opens its own unit of work; nothing is opened or delivered by it.

    Raises `NotFound`, `ExportNotReady`, and `ExportEmpty` when the project had no items.
    """
    context.require(Permission.EXPORT_DOWNLOAD)
    with acting(context):
        progress = export_progress(context, job_id=job_id)
        if progress.state != ExportState.DONE:
            raise ExportNotReady(progress.state)
        if progress.empty:
            raise ExportEmpty
        parts = ExportPart.objects.filter(export_job_id=job_id).order_by("n")
        sizes = list(parts.annotate(size=Length("body")).values_list("size", "rows"))
    return ExportFile(progress, tuple(_plain(size) - overhead(rows) for size, rows in sizes))


def stream_export(
    context: TenantContext, file: ExportFile, *, start: int = 0, stop: int | None = None
) -> Iterator[tuple[bytes, Receipt]]:
    """Yield the bytes from `start` to `stop` (not included), with the receipt of the part's delivery.

    A part is delivered whole in the log, also where a range takes a piece of it. Access is asked for
    again with each part and each MiB; no transaction is open while bytes are sent.

    Raises whatever the gate raises, also in the middle; the reader sees too few bytes then.
    """
    stop = file.size if stop is None else min(stop, file.size)
    at = 0
    for n, length in enumerate(file.lengths):
        begin, end = max(start - at, 0), min(stop - at, length)
        if begin < end:
            content, receipt = _deliver_part(context, file.progress.job_id, n)
            for place in range(begin, end, PART_BYTES):
                if place > begin:
                    context.recheck()
                yield content[place : min(place + PART_BYTES, end)], receipt
        at += length


def _deliver_part(context: TenantContext, job_id: UUID, n: int) -> tuple[bytes, Receipt]:
    context.recheck()
    with acting(context):
        part_id, body, digest = ExportPart.objects.values_list("id", "body", "sealed_sha256").get(
            export_job_id=job_id, n=n
        )
        if sha256(body).digest() != bytes(digest):
            raise CannotOpen
        objects, content = unpack(context.keyring.open(bytes(body), field=ExportPart.body, row=part_id))
        receipt = deliver(context, Verb.EXPORT_DELIVERED, object_kind="item", objects=objects)
    return content, receipt


def _plain(sealed: int) -> int:
    """Return the length of the plaintext of `sealed` bytes of RF1."""
    chunks = (sealed - _HEADER) // (_CHUNK + _TAG) + 1
    return sealed - _HEADER - chunks * _TAG
