"""Writes export lines: JSONL that loses nothing, and CSV that a spreadsheet cannot be made to run."""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
"""A cell that begins with one of these gets one apostrophe in front.

Cells that begin with an apostrophe get one too, which makes the rule reversible: whoever wants the exact
text back removes one leading apostrophe from each cell that has one. Source: OWASP, "CSV Injection".
"""

CSV_COLUMNS: Final = (
    "task_id", "external_id", "text", "item", "answer_number", "answer", "shown",
    "member_id", "submitted_at", "lead_ms", "active_ms", "schema_version", "receipt",
)  # fmt: skip


_NO_ANSWER: Final = "," * (len(CSV_COLUMNS) - 4)

_STORED: Final = b'{"answer":{'
_SHOWN: Final = b',"shown":['


class Answer(NamedTuple):
    """One submitted answer.

    `value` is what `annotation.labels.answer.encode_answer` wrote, or the bare answer of the older form.
    `receipt` is what its person was given: the log entry's id and its leaf hash.
    """

    number: int
    value: bytes
    member_id: str
    submitted_at: str
    lead_ms: int | None
    active_ms: int
    schema_version: int
    receipt: str


def csv_header() -> bytes:
    """Return the first line of a CSV export."""
    return (",".join(CSV_COLUMNS) + "\r\n").encode()


def jsonl_line(task_id: str, item: bytes, answers: Sequence[Answer]) -> bytes:
    """Return one line: the item exactly as imported, and its answers in the order of their numbers."""
    told = ",".join([_answer_json(answer) for answer in answers])
    return b'{"task_id":"%b","item":%b,"answers":[%b]}\n' % (task_id.encode(), item, told.encode())


def split_value(value: bytes) -> tuple[bytes, bytes]:
    """Return the JSON of the answer and that of `shown` (nothing where nothing was compared), unparsed.

    Strings hold no bare quote, so `,"shown":[` is a key wherever it stands; the last one is the outer one
    exactly when the whole ends with a list, not with the answer's own brace.
    """
    if not value.startswith(_STORED):
        return value, b""
    start = len(_STORED) - 1
    if value.endswith(b"}}"):
        return value[start:-1], b""
    end = value.rindex(_SHOWN)
    return value[start:end], value[end + len(_SHOWN) - 1 : -1]


def _answer_json(answer: Answer) -> str:
    lead = "null" if answer.lead_ms is None else answer.lead_ms
    value = answer.value.decode()
    # The stored object's members are the line's: nothing is parsed again.
    told = value[1:-1] if answer.value.startswith(_STORED) else f'"answer":{value}'
    return (
        f'{{"number":{answer.number},{told},"member_id":"{answer.member_id}",'
        f'"submitted_at":"{answer.submitted_at}","lead_ms":{lead},"active_ms":{answer.active_ms},'
        f'"schema_version":{answer.schema_version},"receipt":"{answer.receipt}"}}'
    )


class CsvWriter:
    """Writes records: one for each answer, and one with empty answer cells for an item without any."""

    def __init__(self, *, guard_formulas: bool = True) -> None:
        self._guard = guard_formulas

    def records(self, task_id: str, item: bytes, answers: Sequence[Answer]) -> bytes:
        """Return the records of one item in UTF-8, lines ending with CR LF."""
        fields = json.loads(item)
        head = self._cells([task_id, _text(fields.get("id")), _text(fields.get("text")), item.decode()])
        lines = [f"{head},{self._answer(answer)}\r\n" for answer in answers] or [f"{head}{_NO_ANSWER}\r\n"]
        # JSON may hold half a surrogate pair as an escape; the cell `item` keeps the escape, a text cell
        # cannot hold it and shows a replacement.
        return "".join(lines).encode(errors="replace")

    def _answer(self, answer: Answer) -> str:
        lead = "" if answer.lead_ms is None else answer.lead_ms
        given, shown = split_value(answer.value)
        value = self._cells([given.decode(), shown.decode(), answer.member_id, answer.submitted_at])
        times = f"{lead},{answer.active_ms}"
        return f"{answer.number},{value},{times},{answer.schema_version},{self._cells([answer.receipt])}"

    def _cells(self, cells: list[str]) -> str:
        if self._guard:
            cells = [neutral(cell) for cell in cells]
        return ",".join([quoted(cell) for cell in cells])


def quoted(cell: str) -> str:
    """Return a cell in quotes if it needs them (RFC 4180 section 2). `csv.writer` takes ten times as long."""
    if '"' in cell:
        return '"' + cell.replace('"', '""') + '"'
    if "," in cell or "\n" in cell or "\r" in cell or cell[:1] == " " or cell[-1:] == " ":
        return f'"{cell}"'
    return cell


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(FORMULA_STARTS) else cell


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
