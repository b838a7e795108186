"""Reads CSV: a header, then records of as many cells; quotes per RFC 4180, delimiter found by looking."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from annotation.formats.identity import BadExternalId, external_id_of
from annotation.formats.limits import COLUMNS, HEADER_BYTES, MIB, ROW_BYTES
from annotation.formats.lines import QUOTE, Line
from annotation.formats.rows import (
    DOES_NOT_FIT,
    FileRefused,
    Fits,
    Position,
    Row,
    RowError,
    anything_fits,
)

DELIMITERS = (",", ";", "\t")
_SAMPLED_LINES = 50
_EXCEL_HINT = "sep="

# The module's own limit is process-wide and smaller than ours; rows are bounded here.
csv.field_size_limit(ROW_BYTES + 1)


class Header(NamedTuple):
    """What the head of a CSV file says: `position` is where the first record begins."""

    delimiter: str
    columns: tuple[str, ...]
    position: Position


def read_header(lines: Iterable[Line]) -> Header:
    """Return the header, with the delimiter under which the first lines agree best.

    Raises:
        FileRefused: no header, not UTF-8, a name twice or missing, or too many or too long.
    """
    sample: list[Line] = []
    for line in lines:
        sample.append(line)
        if len(sample) == _SAMPLED_LINES:
            break
    hinted = ""
    first = sample[0].raw if sample else None
    if first is not None and first.lower().startswith(_EXCEL_HINT.encode()):
        hinted = first.decode(errors="replace").strip()[len(_EXCEL_HINT) :][:1]
        sample = sample[1:]
    while sample and sample[0].raw is not None and not sample[0].raw.strip():
        sample = sample[1:]
    if not sample:
        raise FileRefused("empty_file", "The file has no header and no rows.")
    texts = _texts(sample)
    delimiter = hinted or max(DELIMITERS, key=lambda mark: _agreement(texts, mark))
    reader = csv.reader(iter(texts), delimiter=delimiter, strict=True)
    try:
        names = tuple(name.strip() for name in next(reader))
    except csv.Error as error:
        raise FileRefused(
            "bad_header", f"The header cannot be read: {error}.", line=sample[0].number
        ) from error
    _check_names(names, sample[0].number)
    return Header(delimiter, names, sample[reader.line_num - 1].end)


def _texts(sample: list[Line]) -> list[str]:
    texts: list[str] = []
    taken = 0
    for line in sample:
        taken += ROW_BYTES if line.raw is None else len(line.raw)
        if taken > HEADER_BYTES and texts:
            break
        if line.raw is None or len(line.raw) > HEADER_BYTES:
            raise FileRefused(
                "bad_header", f"The header is longer than {HEADER_BYTES // 1024} KiB.", line=line.number
            )
        try:
            texts.append(line.raw.decode() + "\n")
        except UnicodeDecodeError as error:
            if texts:
                break
            message = f"Byte {error.start + 1} of the header is not valid UTF-8. Save the file as UTF-8."
            raise FileRefused("not_utf8", message, line=line.number) from error
    return texts


def _agreement(texts: list[str], delimiter: str) -> tuple[int, int]:
    """Return (records with as many cells as the header, cells of the header); more is better."""
    try:
        records = list(csv.reader(iter(texts), delimiter=delimiter))
    except csv.Error:
        return (0, 0)
    width = len(records[0]) if records else 0
    return (sum(len(record) == width for record in records), width) if width > 1 else (0, width)


def _check_names(names: tuple[str, ...], line: int) -> None:
    if len(names) > COLUMNS:
        raise FileRefused("bad_header", f"The header has more than {COLUMNS} columns.", line=line)
    for place, name in enumerate(names, start=1):
        if not name:
            raise FileRefused("bad_header", f"Column {place} has no name.", line=line)
    if len(set(names)) != len(names):
        place = next(i for i, name in enumerate(names, start=1) if name in names[: i - 1])
        raise FileRefused("duplicate_column", f"Column {place} has the name of an earlier one.", line=line)


class _TooLong(Exception):
    """The record under way has more bytes than a row may have."""


class _Feed:
    """Hands lines to `csv.reader`, and remembers what it needs to explain a refused record."""

    def __init__(self, lines: Iterable[Line], newline: str) -> None:
        self._lines = iter(lines)
        self._newline = newline
        self.first = 0
        self.end = Position(0, 0)
        self.bad_byte: tuple[int, int] | None = None
        self._taken = self._quotes = 0

    def begin(self) -> None:
        """Forget the record before."""
        self.first, self.bad_byte = 0, None
        self._taken = self._quotes = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, raw, self.end, ended, quotes = next(self._lines)
        self.first = self.first or number
        if raw is None:
            self._quotes += quotes
            raise _TooLong
        self._taken += len(raw) + 1
        self._quotes += raw.count(QUOTE)
        if self._taken > ROW_BYTES + 1:
            raise _TooLong
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            # Reading goes on to the record's end, so that its other lines are not taken for records.
            self.bad_byte = self.bad_byte or (number, error.start + 1)
            text = raw.decode(errors="replace")
        return text + self._newline if ended else text

    def skip_record(self) -> None:
        """Drop lines until the record's quotes are paired. Raises `FileRefused` when they never are."""
        while self._quotes % 2:
            line = next(self._lines, None)
            if line is None:
                raise _never_closed(self.first)
            self.end = line.end
            self._quotes += line.quotes if line.raw is None else line.raw.count(QUOTE)


def read_csv(
    lines: Iterable[Line], header: Header, *, newline: str = "\n", fits: Fits = anything_fits
) -> Iterator[Row | RowError]:
    """Yield a row, or what is wrong with it, for each record that is not blank.

    `lines` begin after the header.
    Cells are kept exactly, also ones that a spreadsheet would take for formulas.

    Raises:
        FileRefused: a quote is never closed, so that no later record can be told apart.
    """
    feed = _Feed(lines, newline)
    reader = csv.reader(feed, delimiter=header.delimiter, strict=True)
    names, width = header.columns, len(header.columns)
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    while True:
        feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooLong:
            feed.skip_record()
            yield _refuse(feed, "row_too_long", f"The row is longer than {ROW_BYTES // MIB} MiB.")
            continue
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise _never_closed(feed.first) from error
            yield _refuse(feed, "bad_quotes", f"The quotes of this row do not fit: {error}.")
            continue
        if feed.bad_byte is not None:
            line, byte = feed.bad_byte
            yield _refuse(
                feed, "not_utf8", f"Byte {byte} of line {line} is not valid UTF-8. Save the file as UTF-8."
            )
        elif not any(cells):
            continue
        elif len(cells) != width:
            yield _refuse(feed, "column_count", f"The row has {len(cells)} cells, the header has {width}.")
        else:
            item = dict(zip(names, cells, strict=True))
            unfit = fits(item)
            yield _refuse(feed, DOES_NOT_FIT, unfit) if unfit else _row(feed, item, encode)


def _row(feed: _Feed, item: dict[str, str], encode: Callable[[Any], str]) -> Row | RowError:
    try:
        identity = external_id_of(item.get("id"))
    except BadExternalId as error:
        return _refuse(feed, "bad_id", str(error))
    return Row(feed.first, identity, encode(item).encode(), feed.end)


def _refuse(feed: _Feed, code: str, message: str) -> RowError:
    if feed.end.line > feed.first:
        message += f" It spans the lines {feed.first} to {feed.end.line}."
    return RowError(feed.first, code, message, feed.end)


def _never_closed(line: int) -> FileRefused:
    message = f"A quote opened in the row at line {line} is never closed; nothing after it can be read."
    return FileRefused("quote_not_closed", message, line=line)
