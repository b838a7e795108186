"""A labeler's own page: what they did and in how long, their receipts, their statement, their threads."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format

from annotation.services.count_work import OwnWork, count_work, own_answers
from annotation.services.list_comments import own_threads
from annotation.services.work_statement import in_hours
from annotation.values import CommentKind, CommentState
from annotation.work_files import period_in, pin_answer, receipt_answer, statement_answer
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage

MOST_BARS = 31
MOST_THREADS = 10


class WorkPage(TenantPage):
    """The visitor's own work in a period."""

    requires = Permission.TASK_LABEL
    unit = "own"
    template = "annotation/work.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it; words of threads are content, so they are a delivery."""
        refusal = None
        try:
            period = period_in(request)
        except Invalid as wrong:
            refusal, period = wrong, period_in(_without_dates(request))
        with acting(self.context):
            work = count_work(self.context, period)
            answers = own_answers(self.context, period)
            threads = own_threads(self.context, most=MOST_THREADS)
            return self.page(
                status=refusal.status if refusal else 200,
                work=work,
                total=work.total,
                active=in_hours(work.total.active_ms),
                bars=_bars(work),
                projects=[
                    (each.code, each.counts, in_hours(each.counts.active_ms)) for each in work.projects
                ],
                answers=answers,
                threads=[
                    (thread, CommentKind(thread.kind).label, CommentState(thread.state).label)
                    for thread in threads
                ],
                period=period,
                refusal=refusal,
            )


class WorkFilePage(TenantPage):
    """The statement as a file."""

    requires = Permission.TASK_LABEL
    unit = "own"

    def get(self, request: HttpRequest, form: str) -> HttpResponse:
        """Send it; a delivery."""
        return statement_answer(self.context, request, form)


class WorkReceiptPage(TenantPage):
    """One work receipt as a file."""

    requires = Permission.TASK_LABEL
    unit = "own"

    def get(self, request: HttpRequest, entry_id: UUID) -> HttpResponse:
        """Send it; a delivery."""
        return receipt_answer(self.context, entry_id)


class WorkPinPage(TenantPage):
    """The pin of the work log as a file."""

    requires = Permission.TASK_LABEL
    unit = "own"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Send it: a public key and a tree size."""
        return pin_answer()


@dataclass(frozen=True, slots=True)
class Bar:
    """One drawn bar: a day, or a month of a longer period."""

    label: str
    active_ms: int
    items: int


def _bars(work: OwnWork) -> list[tuple[str, int, str]]:
    """Return rows for the chart: days with work in a short period, months in a long one, newest first."""
    sums: dict[tuple[int, ...], Bar] = {}
    short = len(work.days) <= MOST_BARS
    for day in work.days:
        if not day.items:
            continue
        key, label = _place(day.day, short)
        before = sums.get(key, Bar(label, 0, 0))
        sums[key] = Bar(label, before.active_ms + day.active_ms, before.items + day.items)
    return [
        (bar.label, bar.active_ms, f"{in_hours(bar.active_ms)} · {bar.items}")
        for _key, bar in sorted(sums.items(), reverse=True)
    ]


def _place(day: date, short: bool) -> tuple[tuple[int, ...], str]:
    if short:
        return (day.year, day.month, day.day), date_format(day, "j M")
    return (day.year, day.month), date_format(day, "F Y")


def _without_dates(request: HttpRequest) -> HttpRequest:
    plain = HttpRequest()
    plain.META = request.META
    return plain
