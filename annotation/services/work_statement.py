"""A labeler's period statement as a file, CSV or PDF: what they can hold beside an invoice."""

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from hashlib import sha256

from annotation.formats.writing import neutral
from annotation.services.count_work import OwnWork, Period, WorkCount, count_work
from audit.services.deliver import deliver
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext

COLUMNS = ("project", "answers", "accepted", "returned", "disputed", "active_seconds", "active_time")
NOTE = (
    "Active time is what the browser measured, without idle time, and never longer than the item was held. "
    "Accepted: submitted, and neither returned nor taken back. Times are in UTC. Each answer has a receipt in "
    "the work log, which verifies without the platform that made this statement."
)


class StatementFormat(StrEnum):
    """The two files."""

    CSV = "csv"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class StatementFile:
    """One statement as it leaves."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    receipt: Receipt


def work_statement(context: TenantContext, *, period: Period, form: StatementFormat) -> StatementFile:
    """Return the actor's statement of a period; the delivery is in the log before it leaves.

    The same period with the same work gives the same bytes. It names projects by code and the member
    by id: whoever gets it learns no name. Raises `Invalid` for a period that is none.
    """
    work = count_work(context, period)
    whose = str(context.actor_id)
    content = as_csv(work, whose) if form is StatementFormat.CSV else as_pdf(work, whose)
    receipt = deliver(
        context,
        Verb.WORK_STATEMENT_DELIVERED,
        object_kind="member",
        objects=[(context.actor_id, sha256(content).digest())],
    )
    kind = "text/csv; charset=utf-8" if form is StatementFormat.CSV else "application/pdf"
    return StatementFile(f"work-{period.first}-{period.last}.{form}", kind, content, receipt)


def as_csv(work: OwnWork, member: str) -> bytes:
    """Return the statement as CSV, one project a line; a cell that a spreadsheet would compute is quoted."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write(["member", "from", "to", *COLUMNS])
    ends = [member, str(work.period.first), str(work.period.last)]
    for code, counts in _lines(work):
        write([neutral(str(cell)) for cell in (*ends, code, *_cells(counts))])
    return out.getvalue().encode()


def as_pdf(work: OwnWork, member: str) -> bytes:
    """Return the statement as one PDF, with the fonts that every reader has; no date but the period's."""
    # Here and not above: it brings a picture library, which no other request needs in memory.
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime.combine(work.period.last, time(), UTC))
    pdf.set_title(f"Statement of work {work.period.first} to {work.period.last}")
    pdf.set_producer("Ringfence")
    pdf.set_margin(18)
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 18)
    pdf.cell(text="Statement of work", new_x="LMARGIN", new_y="NEXT", h=12)
    pdf.set_font("Helvetica", size=10)
    for line in (
        f"Period: {work.period.first} to {work.period.last}, whole days in UTC",
        f"Member: {member}",
    ):
        pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT", h=6)
    pdf.ln(6)
    heads = ("Project", "Answers", "Accepted", "Returned", "Disputed", "Active time")
    with pdf.table(
        borders_layout="HORIZONTAL_LINES",
        text_align=("LEFT", *["RIGHT"] * 5),
        line_height=7,
        first_row_as_headings=True,
    ) as table:
        table.row(heads)
        for code, counts in _lines(work):
            cells = _cells(counts)
            table.row((code, *cells[:4], cells[5]))
    pdf.ln(6)
    pdf.set_font("Helvetica", size=8)
    pdf.multi_cell(w=0, text=NOTE, h=4.5)
    return bytes(pdf.output())


def in_hours(milliseconds: int) -> str:
    """Return a time as hours, minutes and seconds: 1:02:03."""
    seconds = milliseconds // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _lines(work: OwnWork) -> list[tuple[str, WorkCount]]:
    return [*((project.code, project.counts) for project in work.projects), ("Total", work.total)]


def _cells(counts: WorkCount) -> tuple[str, ...]:
    return (
        str(counts.items),
        str(counts.accepted),
        str(counts.returned),
        str(counts.disputed),
        str(counts.active_ms // 1000),
        in_hours(counts.active_ms),
    )
