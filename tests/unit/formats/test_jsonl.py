"""JSON Lines: what is kept to the byte, and what each kind of bad row is told."""

import json
import math

import pytest

from annotation.formats.limits import NESTING, ROW_BYTES
from annotation.formats.reading import inspect, read
from annotation.formats.rows import FileRefused, Format, Position, Row, RowError


def rows_of(data: bytes, *, cut: int | None = None) -> list[Row | RowError]:
    layout = inspect(data[: 1 << 20], Format.JSONL)
    body = data[layout.start.offset :]
    step = cut or max(len(body), 1)
    return list(read(layout, [body[at : at + step] for at in range(0, len(body), step)]))


def codes_of(data: bytes) -> list[str]:
    return [row.code if isinstance(row, RowError) else "ok" for row in rows_of(data)]


EXACT = [
    b'{"text":"a"}',
    '{"text":"Grüße, 世界, 🧪"}'.encode(),
    rb'{"text":"half a pair: \ud83e","zero":"\u0000"}',
    b'{"n":1.10,"big":123456789012345678901234567890,"e":1E5,"z":-0}',
    b'{ "spaced" : [ 1 , 2 ] , "text":"=cmd()" }',
    b'{"text":"\xe2\x80\xa8 is no line break"}',
]


@pytest.mark.parametrize("payload", EXACT)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_an_object_is_kept_as_the_bytes_of_the_file(payload, ending):
    (row,) = rows_of(payload + ending)

    assert row == Row(1, None, payload, Position(len(payload + ending), 1))


def test_rows_do_not_depend_on_how_the_stream_is_cut():
    data = b"\xef\xbb\xbf" + b"\r\n".join([*EXACT, b"", b"{bad", *EXACT])
    whole = rows_of(data)

    assert [rows_of(data, cut=cut) for cut in (1, 2, 3, 7, 64)] == [whole] * 5
    assert len(whole) == 2 * len(EXACT) + 1


@pytest.mark.parametrize("cut", [5, 1000])
def test_reading_goes_on_from_any_row(cut):
    data = b"\n".join(b'{"id":"%d","text":"x"}' % n for n in range(50)) + b"\n"
    layout = inspect(data)
    all_rows = rows_of(data)

    for row in all_rows:
        rest = data[row.end.offset :]
        chunks = [rest[at : at + cut] for at in range(0, len(rest), cut)]
        assert list(read(layout, chunks, row.end)) == all_rows[row.line :]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", "not_json"),
        (b'{"text":"a"} trailing', "not_json"),
        (b'{"text":"raw\x00nul"}', "not_json"),
        (b'{"text":"raw\ttab"}', "not_json"),
        (b'{"text":"a"}{"text":"b"}', "not_json"),
        (b"[1]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"null", "not_an_object"),
        (b"{}", "empty_object"),
        (b'{"text":"a","text":"b"}', "duplicate_key"),
        (b'{"deep":{"k":1,"k":2}}', "duplicate_key"),
        (b'{"n":NaN}', "not_a_number"),
        (b'{"n":-Infinity}', "not_a_number"),
        (b'{"n":' + b"9" * 5000 + b"}", "not_json"),
        (b'{"text":"latin \xe9"}', "not_utf8"),
        (b'{"text":"\xed\xa0\x80"}', "not_utf8"),
        (b'{"id":1.5,"text":"a"}', "bad_id"),
        (b'{"id":true}', "bad_id"),
        (b'{"id":["a"]}', "bad_id"),
        (rb'{"id":"\ud800"}', "bad_id"),
        (b'{"id":"' + b"x" * 201 + b'"}', "bad_id"),
        (b'{"a":' + b"[" * NESTING + b"]" * NESTING + b"}", "too_deep"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep"),
    ],
)
def test_one_bad_row_is_named_and_its_neighbours_are_read(line, code):
    assert codes_of(b'{"text":"before"}\n' + line + b'\n{"text":"after"}\n') == ["ok", code, "ok"]


def test_the_deepest_allowed_nesting_and_many_shallow_brackets_pass():
    deep = b'{"a":' + b"[" * (NESTING - 1) + b"]" * (NESTING - 1) + b"}"
    wide = b'{"text":"' + b"[{" * 200 + b'"}'

    assert codes_of(deep + b"\n" + wide) == ["ok", "ok"]


def test_a_bad_byte_is_told_with_its_line_and_place():
    _, error = rows_of(b'{"text":"a"}\n{"text":"\xff"}\n')

    assert (error.line, error.code) == (2, "not_utf8")
    assert "Byte 10 of this line" in error.message


@pytest.mark.parametrize("last", [b'{"text":"cu', b'{"text":"a"', b"{"])
def test_a_file_that_was_cut_off_says_so_in_its_last_row(last):
    assert codes_of(b'{"text":"a"}\n' + last) == ["ok", "cut_off"]


def test_messages_quote_nothing_of_the_row():
    marks = [b"SECRET\xff", b'{"SECRET":1,"SECRET":2}', b"{SECRET}", b'{"id":{"SECRET":1}}', b'"SECRET"']
    errors = rows_of(b"\n".join(marks) + b"\n")

    assert all(isinstance(error, RowError) for error in errors)
    assert not any("SECRET" in error.message for error in errors)


IDENTITIES = [('"7"', "7"), ("7", "7"), ("null", None), ('""', None), ('"é"', "é")]


@pytest.mark.parametrize(("value", "identity"), IDENTITIES)
def test_the_field_id_is_the_external_id(value, identity):
    (row,) = rows_of(f'{{"id":{value},"text":"a"}}'.encode())

    assert row.external_id == identity


def test_one_document_of_json_is_refused_with_the_way_out():
    with pytest.raises(FileRefused, match="jq -c") as refused:
        inspect(b'  [{"text":"a"},\n {"text":"b"}]')

    assert refused.value.code == "json_array"


def test_numbers_outside_of_doubles_stay_as_they_are_written():
    (row,) = rows_of(b'{"n":1e999}')

    assert row.payload == b'{"n":1e999}'
    assert math.isinf(json.loads(row.payload)["n"])


def test_a_row_at_the_limit_passes_and_one_byte_more_is_one_error():
    fits = b'{"t":"' + b"x" * (ROW_BYTES - 8) + b'"}'
    too_long = fits[:-2] + b'x"}'

    assert len(fits) == ROW_BYTES
    assert codes_of(fits + b"\n" + too_long + b"\n" + b'{"t":"a"}\n' + too_long) == [
        "ok",
        "row_too_long",
        "ok",
        "row_too_long",
    ]
