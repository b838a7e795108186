"""CSV: quotes, delimiters and headers as people's spreadsheets write them, and what is refused."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.formats.limits import COLUMNS, ROW_BYTES
from annotation.formats.reading import inspect, read
from annotation.formats.rows import FileRefused, Format, Row, RowError


def rows_of(data: bytes, *, cut: int = 1 << 20) -> list[Row | RowError]:
    layout = inspect(data[: 1 << 20], Format.CSV)
    body = data[layout.start.offset :]
    return list(read(layout, [body[at : at + cut] for at in range(0, len(body), cut)]))


def items_of(data: bytes) -> list[dict[str, str]]:
    rows = rows_of(data)
    assert all(isinstance(row, Row) for row in rows), rows
    return [json.loads(row.payload) for row in rows]


def codes_of(data: bytes) -> list[tuple[int, str]]:
    return [(row.line, row.code if isinstance(row, RowError) else "ok") for row in rows_of(data)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_delimiter_line_ends_and_mark_are_found_by_looking(delimiter, ending, mark):
    lines = [delimiter.join(["id", "text", "note"]), delimiter.join(["1", '"a, b; c"', "x"])]

    data = mark + (ending.join(lines) + ending).encode()

    assert items_of(data) == [{"id": "1", "text": "a, b; c", "note": "x"}]


def test_excels_own_hint_is_obeyed():
    assert items_of(b"sep=;\r\nid;text\r\n1;a,b\r\n") == [{"id": "1", "text": "a,b"}]


def test_one_column_is_a_table_too():
    assert items_of(b'text\nhello\n"a, b"\n') == [{"text": "hello"}, {"text": "a, b"}]
    assert codes_of(b"text\nhello, world\n") == [(2, "column_count")]


cells = st.text(
    alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\r"), min_size=0, max_size=20
)


@given(st.lists(st.tuples(cells, cells, cells).filter(any), max_size=8), st.sampled_from([3, 17, 1 << 20]))
def test_whatever_the_csv_module_writes_comes_back_exactly(table, cut):
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([("a", "b", "c"), *table])
    data = out.getvalue().encode()

    assert [tuple(json.loads(row.payload).values()) for row in rows_of(data, cut=cut)] == table


def test_formulas_newlines_nul_and_apostrophes_are_kept_exactly():
    data = b"id,text\n1,=cmd|' /C calc'!A0\n2,\"two\r\nlines\"\n3,a\x00b\n4,'quoted\n"
    texts = ["=cmd|' /C calc'!A0", "two\r\nlines", "a\x00b", "'quoted"]

    assert [item["text"] for item in items_of(data)] == texts


def test_reading_goes_on_from_any_record():
    data = b'id,text\n1,"a\nb"\n2,c\n\n3,"d ""e"""\n'
    layout, rows = inspect(data), rows_of(data)

    for place, row in enumerate(rows, start=1):
        assert list(read(layout, [data[row.end.offset :]], row.end)) == rows[place:]
    assert [row.line for row in rows] == [2, 4, 6]


def test_ragged_and_badly_quoted_rows_are_named_and_others_read():
    data = b'id,text\n1,a\n2\n3,b,c\n4,"x" y\n5,d\n,\n6,e\n'

    assert codes_of(data) == [
        (2, "ok"),
        (3, "column_count"),
        (4, "column_count"),
        (5, "bad_quotes"),
        (6, "ok"),
        (8, "ok"),
    ]


def test_a_bad_byte_refuses_its_whole_record_and_no_more():
    data = b'id,text\n1,"first\nse\xffcond\nthird"\n2,b\n'

    assert codes_of(data) == [(2, "not_utf8"), (5, "ok")]


@pytest.mark.parametrize("tail", [b'3,"open\n4,d\n', b'3,"open', b'3,"open\n' + b"x" * (3 * ROW_BYTES)])
def test_a_quote_that_is_never_closed_ends_the_file_at_its_line(tail):
    layout = inspect(b"id,text\n1,a\n2,b\n")
    reader = read(layout, [b"1,a\n2,b\n" + tail], layout.start)

    assert [next(reader).line, next(reader).line] == [2, 3]
    with pytest.raises(FileRefused) as refused:
        next(reader)
    assert (refused.value.code, refused.value.line) == ("quote_not_closed", 4)


def test_a_record_over_the_limit_is_one_error_and_its_lines_are_not_taken_for_records():
    long_cell = b'"' + b"1,evil\n" * (ROW_BYTES // 7 + 10) + b'"'
    data = b"id,text\n1," + long_cell + b"\n2,fine\n"
    lines = long_cell.count(b"\n")

    assert codes_of(data) == [(2, "row_too_long"), (3 + lines, "ok")]
    assert codes_of(b"id,text\n1," + b"x" * (2 * ROW_BYTES) + b"\n2,fine\n") == [
        (2, "row_too_long"),
        (3, "ok"),
    ]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"id,text,id\n1,a,b\n", "duplicate_column"),
        (b"id,,text\n1,a,b\n", "bad_header"),
        (b'id,"open\n1,a\n', "bad_header"),
        (b"id,\xfftext\n1,a\n", "not_utf8"),
        (b"x" * 70_000 + b",b\n1,a\n", "bad_header"),
        (b",".join(b"c%d" % n for n in range(COLUMNS + 1)) + b"\n", "bad_header"),
    ],
)
def test_a_header_that_cannot_serve_refuses_the_file(head, code):
    with pytest.raises(FileRefused) as refused:
        inspect(head, Format.CSV)

    assert refused.value.code == code


def test_a_header_alone_has_no_rows():
    assert rows_of(b"id,text\n") == []
