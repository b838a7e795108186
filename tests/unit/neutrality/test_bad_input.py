"""What is wrong is refused with the field that is wrong, and what is doubtful never clears anybody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from tenants.neutrality import graph as graphs
from tenants.neutrality.facts import FactRefused, Interest, Statement
from tenants.neutrality.facts import InterestType as T
from tenants.neutrality.graph import GraphRefused, check_statement, graph_on
from tenants.neutrality.hygiene import Doubt, findings
from tenants.neutrality.people import Plan
from tenants.neutrality.policy import Policy
from tests.unit.neutrality.making import TODAY, World, ago, at, party_id, standing


@pytest.fixture
def world() -> World:
    made = World()
    made.party("W")
    return made


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("share_min", lambda w: w.holds("W", "V", -3)),
        ("share_min", lambda w: w.holds("W", "V", 140)),
        ("share_max", lambda w: w.holds("W", "V", 140, least=3)),
        ("share_min", lambda w: w.holds("W", "V", 3, least=6)),
        ("share_min", lambda w: w.holds("W", "V", "0.12345678901")),
        ("share_min", lambda w: w.holds("W", "V", "NaN")),
        ("capital", lambda w: w.holds("W", "V", 3, share_class="A", capital=-3)),
        ("share", lambda w: w.tie("Ann", "W", share=140)),
        ("end", lambda w: w.holds("W", "V", 3, start=TODAY, end=ago(1))),
        ("end", lambda w: w.tie("Ann", "W", start=TODAY, end=ago(1))),
        ("recorded_at", lambda w: w.holds("W", "V", 3, recorded=at(TODAY).replace(tzinfo=None))),
    ],
)
def test_a_fact_that_cannot_be_is_refused(world: World, field: str, make: Callable[[World], Any]) -> None:
    with pytest.raises(FactRefused) as refused:
        make(world)
    assert refused.value.field == field


def appended(world: World, **changes: Any) -> None:
    """Try to append a statement like the last one, with changes."""
    last = world.statements[-1]
    statement = replace(last, id=UUID(int=99), **changes)
    check_statement(statement, parties=world.parties, known={each.id: each for each in world.statements})


def test_a_statement_is_appended_only_if_it_fits_what_is_there(world: World) -> None:
    first = world.holds("W", "V", 3)
    second = world.holds("W", "V", 4, supersedes=first)
    nobody = UUID(int=5)
    interest = second.fact
    assert isinstance(interest, Interest)
    appended(world, supersedes=second.id)
    for field, changes in {
        "holder": {"fact": replace(interest, holder=nobody)},
        "subject": {"fact": replace(interest, subject=nobody)},
        "supersedes": {"supersedes": nobody},
        "recorded_at": {"supersedes": second.id, "recorded_at": at(ago(400))},
    }.items():
        with pytest.raises(FactRefused) as refused:
            appended(world, **changes)
        assert refused.value.field == field
    with pytest.raises(FactRefused, match="superseded already"):
        appended(world, supersedes=first.id)
    with pytest.raises(FactRefused, match="own record"):
        appended(world, supersedes=second.id, record=nobody)
    with pytest.raises(FactRefused, match="recorded already"):
        check_statement(second, parties=world.parties, known={second.id: second})
    with pytest.raises(FactRefused, match="names what it supersedes"):
        replace(second, fact=None, supersedes=None)


def test_a_holder_that_does_not_exist_is_refused_in_a_graph_too(world: World) -> None:
    statement = world.holds("W", "V", 3)
    del world.parties[party_id("W")]
    with pytest.raises(FactRefused) as refused:
        world.graph()
    assert refused.value.field == "holder"
    assert isinstance(statement, Statement)


def test_contradicting_statements_count_at_their_worst_and_are_reported(world: World) -> None:
    record = UUID(int=77)
    one = world.holds("W", "V", 2, record=record)
    other = world.holds("W", "V", 6, record=record)
    graph = world.graph()
    assert [(held.fact.least, held.fact.most) for held in graph.interests] == [(Decimal(2), Decimal(6))]
    assert standing(world.taint(), "V")[0] == "deny"
    [found] = [each for each in findings(graph, Policy()) if each.doubt is Doubt.CONTRADICTED]
    assert set(found.statements) == {one.id, other.id}


def test_two_statements_about_other_holders_of_one_record_both_stand(world: World) -> None:
    record = UUID(int=77)
    world.holds("W", "V", 6, record=record)
    world.holds("X", "V", 6, record=record)
    assert len(world.graph().interests) == 2
    assert standing(world.taint(), "V")[0] == "deny"


def test_a_self_holding_is_taken_and_reported(world: World) -> None:
    world.holds("V", "V", 10)
    [found] = [each for each in findings(world.graph(), Policy()) if each.doubt is Doubt.SELF_HOLDING]
    assert found.parties == (party_id("V"),)
    assert standing(world.taint(), "V")[0] == "clean"


def test_a_firm_that_owns_itself_wholly_is_capped(world: World) -> None:
    world.holds("V", "V", 100)
    world.holds("W", "V", 1)
    assert standing(world.taint(), "V")[0] == "deny"


def test_a_statement_dated_tomorrow_is_kept_and_has_effect_tomorrow(world: World) -> None:
    tomorrow = TODAY + timedelta(days=1)
    statement = world.holds("W", "V", 6, dated=tomorrow, recorded=at(TODAY))
    assert world.graph().announced == (statement,)
    assert standing(world.taint(), "V")[0] == "clean"
    assert standing(world.taint(day=tomorrow), "V")[0] == "deny"


def test_a_sale_announced_for_tomorrow_clears_nobody_today(world: World) -> None:
    bought = world.holds("W", "V", 6)
    tomorrow = TODAY + timedelta(days=1)
    world.holds("W", "V", 0, supersedes=bought, start=tomorrow)
    days = {n: standing(world.taint(day=TODAY + timedelta(days=n)), "V")[0] for n in (0, 1)}
    assert days == {0: "deny", 1: "clean"}


def test_a_withdrawal_dated_tomorrow_clears_nobody_today(world: World) -> None:
    bought = world.holds("W", "V", 6)
    tomorrow = TODAY + timedelta(days=1)
    world.withdraw(bought, dated=tomorrow, recorded=at(TODAY))
    days = {n: standing(world.taint(day=TODAY + timedelta(days=n)), "V")[0] for n in (0, 1)}
    assert days == {0: "deny", 1: "clean"}


def test_a_correction_holds_for_the_past_as_known_now_and_not_as_known_then(world: World) -> None:
    wrong = world.holds("W", "V", 6, dated=ago(50), start=ago(80), recorded=at(ago(50)))
    world.holds("W", "V", 4, supersedes=wrong, dated=ago(10), start=ago(80), recorded=at(ago(10)))
    day = ago(30)
    assert standing(world.taint(day=day, known_at=at(day)), "V")[0] == "deny"
    assert standing(world.taint(day=day, known_at=at(TODAY)), "V")[0] == "clean"


def test_every_doubt_is_found(world: World) -> None:
    world.holds("A", "B", 30)
    world.holds("B", "A", 30)
    world.holds("X", "V", 60)
    world.holds("Y", "V", 60)
    world.holds(None, "U", 10)
    world.holds("X", "U", None, T.UNKNOWN)
    world.holds("X", "Z")
    world.holds("Bank", "N", None, T.NOMINEE)
    world.holds("X", "Old", 1, dated=ago(91))
    world.holds("X", "Coming", 1, start=TODAY + timedelta(days=3))
    found = {each.doubt: each for each in findings(world.graph(), Policy())}
    assert set(found) == set(Doubt) - {Doubt.SELF_HOLDING, Doubt.CONTRADICTED}
    assert set(found[Doubt.CIRCLE].parties) == {party_id("A"), party_id("B")}
    assert found[Doubt.OVER_HUNDRED].detail == "120 % of the capital"
    assert found[Doubt.STALE].detail == "91 days"


def test_a_graph_of_a_million_interests_is_refused_before_it_is_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert graphs.MOST_INTERESTS < 1_000_000
    world = World()
    statement = world.holds("W", "V", 1)
    known_at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    parties = list(world.parties.values())
    million = [statement] * 1_000_000
    with pytest.raises(GraphRefused, match="1,000,000 statements"):
        graph_on(TODAY, known_at=known_at, parties=parties, statements=million)
    monkeypatch.setattr(graphs, "MOST_PARTIES", 1)
    with pytest.raises(GraphRefused, match="2 parties"):
        graph_on(TODAY, known_at=known_at, parties=parties, statements=[])


def test_a_large_circle_is_summed_to_a_proven_bound() -> None:
    """A ring of 300 firms, each half the next one's, W 5 % of the first: all but the first few are clean."""
    world = World()
    world.party("W")
    world.holds("W", "R0", 5)
    for position in range(300):
        world.holds(f"R{position}", f"R{(position + 1) % 300}", 50, voting=False)
    taint = world.taint()
    denied = {party.name for party in world.parties.values() if standing(taint, party.name)[0] == "deny"}
    assert denied == {"W", "R0"}


def test_a_large_circle_of_firms_that_are_wholly_held_is_summed_and_not_given_up() -> None:
    """A ring of 300 firms, each held 99 % by the one before and 1 % by W: r = 0.99 r + 0.01, so all of it is W's."""
    world = World()
    world.party("W")
    for position in range(300):
        world.holds(f"R{position}", f"R{(position + 1) % 300}", 99, voting=False)
        world.holds("W", f"R{position}", 1, voting=False)
    taint = world.taint()
    shares = [hit.share for n in range(300) for hit in taint.of(party_id(f"R{n}"))]
    assert len(shares) == 300
    assert all(share is not None and 1 - Fraction(1, 10**6) < share <= 1 for share in shares)


def test_a_large_circle_below_the_threshold_is_clean() -> None:
    """r = 0.9 r + 0.004 for all of 300: r = 4 % < 5 %; each is held 90 % in the ring, 0.4 % by W, 9.6 % by X."""
    world = World()
    world.party("W")
    for position in range(300):
        world.holds(f"R{position}", f"R{(position + 1) % 300}", 90, voting=False)
        world.holds("W", f"R{position}", "0.4", voting=False)
        world.holds("X", f"R{position}", "9.6", voting=False)
    taint = world.taint()
    assert {standing(taint, f"R{n}")[0] for n in range(300)} == {"clean"}


def test_a_circle_that_hardly_converges_is_judged_at_its_limit(world: World) -> None:
    """a = 0.001 % + 0.9999 b, b = 0.9999 a: a = 0.001 % / (1 − 0.9999²) = 5.0002… %; 0.000999 % stay below."""
    for first, second, percent in (("A", "B", "0.001"), ("C", "D", "0.000999")):
        world.holds("W", first, percent, voting=False)
        world.holds(first, second, "99.99", voting=False)
        world.holds(second, first, "99.99", voting=False)
    taint = world.taint()
    assert [standing(taint, name)[0] for name in "AC"] == ["deny", "clean"]


@pytest.mark.parametrize("field", ["people", "systems", "purpose"])
def test_a_plan_names_its_people_systems_and_purpose(field: str) -> None:
    whole: dict[str, Any] = {
        "id": UUID(int=1), "people": frozenset({UUID(int=2)}), "systems": frozenset({UUID(int=3)}),
        "purpose": "p", "start": TODAY, "end": TODAY, "approved": True, "policy_digest": b"",
    }  # fmt: skip
    Plan(**whole)
    with pytest.raises(FactRefused) as refused:
        Plan(**whole | {field: type(whole[field])()})
    assert refused.value.field == field
    with pytest.raises(FactRefused):
        Plan(**whole | {"end": ago(1)})
