"""Reads Beneficial Ownership Data Standard 0.4 JSON: an array of statements on entities, people and relationships.

Source: standard.openownership.org, version 0.4, schema `statement`, `entity-record`, `person-record` and
`relationship-record`. Other versions are refused: 0.3 and before have other fields under the same names.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from tenants.neutrality.facts import (
    Assurance,
    Interest,
    InterestType,
    Party,
    PartyKind,
    Statement,
)
from tenants.neutrality.intake import (
    ImportRefused,
    Read,
    RowError,
    RowRefused,
    Sender,
    day_of,
    percentage_of,
    row_or_error,
    stable_id,
    text_of,
)

VERSION = "0.4"
MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 200_000

STANDARD = frozenset(InterestType) - {
    InterestType.BOARD_OBSERVER,
    InterestType.INFORMATION_RIGHTS,
    InterestType.CONVERTIBLE,
    InterestType.REVENUE_DEPENDENCE,
    InterestType.DEBT,
    InterestType.OPERATES,
}
UNDISCLOSED_REASONS = frozenset(
    {
        "subjectUnableToConfirmOrIdentifyBeneficialOwner",
        "interestedPartyHasNotProvidedInformation",
        "subjectExemptFromDisclosure",
        "interestedPartyExemptFromDisclosure",
        "unknown",
        "informationUnknownToPublisher",
    }
)
NOBODY = "noBeneficialOwners"
ARRANGEMENTS = frozenset({"arrangement"})


def read_bods(content: bytes, sender: Sender) -> Iterator[Read | RowError]:
    """Yield each statement of the file as a party or as statements, or what is wrong with it.

    Relationships may name parties of the same file only, wherever they stand in it. A closed record
    supersedes nothing by itself; its interests end on the day of the statement.

    Raises:
        ImportRefused: not JSON, not an array of BODS 0.4 statements, or too large.
    """
    rows = _rows(content)
    publisher_of = [_publisher(row) for row in rows]
    parties = {
        (publisher_of[position], str(row.get("recordId")))
        for position, row in enumerate(rows)
        if row.get("recordType") in ("entity", "person")
    }
    seen: set[str] = set()
    last: dict[tuple[str, str], tuple[UUID, ...]] = {}
    for number, row in enumerate(rows, start=1):
        publisher = publisher_of[number - 1]

        def read(row: Mapping[str, Any] = row, number: int = number, publisher: str = publisher) -> Read:
            _check_version(row)
            statement_id = text_of(row.get("statementId"), "statementId")
            if statement_id in seen:
                raise RowRefused("statementId", "this statement stands in the file twice")
            seen.add(statement_id)
            kind = row.get("recordType")
            if kind in ("entity", "person"):
                return Read(number, party=_party(row, publisher))
            if kind != "relationship":
                raise RowRefused("recordType", "a record is an entity, a person or a relationship")
            statements = _relationship(row, publisher, parties, last, sender)
            return Read(number, statements=statements)

        answer = row_or_error(number, read)
        if answer is not None:
            yield answer


def party_id(publisher: str, record: str) -> UUID:
    """Return the id that a party of a BODS file has with us."""
    return stable_id("bods", publisher, record)


def _rows(content: bytes) -> list[Mapping[str, Any]]:
    if len(content) > MOST_BYTES:
        raise ImportRefused(f"a file has at most {MOST_BYTES // 1024 // 1024} MiB")
    try:
        rows = json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ImportRefused("not JSON in UTF-8") from None
    if not isinstance(rows, list) or not rows:
        raise ImportRefused("a BODS file is an array of statements")
    if len(rows) > MOST_ROWS:
        raise ImportRefused(f"a file has at most {MOST_ROWS:,} statements")
    if not all(isinstance(row, dict) for row in rows):
        raise ImportRefused("a BODS file is an array of statements, each an object")
    versions = {_version(row) for row in rows} - {""}
    if versions and VERSION not in versions:
        raise ImportRefused(f"this is BODS {min(versions)[:20]}; only {VERSION} is read")
    if not versions:
        raise ImportRefused(f"no statement says its BODS version; only {VERSION} is read")
    return rows


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _details(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def _version(row: Mapping[str, Any]) -> str:
    return str(_details(row, "publicationDetails").get("bodsVersion") or "")


def _publisher(row: Mapping[str, Any]) -> str:
    publisher = _details(_details(row, "publicationDetails"), "publisher")
    return str(publisher.get("name") or publisher.get("url") or "")[:200]


def _check_version(row: Mapping[str, Any]) -> None:
    if _version(row) != VERSION:
        raise RowRefused("publicationDetails.bodsVersion", f"only BODS {VERSION} is read")


def _party(row: Mapping[str, Any], publisher: str) -> Party:
    details = _details(row, "recordDetails")
    record = text_of(row.get("recordId"), "recordId")
    identifiers = tuple(
        (str(each.get("scheme") or each.get("schemeName") or "")[:100], str(each.get("id"))[:100])
        for each in details.get("identifiers") or ()
        if isinstance(each, Mapping) and each.get("id")
    )
    lei = next((value for scheme, value in identifiers if scheme in ("XI-LEI", "LEI")), "")
    if row.get("recordType") == "person":
        names = details.get("names")
        full = (
            names[0].get("fullName")
            if isinstance(names, list) and names and isinstance(names[0], dict)
            else None
        )
        hidden = details.get("personType") in ("anonymousPerson", "unknownPerson")
        name = (
            "a person who is not disclosed" if hidden and not full else text_of(full, "recordDetails.names")
        )
        return Party(party_id(publisher, record), name, PartyKind.PERSON, identifiers=identifiers)
    entity = _details(details, "entityType").get("type")
    hidden = entity in ("anonymousEntity", "unknownEntity")
    given = details.get("name")
    name = "an entity that is not disclosed" if hidden and not given else text_of(given, "recordDetails.name")
    kind = PartyKind.ARRANGEMENT if entity in ARRANGEMENTS else PartyKind.ENTITY
    listed = bool(_details(details, "publicListing").get("hasPublicListing"))
    return Party(party_id(publisher, record), name, kind, lei, identifiers, listed)


def _relationship(
    row: Mapping[str, Any],
    publisher: str,
    parties: set[tuple[str, str]],
    last: dict[tuple[str, str], tuple[UUID, ...]],
    sender: Sender,
) -> tuple[Statement, ...]:
    details = _details(row, "recordDetails")
    record = text_of(row.get("recordId"), "recordId")
    stated_on = day_of(row.get("statementDate"), "statementDate")
    if stated_on is None:
        raise RowRefused("statementDate", "a statement needs its date")
    subject = _end_of(details.get("subject"), "recordDetails.subject", publisher, parties)
    if subject is None:
        raise RowRefused("recordDetails.subject", "the subject is not named")
    given = details.get("interestedParty")
    if isinstance(given, Mapping) and given.get("reason") == NOBODY:
        return ()
    holder = _end_of(given, "recordDetails.interestedParty", publisher, parties)
    interests = details.get("interests")
    if interests in (None, []):
        interests = [{"type": InterestType.UNKNOWN.value}]
    if not isinstance(interests, list):
        raise RowRefused("recordDetails.interests", "interests are a list")
    closed_on = stated_on if row.get("recordStatus") == "closed" else None
    before = last.get((publisher, record), ())
    statements: list[Statement] = []
    for position, each in enumerate(interests):
        where = f"recordDetails.interests[{position}]"
        if not isinstance(each, Mapping):
            raise RowRefused(where, "an interest is an object")
        fact = _interest(each, subject, holder, closed_on, where)
        statements.append(
            Statement(
                id=stable_id("bods-statement", publisher, str(row["statementId"]), str(position)),
                record=stable_id("bods-record", publisher, record, str(position)),
                fact=fact,
                date=stated_on,
                recorded_at=sender.recorded_at,
                source=sender.source or publisher,
                evidence=sender.evidence,
                signer=sender.signer,
                assurance=_assurance(row),
                supersedes=before[position] if position < len(before) else None,
            )
        )
    # What the record no longer lists is withdrawn with it.
    for position in range(len(statements), len(before)):
        statements.append(
            Statement(
                id=stable_id("bods-statement", publisher, str(row["statementId"]), str(position)),
                record=stable_id("bods-record", publisher, record, str(position)),
                fact=None,
                date=stated_on,
                recorded_at=sender.recorded_at,
                source=sender.source or publisher,
                evidence=sender.evidence,
                signer=sender.signer,
                supersedes=before[position],
            )
        )
    last[(publisher, record)] = tuple(each.id for each in statements if each.fact is not None)
    return tuple(statements)


def _end_of(value: object, field: str, publisher: str, parties: set[tuple[str, str]]) -> UUID | None:
    """Return a party of the file; None for one that is said not to be disclosed."""
    if isinstance(value, Mapping):
        if value.get("reason") not in UNDISCLOSED_REASONS:
            raise RowRefused(field, "the reason is not of the standard's list")
        return None
    name = text_of(value, field)
    if (publisher, name) not in parties:
        raise RowRefused(field, "the file has no such party")
    return party_id(publisher, name)


def _interest(
    each: Mapping[str, Any], subject: UUID, holder: UUID | None, closed_on: Any, where: str
) -> Interest:
    code = each.get("type")
    if code not in {kind.value for kind in STANDARD}:
        raise RowRefused(f"{where}.type", "not an interest type of BODS 0.4")
    share = _details(each, "share")
    exact = share.get("exact")
    least = next(
        (share[name] for name in ("minimum", "exclusiveMinimum") if share.get(name) is not None), exact
    )
    most = next(
        (share[name] for name in ("maximum", "exclusiveMaximum") if share.get(name) is not None), exact
    )
    end = day_of(each.get("endDate"), f"{where}.endDate") or closed_on
    return Interest(
        subject=subject,
        holder=holder,
        type=InterestType(code),
        share_min=percentage_of(least if exact is None else exact, f"{where}.share", up=False),
        share_max=percentage_of(most if exact is None else exact, f"{where}.share", up=True),
        start=day_of(each.get("startDate"), f"{where}.startDate"),
        end=end,
        direct=each.get("directOrIndirect") != "indirect",
    )


def _assurance(row: Mapping[str, Any]) -> Assurance:
    kinds = _details(row, "source").get("type")
    kinds = kinds if isinstance(kinds, list) else []
    if "officialRegister" in kinds:
        return Assurance.REGISTRY
    return Assurance.DOCUMENT if "verified" in kinds or "primaryResearch" in kinds else Assurance.DECLARED
