"""GLEIF golden copies: parties, consolidation and parents that are not published, row by row."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from itertools import islice

import pytest

from tenants.neutrality import gleif
from tenants.neutrality.facts import Interest, Party, Statement
from tenants.neutrality.facts import InterestType as T
from tenants.neutrality.gleif import party_id, read_exceptions, read_level_1, read_level_2
from tenants.neutrality.graph import graph_on
from tenants.neutrality.intake import ImportRefused, Read, RowError, Sender
from tenants.neutrality.policy import Level, Policy, Rule
from tenants.neutrality.taint import taint_of
from tests.unit.neutrality.making import TODAY, at


def lei(stem: str) -> str:
    """Return an LEI with right check digits (ISO 7064 MOD 97-10), worked out apart from the code under test."""
    body = stem.ljust(18, "0")
    value = int("".join(str("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(letter)) for letter in body + "00"))
    return f"{body}{98 - value % 97:02d}"


PARENT, CHILD, OTHER = lei("PARENT"), lei("CHILD"), lei("OTHER")
SENDER = Sender("GLEIF", at(TODAY), bytes(32))
LEVEL_1 = "LEI,Entity.LegalName,Entity.EntityCategory\n"
LEVEL_2 = (
    "Relationship.StartNode.NodeID,Relationship.EndNode.NodeID,Relationship.RelationshipType,"
    "Relationship.RelationshipStatus,Relationship.Period.1.startDate,Relationship.Period.1.endDate,"
    "Relationship.Period.1.periodType,Relationship.Period.2.startDate,Relationship.Period.2.endDate,"
    "Relationship.Period.2.periodType,Registration.LastUpdateDate\n"
)
EXCEPTIONS = "LEI,Exception.Category,Exception.Reason.1\n"


def lines(head: str, *rows: str) -> Iterator[str]:
    return iter([head, *(f"{row}\n" for row in rows)])


def related(kind: str, status: str = "ACTIVE", start: str = "2019-01-01T00:00:00Z", end: str = "") -> str:
    accounting = "2024-01-01T00:00:00Z,2024-12-31T00:00:00Z,ACCOUNTING_PERIOD"
    return f"{CHILD},{PARENT},{kind},{status},{accounting},{start},{end},RELATIONSHIP_PERIOD,2026-05-20T08:00:00Z"


def test_level_1_gives_parties() -> None:
    rows = [f'{PARENT},"Parent, ""the"" Co.",GENERAL', f"{CHILD},Child,FUND"]
    found = list(read_level_1(lines("\ufeff" + LEVEL_1, *rows)))
    parties = [each.party for each in found if isinstance(each, Read)]
    assert parties == [
        Party(party_id(PARENT), 'Parent, "the" Co.', lei=PARENT, identifiers=(("LEI", PARENT),)),
        Party(party_id(CHILD), "Child", lei=CHILD, identifiers=(("LEI", CHILD),), fund=True),
    ]


def test_a_known_lei_has_right_check_digits() -> None:
    """Published: the LEI of the foundation that issues them, and of a bank; with a digit changed, wrong."""
    for known in ("506700GE1G29325QX363", "7H6GLXDRUGQFU57RNE97"):
        assert gleif.check_lei(known, "LEI") == known
        with pytest.raises(Exception, match="check digits"):
            gleif.check_lei(known[:-1] + str((int(known[-1]) + 1) % 10), "LEI")


def statements_of(*rows: str) -> list[Statement]:
    found = list(read_level_2(lines(LEVEL_2, *rows), SENDER))
    return [statement for each in found if isinstance(each, Read) for statement in each.statements]


@pytest.mark.parametrize("kind", ["IS_DIRECTLY_CONSOLIDATED_BY", "IS_ULTIMATELY_CONSOLIDATED_BY"])
def test_consolidation_is_control_for_the_period_of_the_relationship_not_of_the_accounts(kind: str) -> None:
    [statement] = statements_of(related(kind))
    fact = statement.fact
    assert isinstance(fact, Interest)
    assert (fact.subject, fact.holder, fact.type) == (party_id(CHILD), party_id(PARENT), T.COMPANY_RULES)
    assert (fact.start, fact.end, statement.date) == (date(2019, 1, 1), None, date(2026, 5, 20))


def test_a_relationship_that_is_inactive_or_over_has_an_end() -> None:
    [over] = statements_of(related("IS_DIRECTLY_CONSOLIDATED_BY", end="2025-12-31T00:00:00Z"))
    [inactive] = statements_of(related("IS_DIRECTLY_CONSOLIDATED_BY", status="INACTIVE"))
    ends = [each.fact.end for each in (over, inactive) if isinstance(each.fact, Interest)]
    assert ends == [date(2025, 12, 31), date(2026, 5, 20)]


def test_a_funds_manager_does_not_own_the_fund() -> None:
    [statement] = statements_of(related("IS_FUND-MANAGED_BY"))
    assert isinstance(statement.fact, Interest)
    assert statement.fact.type is T.OTHER_INFLUENCE


def exceptions_of(*rows: str) -> list[Read | RowError]:
    return list(read_exceptions(lines(EXCEPTIONS, *rows), SENDER, dated=date(2026, 5, 20)))


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("NON_PUBLIC", T.UNPUBLISHED), ("LEGAL_OBSTACLES", T.UNPUBLISHED), ("NO_LEI", T.UNKNOWN)],
)
def test_a_parent_that_is_not_published_is_an_unknown_finding(reason: str, kind: T) -> None:
    [found] = exceptions_of(f"{CHILD},ULTIMATE_ACCOUNTING_CONSOLIDATION_PARENT,{reason}")
    assert isinstance(found, Read)
    [statement] = found.statements
    assert isinstance(statement.fact, Interest)
    assert (statement.fact.holder, statement.fact.type) == (None, kind)
    parties = [Party(party_id(each), each) for each in (PARENT, CHILD)]
    graph = graph_on(TODAY, known_at=at(TODAY, 13), parties=parties, statements=[statement])
    taint = taint_of(graph, Policy(excluded=frozenset({party_id(PARENT)})))
    assert [(hit.rule, hit.people, hit.egress) for hit in taint.of(party_id(CHILD))] == [
        (Rule.UNKNOWN, Level.REVIEW, Level.DENY)
    ]


@pytest.mark.parametrize("reason", sorted(gleif.CLOSED_REASONS))
def test_no_parent_is_no_finding(reason: str) -> None:
    assert exceptions_of(f"{CHILD},DIRECT_ACCOUNTING_CONSOLIDATION_PARENT,{reason}") == []


def test_errors_are_told_row_by_row_and_the_rest_is_read() -> None:
    wrong = CHILD[:-1] + ("0" if CHILD[-1] != "0" else "1")
    found = list(
        read_level_1(
            lines(LEVEL_1, f"{wrong},A,X", f"{CHILD},,X", "too,few", "", "short,A,X", f"{OTHER},Other,X")
        )
    )
    errors = [(each.row, each.field) for each in found if isinstance(each, RowError)]
    assert errors == [(1, "LEI"), (2, "Entity.LegalName"), (3, ""), (5, "LEI")]
    assert [each.party.name for each in found if isinstance(each, Read) and each.party] == ["Other"]
    [kind] = read_level_2(lines(LEVEL_2, related("IS_FRIEND_OF")), SENDER)
    assert isinstance(kind, RowError)
    assert kind.field == "Relationship.RelationshipType"
    [reason] = exceptions_of(f"{CHILD},DIRECT_ACCOUNTING_CONSOLIDATION_PARENT,SHY")
    assert isinstance(reason, RowError)
    [day] = read_level_2(lines(LEVEL_2, related("IS_DIRECTLY_CONSOLIDATED_BY", start="soon")), SENDER)
    assert isinstance(day, RowError)


def test_another_file_is_refused() -> None:
    for read in (read_level_1(iter([])), read_level_1(lines("a,b\n")), read_level_2(lines(LEVEL_1), SENDER)):
        with pytest.raises(ImportRefused):
            list(read)


def test_quotes_that_do_not_fit_end_the_reading_with_an_error() -> None:
    found = list(read_level_1(lines(LEVEL_1, f'{CHILD},"Child"x,Y', f"{OTHER},Other,X")))
    assert [type(each) for each in found] == [RowError]


def test_rows_stream_one_by_one() -> None:
    def endless() -> Iterator[str]:
        yield LEVEL_1
        while True:
            yield f"{CHILD},Child,X\n"

    assert len(list(islice(read_level_1(endless()), 1_000))) == 1_000


def test_a_written_file_is_read_back() -> None:
    """Through the csv module's own writer, with every cell quoted, as the golden copy has it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(LEVEL_1.strip().split(","))
    writer.writerow([CHILD, "Line\u2028break & comma, inc.", "GENERAL"])
    [found] = read_level_1(io.StringIO(buffer.getvalue()))
    assert isinstance(found, Read)
    assert found.party is not None
    assert found.party.name == "Line\u2028break & comma, inc."
