"""Cuts a stream of bytes into lines in constant memory, however long a line is."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from annotation.formats.limits import ROW_BYTES
from annotation.formats.rows import Position

QUOTE = b'"'


class Line(NamedTuple):
    """One line of UTF-8.

    Attributes:
        number: counted from 1.
        raw: the bytes without their line break, or None when there were more than the limit.
        end: where the next line begins.
        ended: whether a line break followed; False only for the last line of a file.
        quotes: number of quote characters in a line that was dropped, 0 in others.
    """

    number: int
    raw: bytes | None
    end: Position
    ended: bool
    quotes: int


def newline_of(head: bytes) -> bytes:
    """Return the byte that ends lines: a line feed, or a carriage return in files that have no line feed."""
    return b"\r" if b"\r" in head and b"\n" not in head else b"\n"


def split_lines(
    chunks: Iterable[bytes],
    position: Position,
    *,
    newline: bytes = b"\n",
    measure: Callable[[bytes], int] = len,
    limit: int = ROW_BYTES,
) -> Iterator[Line]:
    """Yield the lines of `chunks`, which begin at `position`. Holds at most one chunk and `limit` bytes.

    `measure` tells how many bytes of the uploaded file a piece stands for, when that is not UTF-8 itself.
    """
    offset, number = position
    pending = b""
    dropped = quotes = 0
    too_long = False
    break_bytes = measure(newline)
    for chunk in chunks:
        *whole, rest = chunk.split(newline)
        for piece in whole:
            number += 1
            if pending or too_long:
                piece = pending + piece
                pending = b""
            offset += dropped + measure(piece) + break_bytes
            if too_long or len(piece) > limit:
                quotes += piece.count(QUOTE)
                yield Line(number, None, Position(offset, number), True, quotes)
                too_long, dropped, quotes = False, 0, 0
            else:
                yield Line(number, piece, Position(offset, number), True, 0)
        pending += rest
        if len(pending) > limit:
            too_long = True
            dropped += measure(pending)
            quotes += pending.count(QUOTE)
            pending = b""
    if pending or too_long:
        number += 1
        end = Position(offset + dropped + measure(pending), number)
        raw = None if too_long or len(pending) > limit else pending
        yield Line(number, raw, end, False, quotes + pending.count(QUOTE) if raw is None else 0)
