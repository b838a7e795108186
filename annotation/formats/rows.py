"""The values that readers yield: a row, or what is wrong with one; and the error that ends a whole file."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

DOES_NOT_FIT = "does_not_fit"
"""Code of a row that is well-formed and not what the project's label schema asks for."""

Fits = Callable[[Mapping[str, Any]], str]
"""Says of a row's fields why the project cannot use them: a sentence that quotes nothing, or nothing."""


class Format(StrEnum):
    """The two file formats of part 1."""

    JSONL = "jsonl"
    CSV = "csv"


class Position(NamedTuple):
    """Where reading goes on: `offset` bytes into the file as it was uploaded, after `line` lines."""

    offset: int
    line: int


class Row(NamedTuple):
    """One good row.

    `line` counts from 1. `payload` is one JSON object in UTF-8 without line breaks: from JSONL the very
    bytes of the file, so that numbers, escapes and key order survive. `end` is where the next row begins.
    """

    line: int
    external_id: str | None
    payload: bytes
    end: Position


class RowError(NamedTuple):
    """One refused row. The message names places and lengths, and quotes nothing of the row."""

    line: int
    code: str
    message: str
    end: Position


def anything_fits(fields: Mapping[str, Any]) -> str:
    """Take every row: for a project that has no label schema yet."""
    return ""


class FileRefused(Exception):
    """Nothing more can be read from this file. `line` is where, 0 for the file as a whole."""

    def __init__(self, code: str, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.code, self.line = code, line
