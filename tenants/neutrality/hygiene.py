"""What is doubtful in a graph, whoever is excluded: circles, sums over 100 %, what is unknown, stale, contradicted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tenants.neutrality.closure import components
from tenants.neutrality.facts import (
    IN_CAPITAL,
    UNCLASSIFIED,
    UNCLASSIFIED_WITHOUT_SHARE,
    InterestType,
)
from tenants.neutrality.graph import Graph, Held
from tenants.neutrality.ledger import SCALE, Reading, entries_of, ledger_of, units
from tenants.neutrality.policy import Policy


class Doubt(StrEnum):
    """What a finding is about."""

    CIRCLE = "circle"
    SELF_HOLDING = "self-holding"
    OVER_HUNDRED = "over 100 %"
    UNDISCLOSED = "holder not disclosed"
    UNCLASSIFIED = "not classified"
    NO_SHARE = "share not stated"
    STALE = "stale"
    CONTRADICTED = "contradicted"
    ANNOUNCED = "announced"
    NOMINEE = "nominee without nominator"


@dataclass(frozen=True, slots=True)
class Finding:
    """One doubt, with the parties and statements that it is about."""

    doubt: Doubt
    parties: tuple[UUID, ...]
    statements: tuple[UUID, ...] = ()
    detail: str = ""


def findings(graph: Graph, policy: Policy) -> tuple[Finding, ...]:
    """Return every doubt, in a stable order."""
    entries = entries_of(graph, is_stale=lambda day: policy.is_stale(day, graph.day))
    ledger = ledger_of(entries, Reading.KNOWN)
    found: list[Finding] = []
    for circle in components(ledger.subjects, ledger.subjects, left_out=frozenset()):
        parties = tuple(sorted(ledger.ids[member] for member in circle))
        if len(circle) > 1:
            found.append(Finding(Doubt.CIRCLE, parties))
        elif circle[0] in ledger.subjects[circle[0]]:
            found.append(Finding(Doubt.SELF_HOLDING, parties))
    found += _over_hundred(graph.interests)
    found += _open(graph)
    spoken_of = [(held.fact.subject, held.statement) for held in graph.interests]
    spoken_of += [(tie.fact.person, tie.statement) for tie in graph.ties]
    for party, statement in spoken_of:
        if policy.is_stale(statement.date, graph.day):
            age = (graph.day - statement.date).days
            found.append(Finding(Doubt.STALE, (party,), (statement.id,), f"{age} days"))
    for pair in graph.contradicted:
        found.append(Finding(Doubt.CONTRADICTED, (), pair))
    for statement in graph.announced:
        found.append(Finding(Doubt.ANNOUNCED, (), (statement.id,)))
    return tuple(
        sorted(found, key=lambda each: (list(Doubt).index(each.doubt), each.parties, each.statements))
    )


def _over_hundred(interests: Iterable[Held]) -> list[Finding]:
    sums: dict[tuple[UUID, str], int] = defaultdict(int)
    statements: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for held in interests:
        fact = held.fact
        if fact.type in IN_CAPITAL and fact.least:
            sums[fact.subject, fact.share_class] += units(fact.least)
            statements[fact.subject, fact.share_class].append(held.statement.id)
    return [
        Finding(
            Doubt.OVER_HUNDRED,
            (subject,),
            tuple(sorted(statements[subject, name])),
            f"{total * 100 / SCALE:g} % of {'class ' + name if name else 'the capital'}",
        )
        for (subject, name), total in sums.items()
        if total > SCALE
    ]


def _open(graph: Graph) -> list[Finding]:
    found: list[Finding] = []
    behind = {held.fact.subject for held in graph.interests if held.fact.type is InterestType.NOMINATOR}
    for held in graph.interests:
        fact, statement = held.fact, held.statement.id
        if fact.holder is None:
            found.append(Finding(Doubt.UNDISCLOSED, (fact.subject,), (statement,)))
        elif fact.type in UNCLASSIFIED or (fact.most is None and fact.type in UNCLASSIFIED_WITHOUT_SHARE):
            found.append(Finding(Doubt.UNCLASSIFIED, (fact.subject, fact.holder), (statement,)))
        elif fact.most is None and fact.type in IN_CAPITAL:
            found.append(Finding(Doubt.NO_SHARE, (fact.subject, fact.holder), (statement,)))
        if fact.type is InterestType.NOMINEE and fact.subject not in behind:
            found.append(Finding(Doubt.NOMINEE, (fact.subject,), (statement,)))
    return found
