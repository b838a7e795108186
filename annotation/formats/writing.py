"""Writes export lines: JSONL that loses nothing, and CSV that a spreadsheet cannot be made to run."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
"""A cell that begins with one of these gets one apostrophe in front.

Cells that begin with an apostrophe get one too, which makes the rule reversible: whoever wants the exact
text back removes one leading apostrophe from each cell that has one. Source: OWASP, "CSV Injection".
"""

CSV_COLUMNS: Final = (
    "task_id", "external_id", "text", "item", "answer_number", "answer", "member_id",
    "submitted_at", "lead_ms", "schema_version", "receipt",
)  # fmt: skip


class Answer(NamedTuple):
    """One submitted answer. `value` is the JSON that was submitted; `receipt` is its log entry's id."""

    number: int
    value: bytes
    member_id: str
    submitted_at: str
    lead_ms: int | None
    schema_version: int
    receipt: str


def csv_header() -> bytes:
    """Return the first line of a CSV export."""
    return (",".join(CSV_COLUMNS) + "\r\n").encode()


def jsonl_line(task_id: str, item: bytes, answers: Sequence[Answer]) -> bytes:
    """Return one line: the item exactly as imported, and its answers in the order of their numbers."""
    told = ",".join([_answer_json(answer) for answer in answers])
    return b'{"task_id":"%b","item":%b,"answers":[%b]}\n' % (task_id.encode(), item, told.encode())


def _answer_json(answer: Answer) -> str:
    lead = "null" if answer.lead_ms is None else answer.lead_ms
    return (
        f'{{"number":{answer.number},"answer":{answer.value.decode()},"member_id":"{answer.member_id}",'
        f'"submitted_at":"{answer.submitted_at}","lead_ms":{lead},'
        f'"schema_version":{answer.schema_version},"receipt":"{answer.receipt}"}}'
    )


class CsvWriter:
    """Writes records: one for each answer, and one with empty answer cells for an item without any."""

    def __init__(self, *, guard_formulas: bool = True) -> None:
        self._buffer = io.StringIO(newline="")
        self._writer = csv.writer(self._buffer)
        self._guard = guard_formulas

    def records(self, task_id: str, item: bytes, answers: Sequence[Answer]) -> bytes:
        """Return the records of one item in UTF-8, lines ending with CR LF."""
        self._buffer.seek(0)
        self._buffer.truncate()
        fields = json.loads(item)
        head = [task_id, _cell(fields.get("id")), _cell(fields.get("text")), item.decode()]
        for answer in answers:
            tail = [
                answer.number, answer.value.decode(), answer.member_id, answer.submitted_at,
                "" if answer.lead_ms is None else answer.lead_ms, answer.schema_version, answer.receipt,
            ]  # fmt: skip
            self._write([*head, *tail])
        if not answers:
            self._write([*head, *[""] * (len(CSV_COLUMNS) - len(head))])
        # JSON may hold half a surrogate pair as an escape; the cell `item` keeps the escape, a text cell
        # cannot hold it and shows a replacement.
        return self._buffer.getvalue().encode(errors="replace")

    def _write(self, cells: list[Any]) -> None:
        self._writer.writerow([neutral(cell) for cell in cells] if self._guard else cells)


def neutral(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers pass."""
    return "'" + cell if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
