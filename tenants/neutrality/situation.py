"""All that the rules look at for one excluded party: who counts as it, what that group has, who its insiders are."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from tenants.neutrality.closure import Control, control, shares
from tenants.neutrality.facts import DIRECTING, SEATS, InterestType, PartyKind, Role
from tenants.neutrality.graph import Graph, Tie
from tenants.neutrality.hits import Step, step_of_tie
from tenants.neutrality.ledger import HALF, Ledger, Reading, entries_of, ledger_of
from tenants.neutrality.policy import Policy

DIRECTING_SEATS = SEATS - {InterestType.BOARD_OBSERVER}
SEAT_ROLES = {
    InterestType.SENIOR_MANAGING_OFFICIAL: Role.OFFICER,
    InterestType.BOARD_OBSERVER: Role.OBSERVER,
}
"""What a person's seat makes of them; whoever else sits on a board is a director."""


@dataclass(frozen=True, slots=True)
class Readings:
    """One graph added up in both readings that every rule needs; the third, on silence, is for ways out alone."""

    known: Ledger
    possible: Ledger
    silent: Ledger


@dataclass(frozen=True, slots=True)
class Situation:
    """One excluded party in one graph, under one policy.

    `core` is the party and all that it controls; `group` adds its officers and directors and what they
    control, whose holdings count as its own. `insiders` are people, with the step that ties them.
    """

    policy: Policy
    graph: Graph
    excluded: UUID
    ledger: Ledger
    core: Control
    group: Control
    found: list[int]
    possible_ledger: Ledger
    possible: Control
    possible_found: list[int]
    insiders: dict[UUID, Step]
    parents: Control
    siblings: Control

    @property
    def origin(self) -> int:
        """The index of the excluded party."""
        return self.ledger.index[self.excluded]

    def party(self, position: int) -> UUID:
        """Return the id at an index."""
        return self.ledger.ids[position]

    def is_person(self, party: UUID) -> bool:
        """Say whether a party is a person."""
        return self.graph.parties[party].kind is PartyKind.PERSON


def readings_of(graph: Graph, policy: Policy) -> Readings:
    """Add the graph up. Raises nothing: a graph that was made can be added up."""

    def is_stale(stated_on: date) -> bool:
        return policy.is_stale(stated_on, graph.day)

    entries = entries_of(graph, is_stale=is_stale)
    return Readings(*(ledger_of(entries, reading) for reading in Reading))


def situation_of(graph: Graph, policy: Policy, excluded: UUID, readings: Readings) -> Situation:
    """Return what the rules look at. `excluded` is a party of the graph."""
    ledger = readings.known
    origin = ledger.index[excluded]
    core = control(ledger, [origin])
    core_parties = {ledger.ids[member] for member in core.via}
    officers = _officers(graph, core_parties)
    group = control(ledger, [*core.via, *(ledger.index[person] for person in officers)])
    group = Control({**group.via, **core.via})
    possible = control(readings.possible, [*group.via, readings.possible.undisclosed])
    parents = Control(dict.fromkeys(_controllers(ledger, origin)))
    siblings = control(ledger, parents.via) if parents.via else Control({})
    return Situation(
        policy=policy,
        graph=graph,
        excluded=excluded,
        ledger=ledger,
        core=core,
        group=group,
        found=shares(ledger, group.via),
        possible_ledger=readings.possible,
        possible=possible,
        possible_found=shares(readings.possible, possible.via),
        insiders=_insiders(graph, policy, core_parties, excluded),
        parents=parents,
        siblings=siblings,
    )


def equity_counts(
    graph: Graph, policy: Policy, *, party: UUID, excluded: UUID, share: Decimal | None
) -> bool:
    """Say whether own equity in a party is a tie: not below the threshold in a listed firm, nor in a fund."""
    held = graph.parties[party]
    if held.fund and party != excluded:
        return False
    return not (held.listed and share is not None and share < policy.equity_percent)


def is_current(tie: Tie, day: date) -> bool:
    """Say whether a tie holds on `day`; its last day counts."""
    return tie.fact.end is None or tie.fact.end >= day


def _officers(graph: Graph, core: set[UUID]) -> set[UUID]:
    """Return the people who direct the excluded party or what it controls, by affiliation or by seat."""
    found = {
        tie.fact.person
        for tie in graph.ties
        if tie.fact.role in DIRECTING and tie.fact.party in core and is_current(tie, graph.day)
    }
    for held in graph.interests:
        fact = held.fact
        if fact.type not in DIRECTING_SEATS or fact.subject not in core or fact.holder is None:
            continue
        if graph.parties[fact.holder].kind is PartyKind.PERSON:
            found.add(fact.holder)
    return found


def _insiders(graph: Graph, policy: Policy, core: set[UUID], excluded: UUID) -> dict[UUID, Step]:
    """Return everybody with any tie to the core, current or within the cooling-off; the firmest tie of each."""
    found: dict[UUID, tuple[date, Step]] = {}

    def consider(person: UUID, end: date | None, step: Step) -> None:
        last = end or date.max
        if end is not None and graph.day >= policy.clean_on(end):
            return
        if person not in found or last > found[person][0]:
            found[person] = (last, step)

    for tie in graph.ties:
        fact = tie.fact
        if fact.party not in core or fact.role is Role.RELATIVE:
            continue
        if fact.role is Role.EQUITY and not equity_counts(
            graph, policy, party=fact.party, excluded=excluded, share=fact.share
        ):
            continue
        consider(fact.person, fact.end, step_of_tie(tie))
    for held in (*graph.interests, *graph.ended):
        seat = held.fact
        if seat.type not in SEATS or seat.subject not in core or seat.holder is None:
            continue
        if graph.parties[seat.holder].kind is PartyKind.PERSON and seat.holder not in core:
            role = SEAT_ROLES.get(seat.type, Role.DIRECTOR)
            step = Step(seat.subject, seat.holder, role, end=seat.end, statement=held.statement.id)
            consider(seat.holder, seat.end, step)
    return {person: step for person, (_, step) in found.items()}


def _controllers(ledger: Ledger, origin: int) -> list[int]:
    """Return whoever controls `origin`, alone or over others that it controls, itself left out."""
    controlled_by: dict[int, list[int]] = defaultdict(list)
    for holder, subjects in enumerate(ledger.controls):
        for subject in subjects:
            controlled_by[subject].append(holder)
    cone = [origin]
    seen = {origin}
    for node in cone:
        above = [
            *controlled_by.get(node, ()),
            *(ledger.votes[node] if node != ledger.undisclosed else ()),
        ]
        for holder in above:
            if holder not in seen:
                seen.add(holder)
                cone.append(holder)
    controllers: dict[int, set[int]] = {node: set() for node in cone}
    moved = True
    while moved:
        moved = False
        for node in reversed(cone):
            if node == ledger.undisclosed:
                continue
            tally: dict[int, int] = defaultdict(int)
            for holder, share in ledger.votes[node].items():
                for one in {holder} | controllers[holder]:
                    tally[one] += share
            ours = {one for one, share in tally.items() if share > HALF}
            for holder in controlled_by.get(node, ()):
                ours |= {holder} | controllers[holder]
            if not ours <= controllers[node]:
                controllers[node] |= ours
                moved = True
    return sorted(controllers[origin] - {origin, ledger.undisclosed})
