"""What holds for every graph: more never clears, order and splitting change nothing, 100 % is the most."""

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.neutrality.closure import control, shares
from tenants.neutrality.explain import hit_in_words, rule_in_words
from tenants.neutrality.facts import (
    Affiliation,
    Interest,
    InterestType,
    Party,
    PartyKind,
    Role,
    Statement,
)
from tenants.neutrality.graph import Graph, graph_on
from tenants.neutrality.ledger import SCALE, Ledger, Reading, entries_of, ledger_of
from tenants.neutrality.people import judge_person
from tenants.neutrality.policy import Policy, Rule
from tenants.neutrality.taint import Taint, taint_of
from tests.unit.neutrality.making import PATIENT, TODAY, at

FIRMS = [Party(UUID(int=n), f"F{n}") for n in range(1, 8)]
PEOPLE = [Party(UUID(int=100 + n), f"P{n}", PartyKind.PERSON) for n in range(1, 3)]
W = FIRMS[0].id
NAMES = {party.id: party for party in FIRMS + PEOPLE}
POLICY = Policy(excluded=frozenset({W}))

firms = st.sampled_from([firm.id for firm in FIRMS])
percents = st.sampled_from(
    ["0.5", "2.5", "4.9", "5", "12.5", "20", "33.3333333333", "49", "50", "51", "100"]
).map(Decimal)
classes = st.sampled_from(["", "", "A", "B"])
days = st.none() | st.integers(-200, 200).map(lambda n: TODAY + timedelta(days=n))


@st.composite
def interests(draw: st.DrawFn) -> Interest:
    kind = draw(st.sampled_from([InterestType.SHAREHOLDING] * 6 + sorted(InterestType)))
    most = draw(st.none() | percents) if kind is not InterestType.SHAREHOLDING else draw(percents)
    least = most if draw(st.booleans()) else None if most is None else Decimal(0)
    share_class = draw(classes) if kind is InterestType.SHAREHOLDING else ""
    capital = draw(st.none() | percents) if share_class else None
    holder = draw(st.none() | firms | firms | firms | st.sampled_from([person.id for person in PEOPLE]))
    return Interest(draw(firms), holder, kind, least, most, share_class, capital, draw(st.booleans()))


holdings = st.builds(
    lambda subject, holder, percent, voting: Interest(
        subject, holder, InterestType.SHAREHOLDING, percent, percent, voting=voting
    ),
    firms,
    firms,
    percents,
    st.booleans(),
)
ties = st.builds(
    Affiliation,
    st.sampled_from([person.id for person in PEOPLE]),
    firms,
    st.sampled_from(Role),
)


@st.composite
def statements(
    draw: st.DrawFn, facts: st.SearchStrategy[Interest | Affiliation] | None = None
) -> list[Statement]:
    drawn = interests() | interests() | ties if facts is None else facts
    found = draw(st.lists(drawn, max_size=14))
    ages = draw(st.lists(st.sampled_from([0, 0, 0, 91]), min_size=len(found), max_size=len(found)))
    return [stated(fact, number, age) for number, (fact, age) in enumerate(zip(found, ages, strict=True))]


def stated(fact: Interest | Affiliation, number: int, age: int = 0) -> Statement:
    made = UUID(int=10_000 + number)
    return Statement(made, made, fact, TODAY - timedelta(days=age), at(TODAY - timedelta(days=age), 1))


def graph_of(known: list[Statement]) -> Graph:
    return graph_on(TODAY, known_at=at(TODAY), parties=FIRMS + PEOPLE, statements=known)


def judged(known: list[Statement]) -> Taint:
    return taint_of(graph_of(known), POLICY)


def added_up(known: list[Statement], reading: Reading = Reading.KNOWN) -> Ledger:
    return ledger_of(entries_of(graph_of(known), is_stale=lambda day: POLICY.is_stale(day, TODAY)), reading)


def summed(known: list[Statement]) -> list[int]:
    ledger = added_up(known)
    return shares(ledger, control(ledger, [ledger.index[W]]).via)


def strictest(taint: Taint, firm: Party) -> tuple[int, int]:
    """Return what people and ways out meet on account of what is known: without unknowns and silence."""
    known = [hit for hit in taint.of(firm.id) if hit.rule is not Rule.UNKNOWN]
    return max((hit.people for hit in known), default=0), max((hit.egress for hit in known), default=0)


@PATIENT
@given(statements(), interests() | ties)
def test_adding_a_statement_never_clears(known: list[Statement], more: Interest | Affiliation) -> None:
    """What is known stays at least as strict. Only what was unknown may be answered, by a disclosed holding."""
    before, after = judged(known), judged([*known, stated(more, 999)])
    for firm in FIRMS:
        old, new = strictest(before, firm), strictest(after, firm)
        assert old[0] <= new[0], firm.name
        assert old[1] <= new[1], firm.name


@PATIENT
@given(statements(), interests())
def test_an_undisclosed_holding_answers_nothing(known: list[Statement], more: Interest) -> None:
    hidden = replace(more, holder=None, share_min=None, share_max=None, capital=None)
    before, after = judged(known), judged([*known, stated(hidden, 999)])
    assert before.denied_egress <= after.denied_egress
    assert before.silent <= after.silent | after.denied_egress


@PATIENT
@given(statements(interests()), interests())
def test_the_sum_of_chains_never_falls(known: list[Statement], more: Interest) -> None:
    assert all(
        old <= new for old, new in zip(summed(known), summed([*known, stated(more, 999)]), strict=True)
    )


@PATIENT
@given(statements(), st.randoms(use_true_random=False))
def test_order_makes_no_difference(known: list[Statement], chance: random.Random) -> None:
    shuffled = list(known)
    chance.shuffle(shuffled)
    assert judged(shuffled) == judged(known)


@PATIENT
@given(statements(interests()), st.integers(0, 13), st.integers(0, 10**6))
def test_splitting_an_interest_in_two_changes_nothing(known: list[Statement], which: int, cut: int) -> None:
    if not known:
        return
    statement = known[which % len(known)]
    fact = statement.fact
    assert isinstance(fact, Interest)
    if fact.most is None or fact.least is None or fact.least != fact.most or fact.type is InterestType.DEBT:
        return
    if fact.type not in {InterestType.SHAREHOLDING, InterestType.CONVERTIBLE, InterestType.VOTING_RIGHTS}:
        return
    if fact.capital is not None:
        return
    part = (fact.most * cut / 10**6).quantize(Decimal(1).scaleb(-10))
    halves = [replace(fact, share_min=each, share_max=each) for each in (part, fact.most - part)]
    age = (TODAY - statement.date).days
    split = [each for each in known if each is not statement] + [
        stated(half, 2_000 + number, age) for number, half in enumerate(halves)
    ]
    assert summed(split) == summed(known)
    one, other = judged(split), judged(known)
    assert (one.denied_people, one.denied_egress) == (other.denied_people, other.denied_egress)


@PATIENT
@given(statements())
def test_nothing_is_held_beyond_a_hundred_percent_and_every_reading_holds_more(
    known: list[Statement],
) -> None:
    before = [0] * (len(FIRMS) + len(PEOPLE) + 1)
    for reading in Reading:
        ledger = added_up(known, reading)
        start = [ledger.index[W]] + ([] if reading is Reading.KNOWN else [ledger.undisclosed])
        found = shares(ledger, control(ledger, start).via)
        assert all(old <= share <= SCALE for old, share in zip(before, found, strict=True))
        before = found


@PATIENT
@given(statements())
def test_every_hit_has_a_path_that_ends_at_its_party_and_is_told(known: list[Statement]) -> None:
    taint = judged(known)
    for party, hits in taint.hits.items():
        for hit in hits:
            assert hit.party == party
            told = hit_in_words(hit, policy=POLICY, parties=NAMES)
            assert told.endswith(f"rule: {rule_in_words(hit.rule, POLICY)}")
            if hit.rule in {Rule.CONTROL, Rule.ECONOMIC, Rule.RIGHTS, Rule.INTERLOCK}:
                assert hit.path[0].holder == W
                assert hit.path[-1].subject == party
                assert all(one.subject == other.holder for one, other in pairwise(hit.path))
            elif hit.rule is not Rule.EXCLUDED:
                assert {party, W} & {end for step in hit.path for end in (step.holder, step.subject)}


@PATIENT
@given(statements(holdings))
def test_chains_agree_with_fractions_summed_without_end(known: list[Statement]) -> None:
    """An independent sum: exact fractions, from below, 200 rounds of the series; the closure is never below it."""
    ledger = added_up(known)
    group = control(ledger, [ledger.index[W]])
    found = shares(ledger, group.via)
    exact = [Fraction(1 if n in group else 0) for n in range(len(ledger.ids))]
    for _ in range(200):
        exact = [
            Fraction(1)
            if n in group
            else min(
                Fraction(1),
                max(
                    (
                        sum((Fraction(part, SCALE) * exact[h] for h, part in rows.items()), Fraction(0))
                        for rows in ledger.measures[n]
                    ),
                    default=Fraction(0),
                ),
            ).limit_denominator(10**15)
            for n in range(len(ledger.ids))
        ]
    for mine, theirs in zip(found, exact, strict=False):
        assert Fraction(mine, SCALE) >= theirs - Fraction(1, 10**11)
    outside = all(
        sum(part for holder, part in rows.items()) < SCALE
        for measures in ledger.measures
        for rows in measures
    )
    if outside:
        for mine, theirs in zip(found, exact, strict=False):
            assert Fraction(mine, SCALE) <= theirs + Fraction(1, 10**9)


@PATIENT
@given(statements(ties), ties)
def test_another_tie_never_opens_a_door(known: list[Statement], more: Affiliation) -> None:
    order = {"allow": 0, "review": 1, "deny": 2}
    person = more.person

    def outcome(each: list[Statement]) -> int:
        graph = graph_of(each)
        verdict = judge_person(person, taint=taint_of(graph, POLICY), graph=graph, declared_on=TODAY)
        return order[verdict.outcome.value]

    assert outcome([*known, stated(more, 999)]) >= outcome(known)


@pytest.mark.parametrize("seed", range(20))
def test_large_tangles_are_bounded_and_the_same_in_any_order(seed: int) -> None:
    draw = random.Random(seed)
    parties = [Party(UUID(int=n + 1), f"F{n}") for n in range(150)]
    known = []
    for number in range(900):
        percent = Decimal(draw.randrange(1, 1_400)) / 100
        fact = Interest(
            draw.choice(parties).id, draw.choice(parties).id, InterestType.SHAREHOLDING, percent, percent
        )
        known.append(stated(fact, number))

    def found(each: list[Statement]) -> list[int]:
        graph = graph_on(TODAY, known_at=at(TODAY), parties=parties, statements=each)
        ledger = ledger_of(entries_of(graph, is_stale=lambda _: False), Reading.KNOWN)
        return shares(ledger, control(ledger, [0]).via)

    first = found(known)
    draw.shuffle(known)
    assert found(known) == first
    assert max(first) <= SCALE
    assert sum(map(bool, first)) > 100, "nearly everything is one circle"
