"""Answers that are files: never shown by the browser, and named for the reader."""

from collections.abc import Iterator
from typing import TypeVar

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from audit.services.export_bundle import Bundle
from ringfence.kernel.registry import leaves_by, lets_leave

RECEIPT_HEADER = "Audit-Receipt"

Answer = TypeVar("Answer", bound=HttpResponseBase)


@leaves_by("audit-bundle")
def bundle_answer(bundle: Bundle) -> StreamingHttpResponse:
    """Return the streamed zip. Its export is committed; the stream holds no transaction."""
    chunks: Iterator[bytes] = bundle.chunks()
    answer = StreamingHttpResponse(chunks, content_type="application/zip")
    answer[RECEIPT_HEADER] = bundle.receipt.header
    return named(answer, bundle.name)


@lets_leave
def file_answer(content: bytes, name: str, content_type: str = "text/plain; charset=utf-8") -> HttpResponse:
    """Return a small file."""
    return named(HttpResponse(content, content_type=content_type), name)


@lets_leave
def named(answer: Answer, name: str) -> Answer:
    """Make the answer a download called `name`, which is ASCII without quotes."""
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
