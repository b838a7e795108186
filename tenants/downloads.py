"""Bundles as answers: resumable, in the log before their first byte, never shown by the browser."""

import base64
from collections.abc import Iterator
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from audit.download import RECEIPT_HEADER, named
from ringfence.kernel.context import TenantContext
from ringfence.kernel.registry import leaves_by
from ringfence.web.ranges import asked_range, range_refused
from tenants.services.stream_bundle import open_bundle, stream_bundle


@leaves_by("audit-bundle")
def bundle_file_answer(context: TenantContext, request: HttpRequest, bundle_id: UUID) -> HttpResponseBase:
    """Return a bundle, or the range of it that the request asks for. Outside of any unit of work.

    `Repr-Digest` (RFC 9530) is the digest of the whole file, also where a range of it is sent; `ETag` is the same
    in hex. Raises `NotFound`, `BundleNotReady`, `BundleGone`.
    """
    file = open_bundle(context, bundle_id=bundle_id)
    tag = f'"{file.digest.hex()}"'
    span = asked_range(request, file.size, tag)
    if span is None:
        return range_refused(file.size)
    start, stop, partial = span
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(content_type="application/zip")
    else:
        receipt, pieces = stream_bundle(context, file, start=start, stop=stop)
        # The first piece is asked for here, so that a refusal is an answer and not a broken file.
        answer = StreamingHttpResponse(_after(next(pieces), pieces), content_type="application/zip")
        answer[RECEIPT_HEADER] = receipt.header
    if partial:
        answer.status_code = HTTPStatus.PARTIAL_CONTENT
        answer["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    answer["Content-Length"] = str(stop - start)
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = tag
    answer["Repr-Digest"] = f"sha-256=:{base64.b64encode(file.digest).decode()}:"
    return named(answer, file.name)


def _after(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces
