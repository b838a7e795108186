"""What imports of ownership data share: rows that are read, rows that are refused, and ids that stay the same. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from uuid import UUID, uuid5

from tenants.neutrality.facts import SHARE_DECIMALS, FactRefused, Party, Statement, check_percentage

NAMESPACE = UUID("6f1c7a0e-1f5e-5b0a-9a55-6f0d5b8c3e11")
"""Ids of imported parties and records are UUIDv5 below it, so that the same row read again is the same fact."""

MOST_TEXT = 500
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_QUANTUM = Decimal(1).scaleb(-SHARE_DECIMALS)


class ImportRefused(Exception):
    """Nothing of this file can be taken: wrong format, wrong version or too large."""


class RowRefused(Exception):
    """One row cannot be taken. `field` is the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class RowError:
    """A refused row: `row` counts from 1, the message quotes nothing of the row beyond a field's name."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Read:
    """One row that was read: a party, or statements about parties."""

    row: int
    party: Party | None = None
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """On whose word an import rests."""

    source: str
    recorded_at: datetime
    evidence: bytes
    """SHA-256 of the file."""
    signer: str = ""


def stable_id(kind: str, *parts: str) -> UUID:
    """Return the id of what these parts name."""
    return uuid5(NAMESPACE, "\x1f".join((kind, *parts)))


def text_of(value: object, field: str) -> str:
    """Return a text of 1 to 500 characters. Raises `RowRefused`."""
    if not isinstance(value, str) or not value.strip():
        raise RowRefused(field, "a text is missing")
    if len(value) > MOST_TEXT or any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in value):
        raise RowRefused(
            field, f"a text has at most {MOST_TEXT} characters, none of them a control character"
        )
    return value.strip()


def day_of(value: object, field: str) -> date | None:
    """Return the day of an ISO date or time, in UTC; None where there is none. Raises `RowRefused`."""
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        raise RowRefused(field, "a date is written YYYY-MM-DD")
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise RowRefused(field, "a date is written YYYY-MM-DD") from None
    return moment.date() if moment.tzinfo is None else moment.astimezone(UTC).date()


def percentage_of(value: object, field: str, *, up: bool) -> Decimal | None:
    """Return a percentage, rounded outwards to ten decimals; None where there is none. Raises `RowRefused`."""
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RowRefused(field, "a share is a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise RowRefused(field, "a share is a number") from None
    if not number.is_finite() or not 0 <= number <= 100:
        raise RowRefused(field, "a share is from 0 to 100 %")
    number = number.quantize(_QUANTUM, ROUND_CEILING if up else ROUND_FLOOR).normalize()
    try:
        check_percentage(number, field=field)
    except FactRefused as error:
        raise RowRefused(field, str(error)) from error
    return number


def row_or_error(row: int, read: Callable[[], Read | None]) -> Read | RowError | None:
    """Return what `read` reads, or what is wrong with the row."""
    try:
        return read()
    except RowRefused as error:
        return RowError(row, error.field, str(error))
    except FactRefused as error:
        return RowError(row, error.field, str(error))
