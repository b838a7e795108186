"""Opens a file for import: looks at its first bytes, then yields its rows from any position on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from annotation.formats.comma import Header, read_csv, read_header
from annotation.formats.encodings import Encoding, detect, measure, to_utf8
from annotation.formats.jsonl import check_jsonl_head, read_jsonl
from annotation.formats.lines import newline_of, split_lines
from annotation.formats.rows import Fits, Format, Position, Row, RowError, anything_fits

HEAD_BYTES = 1024 * 1024
"""How much of a file `inspect` wants to see, or the whole of a smaller one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one file; worked out anew from its head each time, so it is stored nowhere."""

    format: Format
    encoding: Encoding
    newline: bytes
    header: Header | None
    start: Position


def format_named(name: str) -> Format | None:
    """Return the format that a file name or content type speaks of, None when it says nothing."""
    lowered = name.lower().split(";")[0].strip()
    if lowered.endswith((".jsonl", ".ndjson", "/x-ndjson", "/jsonl", "/x-jsonlines", "/jsonlines")):
        return Format.JSONL
    if lowered.endswith((".csv", ".tsv", ".tab", "/csv", "/tab-separated-values")):
        return Format.CSV
    return None


def inspect(head: bytes, file_format: Format | None = None) -> Layout:
    """Return how to read the file that begins with `head`; without a format, an opening brace means JSONL.

    Raises:
        FileRefused: not text, an unreadable header, or one JSON document.
    """
    encoding, mark = detect(head)
    text = b"".join(to_utf8([_whole_units(head[mark:], encoding)], encoding))
    newline = newline_of(text)
    if file_format is None:
        file_format = Format.JSONL if text.lstrip()[:1] in {b"{", b"["} else Format.CSV
    start = Position(mark, 0)
    if file_format is Format.JSONL:
        check_jsonl_head(text)
        return Layout(file_format, encoding, newline, None, start)
    lines = split_lines([text], start, newline=newline, measure=measure(encoding))
    header = read_header(lines)
    return Layout(file_format, encoding, newline, header, header.position)


def read(
    layout: Layout,
    chunks: Iterable[bytes],
    position: Position | None = None,
    fits: Fits = anything_fits,
) -> Iterator[Row | RowError]:
    """Yield rows and refused rows. `chunks` are the file's bytes from `position` (default: the first row) on.

    A row that `fits` objects to is refused like a malformed one.

    Holds a few rows and chunks, whatever the file's size.

    Raises:
        FileRefused: nothing after this point can be told apart.
    """
    lines = split_lines(
        to_utf8(chunks, layout.encoding),
        position or layout.start,
        newline=layout.newline,
        measure=measure(layout.encoding),
    )
    if layout.header is None:
        return read_jsonl(lines, fits)
    return read_csv(lines, layout.header, newline=layout.newline.decode(), fits=fits)


def _whole_units(head: bytes, encoding: Encoding) -> bytes:
    """Return `head` without a code unit that its end cuts in two."""
    if encoding is Encoding.UTF8:
        return head
    head = head[: len(head) // 2 * 2]
    # A pair of surrogates must not be cut either: its first half is 0xD800 to 0xDBFF.
    high = head[-1 if encoding is Encoding.UTF16_LITTLE else -2 :][:1]
    return head[:-2] if high and 0xD8 <= high[0] <= 0xDB else head
