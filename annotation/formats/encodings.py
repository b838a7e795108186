"""Tells from a file's first bytes how its text is encoded, or that it is no text at all."""

import codecs
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from annotation.formats.rows import FileRefused

_UTF8_BOM, _LITTLE_BOM, _BIG_BOM = codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
_UTF32_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_SNIFFED_BYTES = 4096
_CUT_OFF = b"\xff"

# First bytes of files that people hand over by mistake, and what to do instead. Unpacking here would
# turn a few kilobytes into any amount of work; the file's owner can do it and see the size.
_NOT_TEXT = (
    (b"\x1f\x8b", "gzip_file", "This is a gzip file. Unpack it first (gunzip), then import the file inside."),
    (b"PK\x03\x04", "zip_file", "This is a ZIP or Excel file. Unpack it, or save the sheet as CSV in UTF-8."),
    (b"BZh", "bzip2_file", "This is a bzip2 file. Unpack it first (bunzip2)."),
    (b"\xfd7zXZ\x00", "xz_file", "This is an xz file. Unpack it first (unxz)."),
    (b"\x28\xb5\x2f\xfd", "zstd_file", "This is a Zstandard file. Unpack it first (unzstd)."),
    (b"PAR1", "parquet_file", "This is a Parquet file. Convert it to JSONL first."),
    (b"\xd0\xcf\x11\xe0", "excel_file", "This is an old Excel file. Save the sheet as CSV in UTF-8."),
    (b"%PDF-", "pdf_file", "This is a PDF. Import takes JSONL or CSV."),
    (b"SQLite format 3\x00", "sqlite_file", "This is an SQLite database. Export its table as CSV in UTF-8."),
)


class Encoding(StrEnum):
    """Encodings that are read; anything else is refused with the place of the first bad byte."""

    UTF8 = "utf-8"
    UTF16_LITTLE = "utf-16-le"
    UTF16_BIG = "utf-16-be"


def detect(head: bytes) -> tuple[Encoding, int]:
    """Return the encoding and the length of the byte order mark in front.

    Raises:
        FileRefused: the file is empty, compressed, of another format, or in UTF-32 or unmarked UTF-16.
    """
    if not head:
        raise FileRefused("empty_file", "The file is empty.")
    for magic, code, message in _NOT_TEXT:
        if head.startswith(magic):
            raise FileRefused(code, message)
    if head.startswith(_UTF32_BOMS):
        raise FileRefused("utf32_file", "This file is in UTF-32. Save it as UTF-8.")
    if head.startswith(_UTF8_BOM):
        return Encoding.UTF8, len(_UTF8_BOM)
    if head.startswith(_LITTLE_BOM):
        return Encoding.UTF16_LITTLE, len(_LITTLE_BOM)
    if head.startswith(_BIG_BOM):
        return Encoding.UTF16_BIG, len(_BIG_BOM)
    sample = head[:_SNIFFED_BYTES]
    if sample.count(0) * 4 > len(sample):
        raise FileRefused(
            "utf16_without_mark",
            "This looks like UTF-16 without a byte order mark, or like a binary file. Save it as UTF-8.",
        )
    return Encoding.UTF8, 0


def to_utf8(chunks: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
    """Yield the text of `chunks` in UTF-8; broken code units become bytes that fail in their row."""
    if encoding is Encoding.UTF8:
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="surrogatepass")
    for chunk in chunks:
        yield decoder.decode(chunk).encode(errors="surrogatepass")
    # An odd byte or half a pair at the end is a file that was cut off; 0xFF fails in its row.
    if decoder.getstate()[0]:
        yield _CUT_OFF


def measure(encoding: Encoding) -> Callable[[bytes], int]:
    """Return the function that tells how many bytes of the uploaded file a piece of its UTF-8 stands for."""
    if encoding is Encoding.UTF8:
        return len

    def bytes_of(piece: bytes) -> int:
        # The mark of a file that was cut off stands for its last bytes; nothing comes after them.
        piece = piece.rstrip(_CUT_OFF)
        return len(piece.decode(errors="surrogatepass").encode(encoding, errors="surrogatepass"))

    return bytes_of
