"""Files as answers: streamed, resumable, logged before each piece; what is in them stands in the headers."""

import base64
from collections.abc import Iterator
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from annotation.bulk import ExportFormat
from annotation.services.stream_export import ExportFile, open_export, stream_export
from annotation.services.stream_refusals import stream_refusals
from ringfence.kernel.context import TenantContext
from ringfence.kernel.registry import leaves_by, lets_leave
from ringfence.web.ranges import asked_range, range_refused

RECEIPT_HEADER = "Audit-Receipt"
_TYPES = {
    ExportFormat.JSONL: ("application/x-ndjson", "jsonl"),
    ExportFormat.CSV: ("text/csv; charset=utf-8", "csv"),
    ExportFormat.CSV_RAW: ("text/csv; charset=utf-8", "csv"),
}


@leaves_by("import-refused-rows")
def refused_rows_answer(context: TenantContext, import_id: UUID) -> HttpResponseBase:
    """Return the refused rows as a file. Raises `NotFound`."""
    pieces = stream_refusals(context, job_id=import_id)
    # The first piece is asked for here, so that a refusal is an answer and not a broken file.
    first = next(pieces)
    response = StreamingHttpResponse(_after(first, pieces), content_type="text/csv; charset=utf-8")
    return _attached(response, f"refused-rows-{import_id}.csv")


@leaves_by("export-file")
def export_answer(context: TenantContext, request: HttpRequest, export_id: UUID) -> HttpResponseBase:
    """Return an export, or the range of it that the request asks for, as a file.

    The headers say how many items and answers the whole file holds, and its digest: whoever joins
    ranges can tell that nothing is missing. `Audit-Receipt` is the receipt of the first part sent.

    Raises `NotFound`, `ExportNotReady`, `ExportEmpty`.
    """
    file = open_export(context, job_id=export_id)
    tag = f'"{file.progress.sha256}"'
    span = asked_range(request, file.size, tag)
    if span is None:
        return range_refused(file.size)
    start, stop, partial = span
    content_type, ending = _TYPES[ExportFormat(file.progress.format)]
    if request.method == "HEAD":
        response: HttpResponse | StreamingHttpResponse = HttpResponse(content_type=content_type)
    else:
        pieces = stream_export(context, file, start=start, stop=stop)
        first, receipt = next(pieces)
        response = StreamingHttpResponse(
            _after(first, (piece for piece, _ in pieces)), content_type=content_type
        )
        response[RECEIPT_HEADER] = receipt.header
    if partial:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    response["Content-Length"] = str(stop - start)
    return _attached(_described(response, file, tag), f"export-{export_id}.{ending}")


def _described(response: HttpResponseBase, file: ExportFile, tag: str) -> HttpResponseBase:
    digest = base64.b64encode(bytes.fromhex(file.progress.sha256)).decode()
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    # RFC 9530: the digest of the whole file, also where a range of it is sent.
    response["Repr-Digest"] = f"sha-256=:{digest}:"
    response["Ringfence-Items"] = str(file.progress.tasks_done)
    response["Ringfence-Answers"] = str(file.progress.answers)
    return response


@lets_leave
def _attached(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "sandbox"
    return response


def _after(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces
