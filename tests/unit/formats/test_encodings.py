"""Encodings that are read, and the first bytes of files that are something else."""

import gzip
import io
import zipfile
import zlib

import pytest

from annotation.formats.reading import format_named, inspect, read
from annotation.formats.rows import FileRefused, Format, RowError

TEXT = '{"id":"1","text":"Grüße 🧪"}\r\n{"id":"2","text":"日本"}\n{bad}\n{"id":"3","text":"x"}'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_each_encoding_gives_the_same_rows_and_can_be_resumed(encoding, cut):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    data = mark + TEXT.encode(encoding)
    layout = inspect(data)
    body = data[layout.start.offset :]

    rows = list(read(layout, [body[at : at + cut] for at in range(0, len(body), cut)]))

    plain = TEXT.encode().replace(b"\r", b"").split(b"\n")
    assert [row.code if isinstance(row, RowError) else row.payload for row in rows] == [
        plain[0], plain[1], "not_json", plain[3],
    ]  # fmt: skip
    assert rows[-1].end.offset == len(data)
    for place, row in enumerate(rows, start=1):
        assert list(read(layout, [data[row.end.offset :]], row.end)) == rows[place:]


def test_utf16_that_was_cut_off_fails_in_its_last_row():
    data = b"\xff\xfe" + '{"text":"a"}\n{"text":"🧪'.encode("utf-16-le")[:-1]
    layout = inspect(data)

    rows = list(read(layout, [data[2:]]))

    assert [getattr(row, "code", "ok") for row in rows] == ["ok", "not_utf8"]


def test_half_a_pair_in_utf16_fails_in_its_row():
    data = (
        b"\xff\xfe"
        + '{"text":"a"}\n{"text":"'.encode("utf-16-le")
        + b"\x00\xd8"
        + '"}\n{"text":"b"}'.encode("utf-16-le")
    )

    rows = list(read(inspect(data), [data[2:]]))

    assert [getattr(row, "code", "ok") for row in rows] == ["ok", "not_utf8", "ok"]


def zip_of(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


def bomb() -> bytes:
    """Return a gzip file of 10 kB that would unpack to 10 MB, twice packed."""
    return gzip.compress(zlib.compress(b"\0" * 10_000_000))


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (gzip.compress(b'{"text":"a"}\n', mtime=0), "gzip_file"),
        (bomb(), "gzip_file"),
        (zip_of("sheet.xlsx"), "zip_file"),
        (b"PAR1\x15\x04", "parquet_file"),
        (b"%PDF-1.7\n", "pdf_file"),
        (b"\x28\xb5\x2f\xfd\x00", "zstd_file"),
        (b"", "empty_file"),
        ('{"text":"a"}\n'.encode("utf-32"), "utf32_file"),
        ('{"text":"a"}\n'.encode("utf-16-le"), "utf16_without_mark"),
        (b"\0" * 5000, "utf16_without_mark"),
    ],
)
@pytest.mark.parametrize("file_format", [None, Format.JSONL, Format.CSV])
def test_what_is_no_text_is_refused_with_what_to_do(head, code, file_format):
    with pytest.raises(FileRefused) as refused:
        inspect(head, file_format)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "file_format"),
    [
        ("a.jsonl", Format.JSONL), ("A.NDJSON", Format.JSONL), ("a.csv", Format.CSV), ("a.tsv", Format.CSV),
        ("text/csv; charset=utf-8", Format.CSV), ("application/x-ndjson", Format.JSONL), ("a.txt", None),
    ],
)  # fmt: skip
def test_names_and_content_types_say_the_format(name, file_format):
    assert format_named(name) is file_format


@pytest.mark.parametrize(("head", "file_format"), [(b' {"a":1}', Format.JSONL), (b"a,b\n1,2\n", Format.CSV)])
def test_without_a_name_the_first_character_says_it(head, file_format):
    assert inspect(head).format is file_format
