"""Random small worlds, each a graph with a policy, and what our evaluator says of them in the twin's form."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tenants.neutrality.facts import Affiliation, Interest, InterestType, Party, PartyKind, Role, Statement
from tenants.neutrality.graph import Graph, graph_on
from tenants.neutrality.hits import Note
from tenants.neutrality.policy import SETTABLE, Level, Policy, Rule, Setting
from tenants.neutrality.taint import taint_of

TODAY = date(2026, 6, 1)
FIRMS = 7
PARTIES = FIRMS + 2
"""Parties of one world: a case for each."""
W = UUID(int=1)
"""The excluded party of every world."""

_KINDS = [InterestType.SHAREHOLDING] * 22 + [
    InterestType.DEBT,
    InterestType.DEBT,
    InterestType.REVENUE_DEPENDENCE,
    InterestType.REVENUE_DEPENDENCE,
    InterestType.REVENUE_DEPENDENCE,
    InterestType.UNKNOWN,
    InterestType.VOTING_RIGHTS,
    *sorted(InterestType),
]
_PERCENTS = [
    Decimal(n) for n in ("1", "2.5", "4.9999999999", "5", "10", "20", "33.3", "49", "50", "51", "100")
]
_ROLES = [
    Role.DIRECTOR,
    Role.DIRECTOR,
    Role.OFFICER,
    Role.EMPLOYEE,
    Role.OBSERVER,
    Role.EQUITY,
    Role.RELATIVE,
]


@dataclass(frozen=True)
class World:
    """One random graph with one random policy: a case for each of its parties."""

    graph: Graph
    policy: Policy


def world(seed: int) -> World:
    """Return the world of this seed."""
    draw = random.Random(seed)  # noqa: S311 - cases, not secrets
    firms = [Party(UUID(int=n + 1), f"F{n}", listed=draw.random() < 0.2) for n in range(FIRMS)]
    people = [Party(UUID(int=50 + n), f"P{n}", PartyKind.PERSON) for n in range(2)]
    facts = [
        _tie(draw, firms, people) if draw.random() < 0.25 else _interest(draw, firms, people)
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
        statements.append(Statement(made, made, fact, stated_on, _at(stated_on, 1)))
    graph = graph_on(TODAY, known_at=_at(TODAY, 12), parties=firms + people, statements=statements)
    return World(graph, _policy(draw))


def _tie(draw: random.Random, firms: list[Party], people: list[Party]) -> Affiliation:
    end = draw.choice([None, None, None, TODAY - timedelta(days=draw.choice([0, 10, 364, 365, 366]))])
    party = firms[0] if draw.random() < 0.5 else draw.choice(firms)
    return Affiliation(draw.choice(people).id, party.id, draw.choice(_ROLES), end=end)


def _interest(draw: random.Random, firms: list[Party], people: list[Party]) -> Interest:
    kind = draw.choice(_KINDS)
    most = None if kind is not InterestType.SHAREHOLDING and draw.random() < 0.3 else draw.choice(_PERCENTS)
    least = most if draw.random() < 0.8 or most is None else Decimal(0)
    holder: UUID | None = draw.choice([*firms, *people]).id
    if draw.random() < 0.4:
        holder = W
    elif draw.random() < 0.08:
        holder = None
    subject = firms[0].id if draw.random() < 0.12 else draw.choice(firms).id
    return Interest(subject, holder, kind, least, most, voting=draw.random() < 0.7)


def _policy(draw: random.Random) -> Policy:
    found = Policy(excluded=frozenset({W}))
    if draw.random() < 0.5:
        return found
    rules: dict[Rule, Setting] = {
        rule: Setting(draw.choice(list(Level)), draw.choice(list(Level))) for rule in SETTABLE
    }
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


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)
