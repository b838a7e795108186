"""BODS 0.4: parties and statements are read, what is wrong is told row by row, other versions are refused."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tenants.neutrality import bods
from tenants.neutrality.bods import party_id, read_bods
from tenants.neutrality.facts import Assurance, Interest, Party, PartyKind, Statement
from tenants.neutrality.facts import InterestType as T
from tenants.neutrality.graph import check_statement, graph_on
from tenants.neutrality.intake import ImportRefused, Read, RowError, Sender
from tenants.neutrality.policy import Level, Policy
from tenants.neutrality.taint import taint_of
from tests.unit.neutrality.making import TODAY, at

SENDER = Sender("a register", at(TODAY), hashlib.sha256(b"file").digest(), "ann")
PUBLISHER = "Register of Examples"


def row(number: int, kind: str, record: str, details: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "statementId": f"statement-{number:032d}",
        "statementDate": "2026-05-20",
        "declarationSubject": record,
        "recordId": record,
        "recordType": kind,
        "recordStatus": "new",
        "recordDetails": {"isComponent": False} | details,
        "publicationDetails": {
            "publicationDate": "2026-05-21", "bodsVersion": "0.4", "publisher": {"name": PUBLISHER},
        },
        "source": {"type": ["officialRegister"]},
    } | more  # fmt: skip


def entity(number: int, record: str, name: str, kind: str = "registeredEntity") -> dict[str, Any]:
    return row(number, "entity", record, {"entityType": {"type": kind}, "name": name})


def relation(
    number: int, subject: object, holder: object, *interests: dict[str, Any], **more: Any
) -> dict[str, Any]:
    details = {"subject": subject, "interestedParty": holder, "interests": list(interests)}
    return row(number, "relationship", f"r{number}", details, **more)


def read(*rows: dict[str, Any]) -> tuple[list[Party], list[Statement], list[RowError]]:
    parties: list[Party] = []
    statements: list[Statement] = []
    errors: list[RowError] = []
    for each in read_bods(json.dumps(rows).encode(), SENDER):
        if isinstance(each, RowError):
            errors.append(each)
        elif isinstance(each, Read):
            parties += [each.party] if each.party else []
            statements += each.statements
    return parties, statements, errors


V, W = entity(1, "v", "Vendor"), entity(2, "w", "Excluded Co.")


def test_a_shareholding_is_read_with_its_range_dates_and_assurance() -> None:
    share = {"type": "shareholding", "share": {"minimum": 25, "maximum": 49.99}, "startDate": "2026-01-02"}
    parties, [statement], errors = read(relation(3, "v", "w", share), V, W)
    assert errors == []
    assert {party.name: party.kind for party in parties} == {
        "Vendor": PartyKind.ENTITY,
        "Excluded Co.": PartyKind.ENTITY,
    }
    assert statement.fact == Interest(
        party_id(PUBLISHER, "v"),
        party_id(PUBLISHER, "w"),
        T.SHAREHOLDING,
        Decimal(25),
        Decimal("49.99"),
        start=date(2026, 1, 2),
    )
    assert (statement.date, statement.assurance) == (date(2026, 5, 20), Assurance.REGISTRY)
    assert (statement.evidence, statement.signer) == (SENDER.evidence, "ann")


def test_the_same_file_read_again_says_the_same() -> None:
    rows = (
        V,
        W,
        relation(3, "v", "w", {"type": "boardChair"}),
        relation(4, "v", "w", {"type": "boardMember"}),
    )
    assert read(*rows) == read(*rows)


@pytest.mark.parametrize("code", sorted(bods.STANDARD))
def test_every_code_of_the_standard_is_read(code: T) -> None:
    _, [statement], errors = read(V, W, relation(3, "v", "w", {"type": code.value}))
    assert isinstance(statement.fact, Interest)
    assert (statement.fact.type, errors) == (code, [])


def test_a_nomination_is_looked_through_from_file_to_verdict() -> None:
    """The shape of the standard's own example: an arrangement with a nominator and a nominee holds the shares."""
    parties, statements, errors = read(
        V,
        W,
        entity(3, "n", "Nomination", "arrangement"),
        entity(4, "b", "Bank"),
        relation(5, "n", "w", {"type": "nominator"}),
        relation(6, "n", "b", {"type": "nominee"}),
        relation(7, "v", "n", {"type": "shareholding", "share": {"exact": 8}}),
    )
    assert errors == []
    graph = graph_on(TODAY, known_at=at(TODAY, 13), parties=parties, statements=statements)
    taint = taint_of(graph, Policy(excluded=frozenset({party_id(PUBLISHER, "w")})))
    assert taint.people(party_id(PUBLISHER, "v")) is Level.DENY
    assert taint.people(party_id(PUBLISHER, "b")) is None


@pytest.mark.parametrize("reason", sorted(bods.UNDISCLOSED_REASONS))
def test_an_interested_party_that_is_not_named_is_undisclosed(reason: str) -> None:
    _, [statement], _ = read(V, relation(3, "v", {"reason": reason}))
    assert isinstance(statement.fact, Interest)
    assert (statement.fact.holder, statement.fact.type) == (None, T.UNKNOWN)


def test_no_beneficial_owner_states_nothing() -> None:
    assert read(V, relation(3, "v", {"reason": "noBeneficialOwners"}))[1:] == ([], [])


def test_a_later_statement_of_a_record_supersedes_and_a_closed_one_ends() -> None:
    first = relation(3, "v", "w", {"type": "shareholding", "share": {"exact": 6}}, {"type": "boardMember"})
    second = relation(4, "v", "w", {"type": "shareholding", "share": {"exact": 4}}) | {"recordId": "r3"}
    third = second | {"statementId": "s" * 32, "recordStatus": "closed", "statementDate": "2026-05-22"}
    parties, statements, errors = read(V, W, first, second, third)
    assert errors == []
    known: dict[Any, Statement] = {}
    for each in statements:
        check_statement(each, parties={party.id: party for party in parties}, known=known)
        known[each.id] = each
    graph = graph_on(date(2026, 5, 22), known_at=at(TODAY, 13), parties=parties, statements=statements)
    assert [(held.fact.most, held.fact.end) for held in graph.interests] == [(Decimal(4), date(2026, 5, 22))]


def test_a_share_is_rounded_outwards_never_to_the_holders_favour() -> None:
    exact = {"type": "shareholding", "share": {"exact": 33.33333333333333}}
    _, [statement], _ = read(V, W, relation(3, "v", "w", exact))
    fact = statement.fact
    assert isinstance(fact, Interest)
    assert (fact.share_min, fact.share_max) == (Decimal("33.3333333333"), Decimal("33.3333333334"))


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        ("recordDetails.interests[0].share", relation(3, "v", "w", {"type": "shareholding", "share": {"exact": -3}})),
        ("recordDetails.interests[0].share", relation(3, "v", "w", {"type": "shareholding", "share": {"exact": 140}})),
        ("recordDetails.interests[0].share", relation(3, "v", "w", {"type": "votingRights", "share": {"exact": "x"}})),
        ("share_min", relation(3, "v", "w", {"type": "shareholding", "share": {"minimum": 6, "maximum": 5}})),
        ("recordDetails.interests[0].type", relation(3, "v", "w", {"type": "boardroomGhost"})),
        ("recordDetails.interests[0].type", relation(3, "v", "w", {"type": "convertible"})),
        ("recordDetails.interests[0].startDate", relation(3, "v", "w", {"type": "settlor", "startDate": "2/1/26"})),
        ("end", relation(3, "v", "w", {"type": "settlor", "startDate": "2026-02-01", "endDate": "2026-01-01"})),
        ("recordDetails.interests[0]", relation(3, "v", "w", "shares")),  # type: ignore[arg-type]
        ("recordDetails.interestedParty", relation(3, "v", "nobody", {"type": "settlor"})),
        ("recordDetails.interestedParty", relation(3, "v", {"reason": "shy"})),
        ("recordDetails.subject", relation(3, "nobody", "w", {"type": "settlor"})),
        ("recordDetails.subject", relation(3, {"reason": "unknown"}, "w", {"type": "settlor"})),
        ("statementDate", relation(3, "v", "w", {"type": "settlor"}, statementDate=None)),
        ("recordType", relation(3, "v", "w") | {"recordType": "ghost"}),
        ("recordDetails.name", entity(3, "x", " ")),
        ("recordDetails.name", entity(3, "x", "a\0b")),
        ("statementId", V),
        (
            "publicationDetails.bodsVersion",
            relation(3, "v", "w") | {"publicationDetails": {"bodsVersion": "0.3"}},
        ),
    ],
)  # fmt: skip
def test_a_row_that_is_wrong_is_told_and_the_others_are_read(field: str, broken: dict[str, Any]) -> None:
    good = relation(9, "v", "w", {"type": "boardMember"})
    parties, statements, errors = read(V, W, broken, good)
    assert [(error.row, error.field) for error in errors] == [(3, field)]
    assert (len(parties), len(statements)) == (2, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"[1]", b"\xff", b"[NaN]", b"[" * 100_000,
        json.dumps([V | {"publicationDetails": {"bodsVersion": "0.3"}}]).encode(),
        json.dumps([V | {"publicationDetails": {"bodsVersion": "0.2"}}]).encode(),
        json.dumps([{"statementType": "entityStatement"}]).encode(),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_or_version_is_refused(content: bytes) -> None:
    with pytest.raises(ImportRefused):
        list(read_bods(content, SENDER))


def test_a_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bods, "MOST_ROWS", 1)
    with pytest.raises(ImportRefused, match="at most 1 statements"):
        read(V, W)
    monkeypatch.setattr(bods, "MOST_BYTES", 10)
    with pytest.raises(ImportRefused, match="MiB"):
        read(V)


def test_a_message_quotes_nothing_of_the_row() -> None:
    _, _, errors = read(V, W, relation(3, "v", "w", {"type": "secret words"}))
    assert "secret" not in errors[0].message
