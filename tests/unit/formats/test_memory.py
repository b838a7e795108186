"""Readers hold a few rows, whatever the file: measured against files sixteen times as large."""

import tracemalloc
from collections.abc import Iterator

import pytest

from annotation.formats.reading import inspect, read
from annotation.formats.rows import FileRefused, Format, RowError

MIB = 1024 * 1024


def chunks(head: bytes, body: bytes, mib: int) -> Iterator[bytes]:
    yield head
    for _ in range(mib):
        yield body


def peak(file_format: Format, head: bytes, body: bytes, mib: int) -> tuple[int, list[RowError]]:
    """Return the peak of traced memory while reading `mib` MiB, and what was refused."""
    layout = inspect(head, file_format)
    errors = []
    tracemalloc.start()
    try:
        for row in read(layout, chunks(head[layout.start.offset :], body, mib)):
            if isinstance(row, RowError):
                errors.append(row)
    except FileRefused as refused:
        errors.append(RowError(refused.line, refused.code, "", layout.start))
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most, errors


@pytest.mark.parametrize(
    ("file_format", "head", "body", "code"),
    [
        (Format.JSONL, b'{"text":"a"}\n{"text":"', b"x" * MIB, "row_too_long"),
        (Format.JSONL, b"[".replace(b"[", b'{"a":') * 3, b"[" * MIB, "row_too_long"),
        (Format.CSV, b"id,text\n1,a\n2,", b"x" * MIB, "row_too_long"),
        (Format.CSV, b'id,text\n1,a\n2,"', (b"x" * 1023 + b"\n") * 1024, "quote_not_closed"),
        (Format.CSV, b'id,text\n1,a\n2,"', b"x" * MIB, "quote_not_closed"),
    ],
)
def test_a_line_without_end_is_one_error_in_constant_memory(file_format, head, body, code):
    small, _ = peak(file_format, head, body, 4)
    large, errors = peak(file_format, head, body, 64)

    assert [error.code for error in errors] == [code]
    assert large < small * 1.5 + MIB


def test_many_rows_take_no_more_memory_than_few():
    line = b'{"id":null,"text":"' + b"x" * 1000 + b'"}\n'
    body = line * (MIB // len(line))

    small, _ = peak(Format.JSONL, line, body, 2)
    large, errors = peak(Format.JSONL, line, body, 32)

    assert errors == []
    assert large < small * 1.5 + MIB
