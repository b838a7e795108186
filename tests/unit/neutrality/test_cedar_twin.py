"""Two implementations agree on ten thousand random cases, and dropping any one rule of either turns this red."""

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import pytest

from tenants.neutrality import taint as taints
from tenants.neutrality.facts import Affiliation, Interest, InterestType, Party, PartyKind, Role, Statement
from tenants.neutrality.graph import Graph, graph_on
from tenants.neutrality.hits import Note
from tenants.neutrality.policy import SETTABLE, Level, Policy, Rule, Setting
from tenants.neutrality.rules import RULES
from tenants.neutrality.taint import taint_of
from tests.unit.neutrality.cedar_twin import IDS, TEXT, Twin, without
from tests.unit.neutrality.making import TODAY, at

CASES = 10_000
SEED = 20_250_613
FIRMS = 7
W = UUID(int=1)

KINDS = [InterestType.SHAREHOLDING] * 22 + [
    InterestType.DEBT,
    InterestType.DEBT,
    InterestType.REVENUE_DEPENDENCE,
    InterestType.REVENUE_DEPENDENCE,
    InterestType.REVENUE_DEPENDENCE,
    InterestType.UNKNOWN,
    InterestType.VOTING_RIGHTS,
    *sorted(InterestType),
]
PERCENTS = [
    Decimal(n) for n in ("1", "2.5", "4.9999999999", "5", "10", "20", "33.3", "49", "50", "51", "100")
]
ROLES = [Role.DIRECTOR, Role.DIRECTOR, Role.OFFICER, Role.EMPLOYEE, Role.OBSERVER, Role.EQUITY, Role.RELATIVE]


@dataclass(frozen=True)
class World:
    """One random graph with one random policy: a case for each of its parties."""

    graph: Graph
    policy: Policy


def world(seed: int) -> World:
    draw = random.Random(seed)
    firms = [Party(UUID(int=n + 1), f"F{n}", listed=draw.random() < 0.2) for n in range(FIRMS)]
    people = [Party(UUID(int=50 + n), f"P{n}", PartyKind.PERSON) for n in range(2)]
    facts = [
        tie(draw, firms, people) if draw.random() < 0.25 else interest(draw, firms, people)
        for _ in range(draw.randrange(1, 9))
    ]
    if draw.random() < 0.03:
        # Rare by chance: half of the votes, while another controls without votes.
        subject, other = draw.sample(firms[1:], 2)
        facts.append(Interest(subject.id, W, InterestType.VOTING_RIGHTS, Decimal(50), Decimal(50)))
        facts.append(Interest(subject.id, other.id, InterestType.COMPANY_RULES))
    statements = []
    for number, fact in enumerate(facts):
        stated_on = TODAY - timedelta(days=draw.choice([0, 0, 0, 0, 91]))
        made = UUID(int=1_000 + number)
        statements.append(Statement(made, made, fact, stated_on, at(stated_on, 1)))
    graph = graph_on(TODAY, known_at=at(TODAY), parties=firms + people, statements=statements)
    return World(graph, policy(draw))


def tie(draw: random.Random, firms: list[Party], people: list[Party]) -> Affiliation:
    end = draw.choice([None, None, None, TODAY - timedelta(days=draw.choice([0, 10, 364, 365, 366]))])
    party = firms[0] if draw.random() < 0.5 else draw.choice(firms)
    return Affiliation(draw.choice(people).id, party.id, draw.choice(ROLES), end=end)


def interest(draw: random.Random, firms: list[Party], people: list[Party]) -> Interest:
    kind = draw.choice(KINDS)
    most = None if kind is not InterestType.SHAREHOLDING and draw.random() < 0.3 else draw.choice(PERCENTS)
    least = most if draw.random() < 0.8 or most is None else Decimal(0)
    holder: UUID | None = draw.choice([*firms, *people]).id
    if draw.random() < 0.4:
        holder = W
    elif draw.random() < 0.08:
        holder = None
    subject = firms[0].id if draw.random() < 0.12 else draw.choice(firms).id
    return Interest(subject, holder, kind, least, most, voting=draw.random() < 0.7)


def policy(draw: random.Random) -> Policy:
    found = Policy(excluded=frozenset({W}))
    if draw.random() < 0.5:
        return found
    rules = {rule: Setting(draw.choice(list(Level)), draw.choice(list(Level))) for rule in SETTABLE}
    return replace(
        found,
        rules=rules,
        economic_percent=draw.choice([Decimal(5), Decimal("2.5"), Decimal(10)]),
        revenue_percent=draw.choice([Decimal(20), Decimal(10)]),
    )


def ours(case: World) -> dict[UUID, dict[str, Any]]:
    """Return what our evaluator says, in the twin's form; what is for report only by its nature is left out."""
    taint = taint_of(case.graph, case.policy)
    found = {}
    for party in case.graph.parties:
        hits = [hit for hit in taint.of(party) if hit.note not in (Note.PARTLY, Note.FORMER)]
        found[party] = {
            "rules": {hit.rule.value for hit in hits},
            "people": max((hit.people for hit in hits), default=Level.REPORT),
            "egress": max((hit.egress for hit in hits), default=Level.REPORT),
        }
    return found


@cache
def worlds() -> tuple[tuple[World, dict[UUID, dict[str, Any]]], ...]:
    made = (world(SEED + number) for number in range(-(-CASES // (FIRMS + 2))))
    return tuple((case, ours(case)) for case in made)


def sole(rule: Rule) -> list[World]:
    """Return the worlds in which some party meets this rule and no other."""
    return [case for case, found in worlds() if any(each["rules"] == {rule.value} for each in found.values())]


def test_the_twin_has_each_rule_once() -> None:
    assert [*IDS] == ["anybody", "excluded", *(rule.value for rule in SETTABLE if rule.value in IDS)]
    assert set(IDS) == {"anybody", *(rule.value for rule in Rule)}


def test_two_implementations_agree_on_ten_thousand_cases() -> None:
    twin, cases, outcomes = Twin(), 0, Counter[str]()
    for case, found in worlds():
        theirs = twin.judge(case.graph, case.policy, W)
        assert theirs == found
        cases += len(found)
        outcomes.update(each["people"].word for each in found.values())
    assert cases >= CASES
    assert min(outcomes[level.word] for level in Level) > CASES // 50, "each outcome is met often"


@pytest.mark.parametrize("rule", list(Rule))
def test_each_rule_is_the_sole_reason_often(rule: Rule) -> None:
    assert len(sole(rule)) >= 20


@pytest.mark.parametrize("rule", list(Rule))
def test_dropping_a_rule_of_the_twin_is_seen(rule: Rule) -> None:
    maimed = Twin(without(rule.value))
    seen = [case for case in sole(rule)[:5] if maimed.judge(case.graph, case.policy, W) != ours(case)]
    assert len(seen) == 5


@pytest.mark.parametrize("position", range(len(RULES)), ids=[rule.__name__ for rule in RULES])
def test_dropping_a_rule_of_ours_is_seen(position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = list(Rule)[-1] if position == 0 else SETTABLE[position - 1]
    cases = sole(rule)[:5]
    monkeypatch.setattr(taints, "RULES", RULES[:position] + RULES[position + 1 :])
    twin = Twin()
    seen = [case for case in cases if twin.judge(case.graph, case.policy, W) != ours(case)]
    assert len(seen) == len(cases) == 5


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("principal.share >= context.economic", "principal.share > context.economic"),
        ("principal.revenueFromFamily >= context.revenue", "principal.revenueFromFamily > context.revenue"),
        ("principal.possibleShare >= context.economic", "principal.possibleShare > context.economic"),
        ("principal.votesOfGroup == 500000000000", "false"),
        ("&& resource.group.containsAll(principal.controllersWithoutVotes)", ""),
        ('principal.kind != "person" && principal.holdsPartOf', "principal.holdsPartOf"),
    ],
)
def test_a_slip_inside_a_rule_is_seen(written: str, instead: str) -> None:
    assert TEXT.count(written) == 1
    maimed = Twin(TEXT.replace(written, instead))
    assert any(maimed.judge(case.graph, case.policy, W) != found for case, found in worlds())
