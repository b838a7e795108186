"""Export lines: JSONL loses nothing, CSV runs nothing, and its rule can be reversed."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.formats.writing import (
    CSV_COLUMNS,
    Answer,
    CsvWriter,
    csv_header,
    jsonl_line,
    neutral,
    split_value,
)
from annotation.labels.answer import encode_answer

TASK = "0192aaaa-0000-7000-8000-000000000001"
MEMBER = "0192aaaa-0000-7000-8000-00000000000a"
ANSWERS = [
    Answer(0, b'{"label":"=1+1"}', MEMBER, "2026-11-22T10:00:00+00:00", 900, 700, 2, "r;1"),
    Answer(1, rb'{"label":"\ud800"}', MEMBER, "2026-11-22T10:00:01+00:00", None, 0, 2, "r;2"),
]


def table_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_a_jsonl_line_holds_the_stored_bytes_and_every_answer():
    stored = rb'{"id":"x","n":1.10,"t":"\ud800"}'

    line = jsonl_line(TASK, stored, ANSWERS)

    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert rb'"item":{"id":"x","n":1.10,"t":"\ud800"}' in line
    parsed = json.loads(line)
    assert (parsed["task_id"], parsed["item"]["id"]) == (TASK, "x")
    assert [a["lead_ms"] for a in parsed["answers"]] == [900, None]
    assert parsed["answers"][1]["answer"] == {"label": "\ud800"}
    assert parsed["answers"][0]["receipt"] == "r;1"


def test_an_item_without_answers_is_one_record_with_empty_cells():
    writer = CsvWriter()
    (record,) = table_of(writer.records(TASK, b'{"text":"a"}', []))

    assert dict(zip(CSV_COLUMNS, record, strict=True)) == {
        **dict.fromkeys(CSV_COLUMNS, ""),
        "task_id": TASK,
        "text": "a",
        "item": '{"text":"a"}',
    }


def test_each_answer_is_a_record_of_as_many_cells_as_the_header():
    records = table_of(csv_header() + CsvWriter().records(TASK, b'{"id":"7","text":"a\\nb"}', ANSWERS))

    assert [len(record) for record in records] == [len(CSV_COLUMNS)] * 3
    assert [record[4] for record in records[1:]] == ["0", "1"]


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'already"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    stored = json.dumps({"id": text, "text": text}).encode()

    (guarded,) = table_of(CsvWriter().records(TASK, stored, []))
    (exact,) = table_of(CsvWriter(guard_formulas=False).records(TASK, stored, []))

    assert (guarded[1], guarded[2]) == ("'" + text, "'" + text)
    assert (exact[1], exact[2]) == (text, text)
    assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r") for cell in guarded)


@given(st.text())
def test_removing_one_apostrophe_gives_every_text_back(text):
    guarded = neutral(text)

    assert (guarded[1:] if guarded.startswith("'") else guarded) == text
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text(), st.text(), st.booleans())
def test_any_text_survives_the_way_through_csv(identity, text, guard):
    item = json.dumps({"id": identity, "text": text}).encode()

    (record,) = table_of(CsvWriter(guard_formulas=guard).records(TASK, item, ANSWERS[:1]))

    cells = [cell[1:] if guard and cell.startswith("'") else cell for cell in record]
    assert cells[:4] == [TASK, identity, text, item.decode()]
    assert (cells[4], cells[5], cells[6], cells[9:11]) == ("0", ANSWERS[0].value.decode(), "", ["900", "700"])


NAMES = st.text(st.characters(), min_size=1, max_size=12) | st.sampled_from(
    ["shown", "answer", 'x","shown":["y', ',"shown":[', "}}", "]}", "\ud800"]
)
VALUES = st.recursive(
    NAMES | st.integers() | st.booleans(),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(NAMES, more, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), st.lists(NAMES, max_size=4))
def test_answer_and_order_of_candidates_are_told_apart_without_parsing(answer, shown):
    stored = encode_answer(answer, shown)

    given_answer, given_shown = split_value(stored)
    line = jsonl_line(TASK, b"{}", [Answer(0, stored, MEMBER, "now", 1, 1, 2, "r;1")])
    (record,) = table_of(
        CsvWriter(guard_formulas=False).records(
            TASK, b"{}", [Answer(0, stored, MEMBER, "now", 1, 1, 2, "r;1")]
        )
    )

    (told,) = json.loads(line)["answers"]
    assert told["answer"] == answer == json.loads(given_answer)
    assert told.get("shown", []) == shown == json.loads(given_shown or b"[]")
    assert (told["number"], told["member_id"], told["receipt"]) == (0, MEMBER, "r;1")
    cells = dict(zip(CSV_COLUMNS, record, strict=True))
    assert json.loads(cells["answer"]) == answer
    assert json.loads(cells["shown"] or "[]") == shown


def test_an_answer_of_the_older_form_is_exported_as_it_is():
    assert split_value(b'{"answer":"yes","shown":"no"}') == (b'{"answer":"yes","shown":"no"}', b"")
    (told,) = json.loads(jsonl_line(TASK, b"{}", [Answer(0, b'{"answer":"yes"}', MEMBER, "", 1, 1, 1, "r")]))[
        "answers"
    ]
    assert told["answer"] == {"answer": "yes"}
