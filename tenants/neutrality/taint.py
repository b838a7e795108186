"""The taint set of one policy in one graph: what every door looks up. Pure; made anew when either changes."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from tenants.neutrality.closure import control, shares
from tenants.neutrality.graph import RECENT, Graph
from tenants.neutrality.hits import Hit, Note, step_of
from tenants.neutrality.ledger import units
from tenants.neutrality.policy import Level, Policy, Rule
from tenants.neutrality.rules import RULES, controlled, economic
from tenants.neutrality.situation import Readings, Situation, readings_of, situation_of


@dataclass(frozen=True, slots=True)
class Taint:
    """Which parties meet which rules. `counts_as` has, by excluded party, itself and all that it controls.

    `silent` are parties of whose holders so little is stated that an excluded party could be among them:
    no matter for people, but a way out that leads to one is not clean.
    """

    policy: Policy
    policy_digest: bytes
    day: date
    known_at: datetime
    hits: Mapping[UUID, tuple[Hit, ...]]
    counts_as: Mapping[UUID, frozenset[UUID]]
    silent: frozenset[UUID]
    registered: frozenset[UUID]
    missing: frozenset[UUID]
    """Excluded parties that the graph does not know: nothing can be said of who belongs to them."""
    denied_people: frozenset[UUID]
    denied_egress: frozenset[UUID]

    def of(self, party: UUID) -> tuple[Hit, ...]:
        """Return the hits of a party, the strictest first; empty when there is none."""
        return self.hits.get(party, ())

    def people(self, party: UUID) -> Level | None:
        """Return what people tied to a party meet; None when nothing."""
        return max((hit.people for hit in self.hits.get(party, ())), default=None)

    def egress(self, party: UUID) -> Level | None:
        """Return what a way out to a party meets, silence included; None when nothing.

        A party that the registry does not know is unknown, and denied.
        """
        if party in self.silent or party not in self.registered:
            return Level.DENY
        return max((hit.egress for hit in self.hits.get(party, ())), default=None)

    def excluded_as(self, party: UUID) -> UUID | None:
        """Return the excluded party that a party counts as, itself included."""
        return next((w for w in sorted(self.counts_as) if party in self.counts_as[w]), None)


def taint_of(graph: Graph, policy: Policy, *, operator: UUID | None = None) -> Taint:
    """Judge every party of the graph by the policy.

    With `operator`, what denies the operator denies the services and firms that it controls too (22); what
    a customer runs, a witness or a key service, is not among them.
    """
    readings = readings_of(graph, policy)
    hits: dict[UUID, list[Hit]] = defaultdict(list)
    counts_as: dict[UUID, frozenset[UUID]] = {}
    silent: set[UUID] = set()
    known = sorted(policy.excluded & graph.parties.keys())
    for excluded in known:
        situation = situation_of(graph, policy, excluded, readings)
        counts_as[excluded] = frozenset(situation.party(member) for member in situation.core.via)
        for rule in RULES:
            for hit in rule(situation):
                hits[hit.party].append(hit)
        for hit in _former(situation):
            hits[hit.party].append(hit)
        if policy.setting(Rule.UNKNOWN).egress is Level.DENY:
            silent |= _silent(situation, readings)
    if operator is not None and operator in graph.parties:
        for hit in _of_operator(graph, readings, operator, hits[operator]):
            hits[hit.party].append(hit)
    judged = {party: tuple(sorted(found, key=_by_weight)) for party, found in hits.items() if found}
    denied = {party for party, found in judged.items() if any(hit.egress is Level.DENY for hit in found)}
    return Taint(
        policy=policy,
        policy_digest=policy.digest,
        day=graph.day,
        known_at=graph.known_at,
        hits=judged,
        counts_as=counts_as,
        silent=frozenset(silent),
        registered=frozenset(graph.parties),
        missing=frozenset(policy.excluded - graph.parties.keys()),
        denied_people=frozenset(
            party for party, found in judged.items() if any(hit.people is Level.DENY for hit in found)
        ),
        denied_egress=frozenset(denied | silent),
    )


def _by_weight(hit: Hit) -> tuple[object, ...]:
    return (-hit.people, -hit.egress, list(Rule).index(hit.rule), hit.excluded, len(hit.path), str(hit.path))


def _silent(s: Situation, readings: Readings) -> set[UUID]:
    """Return the firms of which silence leaves open whether the threshold or control is reached."""
    ledger = readings.silent
    group = control(ledger, [*s.group.via, ledger.undisclosed])
    found = shares(ledger, group.via)
    threshold = units(s.policy.economic_percent)
    return {
        party
        for position, party in enumerate(ledger.ids)
        if found[position] >= threshold and not s.is_person(party) and position not in s.group
    }


def _former(s: Situation) -> list[Hit]:
    """Return, for report only, who was controlled or held until within the last 365 days, and is clean now (14)."""
    recent = [
        held for held in s.graph.ended if held.fact.end is not None and held.fact.end >= s.graph.day - RECENT
    ]
    if not recent:
        return []
    before = replace(s.graph, interests=(*s.graph.interests, *recent), ended=())
    then = situation_of(before, s.policy, s.excluded, readings_of(before, s.policy))
    now = {hit.party for rule in (controlled, economic) for hit in rule(s)}
    ends = {held.statement.id: held.fact.end for held in recent}
    found: list[Hit] = []
    for rule in (controlled, economic):
        for hit in rule(then):
            gone = [ends[step.statement] for step in hit.path if step.statement in ends]
            last = min((end for end in gone if end is not None), default=None)
            if hit.party not in now:
                until = None if last is None else last + RECENT
                found.append(
                    replace(hit, people=Level.REPORT, egress=Level.REPORT, note=Note.FORMER, until=until)
                )
    return found


def _of_operator(graph: Graph, readings: Readings, operator: UUID, hits: list[Hit]) -> list[Hit]:
    """Return the operator's denials for everything that it controls."""
    ledger = readings.known
    reached = control(ledger, [ledger.index[operator]])
    found: list[Hit] = []
    for member, via in reached.via.items():
        party = ledger.ids[member]
        if via is None:
            continue
        step = step_of(ledger.ids[via], party, ledger.held.get((via, member), ()))
        found += [
            replace(hit, party=party, path=(*hit.path, step), note=Note.OPERATOR)
            for hit in hits
            if Level.DENY in (hit.people, hit.egress)
        ]
    return found
