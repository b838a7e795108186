"""Lets the list of refused rows leave, as CSV: each piece is in the log before its first byte is sent."""

import csv
import io
import json
from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

from annotation.formats.limits import ERRORS_KEPT
from annotation.formats.writing import neutral
from annotation.models import RefusedRows
from annotation.services.import_progress import import_progress
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Permission

HEADER = b"line,code,message\r\n"
_PIECES = 100


def stream_refusals(context: TenantContext, *, job_id: UUID) -> Iterator[bytes]:
    """Yield the file in pieces. Opens its own units of work. Raises `NotFound` before the first piece."""
    context.require(Permission.ITEM_IMPORT)
    with acting(context):
        bad = import_progress(context, job_id=job_id).rows_bad
    yield HEADER
    n = 0
    while True:
        context.recheck()
        with acting(context):
            pieces = _opened(context, job_id, n, _PIECES)
            if pieces:
                objects = [(row_id, sha256(body).digest()) for row_id, body in pieces]
                deliver(context, Verb.IMPORT_ERRORS_DELIVERED, object_kind="refused_rows", objects=objects)
        if not pieces:
            break
        yield b"".join(_csv(body) for _, body in pieces)
        n += len(pieces)
    if bad > ERRORS_KEPT:
        yield f"0,more,{bad - ERRORS_KEPT} more rows were refused and are not listed.\r\n".encode()


def first_refusals(context: TenantContext, *, job_id: UUID, most: int = 20) -> list[tuple[int, str, str]]:
    """Return (line, code, message) of the first refused rows, delivered. Runs in the caller's unit of work."""
    import_progress(context, job_id=job_id)
    found: list[tuple[int, str, str]] = []
    pieces = _opened(context, job_id, 0, most)
    if pieces:
        objects = [(row_id, sha256(body).digest()) for row_id, body in pieces]
        deliver(context, Verb.IMPORT_ERRORS_DELIVERED, object_kind="refused_rows", objects=objects)
    for _, body in pieces:
        found += [(line, code, message) for line, code, message in json.loads(body)]
    return found[:most]


def _opened(context: TenantContext, job_id: UUID, n: int, most: int) -> list[tuple[UUID, bytes]]:
    rows = RefusedRows.objects.filter(import_job_id=job_id, n__gte=n, n__lt=n + most).order_by("n")
    return [
        (row_id, context.keyring.open(bytes(body), field=RefusedRows.body, row=row_id))
        for row_id, body in rows.values_list("id", "body")
    ]


def _csv(body: bytes) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([line, code, neutral(message)] for line, code, message in json.loads(body))
    return out.getvalue().encode()
