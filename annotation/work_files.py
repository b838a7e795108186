"""A labeler's own files as answers: statements, work receipts and the work log's pin."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from annotation.services.count_work import Period
from annotation.services.work_receipts import pin_of_work_log, prove_work
from annotation.services.work_statement import StatementFormat, work_statement
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Invalid, NotFound
from ringfence.kernel.registry import leaves_by, lets_leave

RECEIPT_HEADER = "Audit-Receipt"
USUAL_DAYS = 30


def period_in(request: HttpRequest) -> Period:
    """Return the period that a request asks for; 30 days up to today without one. Raises `Invalid`."""
    last = _day(request, "to") or timezone.now().astimezone(UTC).date()
    return Period(_day(request, "from") or last - timedelta(days=USUAL_DAYS - 1), last)


@leaves_by("work-statement")
def statement_answer(context: TenantContext, request: HttpRequest, form: str) -> HttpResponse:
    """Return the statement as a download. Raises `Invalid`, and `NotFound` for another format."""
    if form not in set(StatementFormat):
        raise NotFound("format")
    with acting(context):
        file = work_statement(context, period=period_in(request), form=StatementFormat(form))
    answer = _file(file.content, file.name, file.content_type)
    answer[RECEIPT_HEADER] = file.receipt.header
    return answer


@leaves_by("work-receipt")
def receipt_answer(context: TenantContext, entry: UUID) -> HttpResponse:
    """Return one work receipt as a download. Raises what `prove_work` raises."""
    file = prove_work(context, entry=entry)
    answer = _file(file.content, file.name)
    answer[RECEIPT_HEADER] = file.receipt.header
    return answer


@leaves_by("work-pin")
def pin_answer() -> HttpResponse:
    """Return the work log's pin as a download."""
    name, content = pin_of_work_log()
    return _file(content, name)


@lets_leave
def _file(content: bytes, name: str, content_type: str = "text/plain; charset=utf-8") -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox"
    return answer


def _day(request: HttpRequest, name: str) -> date | None:
    given = request.GET.get(name, "")
    if not given:
        return None
    try:
        return datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as malformed:
        raise Invalid("A day is written as 2026-01-31.", field=name) from malformed
