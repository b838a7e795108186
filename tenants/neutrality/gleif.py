"""Reads GLEIF golden copies: level 1 (who is who), level 2 (who consolidates whom), reporting exceptions.

Source: gleif.org, LEI-CDF 3.1, RR-CDF 2.1 and Reporting Exceptions 2.1, in their CSV form. Rows stream: a file
of millions is read one row at a time. A parent that is not published is a finding of its own.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from uuid import UUID

from tenants.neutrality.facts import Assurance, Interest, InterestType, Party, PartyKind, Statement
from tenants.neutrality.intake import (
    ImportRefused,
    Read,
    RowError,
    RowRefused,
    Sender,
    day_of,
    row_or_error,
    stable_id,
    text_of,
)

MOST_ROWS = 20_000_000
MOST_CELL = 10_000
PERIODS = range(1, 6)

LEI = "LEI"
LEGAL_NAME = "Entity.LegalName"
STATUS = "Entity.EntityStatus"
CATEGORY = "Entity.EntityCategory"
START = "Relationship.StartNode.NodeID"
END = "Relationship.EndNode.NodeID"
KIND = "Relationship.RelationshipType"
RELATION_STATUS = "Relationship.RelationshipStatus"
UPDATED = "Registration.LastUpdateDate"
EXCEPTION = "Exception.Category"
REASON = "Exception.Reason.1"

CONSOLIDATED = frozenset({"IS_DIRECTLY_CONSOLIDATED_BY", "IS_ULTIMATELY_CONSOLIDATED_BY"})
FUND_OF = frozenset({"IS_FUND-MANAGED_BY", "IS_SUBFUND_OF", "IS_FEEDER_TO"})
BRANCH = "IS_INTERNATIONAL_BRANCH_OF"

OPEN_REASONS = frozenset(
    {
        "NON_PUBLIC",
        "NO_LEI",
        "LEGAL_OBSTACLES",
        "CONSENT_NOT_OBTAINED",
        "BINDING_LEGAL_COMMITMENTS",
        "DETRIMENT_NOT_EXCLUDED",
        "DISCLOSURE_DETRIMENTAL",
    }
)
"""There is a parent, and it is not named."""

CLOSED_REASONS = frozenset({"NO_KNOWN_PERSON", "NATURAL_PERSONS", "NON_CONSOLIDATING"})
"""There is no parent that consolidates; this says nothing of holdings below that."""

_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}", re.ASCII)


def party_id(lei: str) -> UUID:
    """Return the id that the holder of an LEI has with us."""
    return stable_id("lei", lei)


def check_lei(value: object, field: str) -> str:
    """Return an LEI whose check digits are right (ISO 17442-1, by ISO 7064 MOD 97-10). Raises `RowRefused`."""
    text = value.strip() if isinstance(value, str) else ""
    if not _LEI.fullmatch(text):
        raise RowRefused(field, "an LEI has 18 capital letters or digits and two check digits")
    if int("".join(str(int(letter, 36)) for letter in text)) % 97 != 1:
        raise RowRefused(field, "the check digits of this LEI are wrong")
    return text


def read_level_1(lines: Iterable[str]) -> Iterator[Read | RowError]:
    """Yield a party for each row of a level-1 file. Raises `ImportRefused` for a file of another form."""

    def read(number: int, row: Mapping[str, str]) -> Read:
        lei = check_lei(row[LEI], LEI)
        name = text_of(row[LEGAL_NAME], LEGAL_NAME)
        fund = row.get(CATEGORY, "") == "FUND"
        return Read(
            number, party=Party(party_id(lei), name, PartyKind.ENTITY, lei, (("LEI", lei),), fund=fund)
        )

    return _read(lines, {LEI, LEGAL_NAME}, read)


def read_level_2(lines: Iterable[str], sender: Sender) -> Iterator[Read | RowError]:
    """Yield a statement for each relationship: who consolidates controls, a branch is its firm's own.

    A fund's manager does not own the fund; what it has there is not classified. Raises `ImportRefused`.
    """

    def read(number: int, row: Mapping[str, str]) -> Read | None:
        child, parent = check_lei(row[START], START), check_lei(row[END], END)
        kind = text_of(row[KIND], KIND)
        if kind in CONSOLIDATED or kind == BRANCH:
            meaning = InterestType.COMPANY_RULES
        elif kind in FUND_OF:
            meaning = InterestType.OTHER_INFLUENCE
        else:
            raise RowRefused(KIND, "not a relationship of RR-CDF 2.1")
        start, end = _period(row)
        stated_on = day_of(row.get(UPDATED), UPDATED) or sender.recorded_at.date()
        if row.get(RELATION_STATUS, "") == "INACTIVE" and end is None:
            end = stated_on
        fact = Interest(
            party_id(child), party_id(parent), meaning, start=start, end=end, direct="ULTIMATE" not in kind
        )
        return Read(number, statements=(_statement(f"{child}|{kind}|{parent}", fact, stated_on, sender),))

    return _read(lines, {START, END, KIND}, read)


def read_exceptions(lines: Iterable[str], sender: Sender, *, dated: date) -> Iterator[Read | RowError]:
    """Yield an undisclosed interest for each parent that exists and is not named. `dated` is the file's own date.

    The file has no date by row. Raises `ImportRefused`.
    """

    def read(number: int, row: Mapping[str, str]) -> Read | None:
        lei = check_lei(row[LEI], LEI)
        category, reason = text_of(row[EXCEPTION], EXCEPTION), text_of(row[REASON], REASON)
        if reason in CLOSED_REASONS:
            return None
        if reason not in OPEN_REASONS:
            raise RowRefused(REASON, "not a reason of Reporting Exceptions 2.1")
        hidden = InterestType.UNKNOWN if reason == "NO_LEI" else InterestType.UNPUBLISHED
        fact = Interest(party_id(lei), None, hidden, direct="ULTIMATE" not in category)
        return Read(number, statements=(_statement(f"{lei}|{category}", fact, dated, sender),))

    return _read(lines, {LEI, EXCEPTION, REASON}, read)


def _read(
    lines: Iterable[str],
    needed: set[str],
    read: Callable[[int, Mapping[str, str]], Read | None],
) -> Iterator[Read | RowError]:
    rows = csv.reader(lines, strict=True)
    try:
        header = next(rows, [])
    except csv.Error:
        raise ImportRefused("the header cannot be read") from None
    if header:
        header[0] = header[0].removeprefix("\ufeff")
    missing = sorted(needed - set(header))
    if missing:
        raise ImportRefused(f"this is another file: it has no column {missing[0]}")
    for number in range(1, MOST_ROWS + 2):
        try:
            cells = next(rows, None)
        except csv.Error:
            yield RowError(number, "", "the quotes of this row do not fit; nothing after it is read")
            return
        if cells is None:
            return
        if number > MOST_ROWS:
            raise ImportRefused(f"a file has at most {MOST_ROWS:,} rows")
        if not any(cells):
            continue
        if len(cells) != len(header):
            yield RowError(number, "", f"the row has {len(cells)} cells, the header has {len(header)}")
            continue
        if max(map(len, cells)) > MOST_CELL:
            yield RowError(number, "", f"a cell has at most {MOST_CELL:,} characters")
            continue
        row = dict(zip(header, cells, strict=True))
        answer = row_or_error(number, partial(read, number, row))
        if answer is not None:
            yield answer


def _period(row: Mapping[str, str]) -> tuple[date | None, date | None]:
    """Return the period of the relationship itself; accounting and filing periods say nothing of it."""
    for number in PERIODS:
        name = f"Relationship.Period.{number}"
        if row.get(f"{name}.periodType", "") == "RELATIONSHIP_PERIOD":
            return (
                day_of(row.get(f"{name}.startDate"), f"{name}.startDate"),
                day_of(row.get(f"{name}.endDate"), f"{name}.endDate"),
            )
    return None, None


def _statement(record: str, fact: Interest, stated_on: date, sender: Sender) -> Statement:
    return Statement(
        id=stable_id("gleif-statement", record, stated_on.isoformat()),
        record=stable_id("gleif-record", record),
        fact=fact,
        date=stated_on,
        recorded_at=sender.recorded_at,
        source=sender.source,
        evidence=sender.evidence,
        signer=sender.signer,
        assurance=Assurance.REGISTRY,
    )
