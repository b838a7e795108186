"""A labeler's own work: what counts, in which period, and the statement that they can hold."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from annotation.models import Submission
from annotation.services.count_work import (
    DaysWork,
    OwnWork,
    Period,
    ProjectWork,
    WorkCount,
    count_work,
)
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.services.work_statement import as_csv, as_pdf, in_hours
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, Work, new_work
from tests.annotation.visiting import Visitor
from tests.world import Someone, Workspace


def give(someone: Someone, work: Work, count: int = 1) -> list[UUID]:
    """Let somebody answer new items; return the answers."""
    work.add(*(f"text {n}" for n in range(count)))
    taken = take_tasks(someone.context, project_id=work.project_id, count=count)
    return [
        submit_task(someone.context, task_id=task.task_id, answer=GLAD).submission_id for task in taken.tasks
    ]


def date_back(workspace: Workspace, answer: UUID, **change: object) -> None:
    """Set fields of an answer, as time would."""
    with acting(workspace.context()):
        Submission.objects.filter(id=answer).update(**change)


def test_only_ones_own_answers_of_the_period_count_by_project_and_day(acme: Workspace) -> None:
    one, two = new_work(acme), new_work(acme)
    someone, colleague = one.labeler(), one.labeler(1)
    two.assign(someone)
    answers = give(someone, one, 4)
    give(colleague, one)
    (other,) = give(someone, two)
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    date_back(acme, answers[0], submitted_at=noon, active_ms=1000)
    date_back(acme, answers[1], submitted_at=midnight, active_ms=500)
    date_back(acme, answers[2], submitted_at=midnight - timedelta(microseconds=1), active_ms=9)
    date_back(acme, answers[3], submitted_at=noon, active_ms=7, withdrawn_at=noon)
    date_back(acme, other, submitted_at=noon, active_ms=70, withdrawn_at=noon, returned_at=noon)
    context = someone.context
    with acting(context):
        work = count_work(context, Period(date(2026, 3, 1), date(2026, 3, 2)))
    counts = {project.project_id: project.counts for project in work.projects}
    assert counts == {
        one.project_id: WorkCount(items=2, accepted=2, returned=0, disputed=0, active_ms=1500),
        two.project_id: WorkCount(items=1, accepted=0, returned=1, disputed=0, active_ms=70),
    }
    assert work.total == WorkCount(3, 2, 1, 0, 1570)
    assert work.days == (DaysWork(date(2026, 3, 1), 1, 500), DaysWork(date(2026, 3, 2), 2, 1070))


@pytest.mark.parametrize(
    ("first", "last"), [("2026-01-02", "2026-01-01"), ("2025-01-01", "2026-01-02"), ("01/02/2026", "")]
)
def test_a_period_that_is_none_is_refused_and_the_page_still_opens(
    acme: Workspace, first: str, last: str
) -> None:
    visitor = Visitor(new_work(acme).labeler())
    assert visitor.api("GET", f"work?from={first}&to={last}").status_code == 400
    page = visitor.page(f"work?from={first}&to={last}")
    assert page.status_code == 400
    assert "My work" in page.content.decode()
    assert visitor.api("GET", "work/statement.xlsx").status_code == 404


def test_the_period_has_at_most_a_year() -> None:
    Period(date(2026, 1, 1), date(2026, 12, 31))
    with pytest.raises(Invalid):
        Period(date(2026, 1, 1), date(2027, 1, 2))


def made_work(code: str = "") -> OwnWork:
    counts = WorkCount(items=3, accepted=2, returned=1, disputed=1, active_ms=3_723_999)
    project = ProjectWork(UUID("01900000-0000-7000-8000-0000deadbeef"), counts)
    return OwnWork(Period(date(2026, 3, 1), date(2026, 3, 31)), (project,), ())


def test_the_csv_has_a_line_for_each_project_and_the_sum() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(made_work(), "member-1").decode())))
    assert rows[1] == [
        "member-1", "2026-03-01", "2026-03-31", "P-DEADBEEF", "3", "2", "1", "1", "3723", "1:02:03",
    ]  # fmt: skip
    assert rows[2][3:] == ["Total", "3", "2", "1", "1", "3723", "1:02:03"]
    assert in_hours(0) == "0:00:00"


def test_a_cell_that_a_spreadsheet_would_compute_is_disarmed() -> None:
    for begin in ("=", "+", "-", "@"):
        rows = list(csv.reader(io.StringIO(as_csv(made_work(), f"{begin}1+1").decode())))
        assert rows[1][0] == f"'{begin}1+1"


def test_the_pdf_is_the_same_for_the_same_work_and_fetches_nothing() -> None:
    first = as_pdf(made_work(), "member-1")
    assert first == as_pdf(made_work(), "member-1")
    assert first.startswith(b"%PDF-")
    assert first.rstrip().endswith(b"%%EOF")
    for unwanted in (b"/URI", b"/JavaScript", b"/FontFile", b"/Launch"):
        assert unwanted not in first
    assert first != as_pdf(made_work(), "member-2")


@pytest.mark.parametrize(("form", "kind"), [("csv", "text/csv"), ("pdf", "application/pdf")])
def test_a_statement_is_a_download_that_is_in_the_log(
    acme: Workspace, logged: Logged, form: str, kind: str
) -> None:
    work = new_work(acme)
    visitor = Visitor(work.labeler())
    give(visitor.someone, work)
    for ask in (lambda path: visitor.api("GET", path), visitor.page):
        answer = ask(f"work/statement.{form}")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith(kind)
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Security-Policy"].endswith("sandbox")
        assert answer["Audit-Receipt"].split(";")[0] == logged(acme, "work_statement.delivered")[-1]
    body = visitor.page("work/statement.csv").content
    assert str(visitor.someone.member_id).encode() in body
    assert b"Sealed project name" not in body


def test_the_page_shows_counts_receipts_and_bars_and_says_so_when_there_are_none(acme: Workspace) -> None:
    work = new_work(acme)
    visitor = Visitor(work.labeler())
    assert "No answers in this period" in visitor.page("work").content.decode()
    (answer,) = give(visitor.someone, work)
    page = visitor.page("work").content.decode()
    assert f"work/receipts/{answer}" in page
    assert 'class="bars"' in page
    today = timezone.now().astimezone(UTC).date()
    before = (today - timedelta(days=9)).isoformat()
    assert "No answers" in visitor.page(f"work?from={before}&to={before}").content.decode()
