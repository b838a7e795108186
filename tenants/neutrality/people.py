"""May this person act for this tenant? Their ties, their employers' taint, cooling-off and reaffirmation. Pure.

The strictest reason decides; each is told. A mitigation plan lifts taint by employer and nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from tenants.neutrality.facts import (
    IN_CAPITAL,
    SEATS,
    WORKING,
    Affiliation,
    Assurance,
    FactRefused,
    PartyKind,
    Role,
    check_period,
)
from tenants.neutrality.graph import Graph, Tie
from tenants.neutrality.hits import Hit
from tenants.neutrality.policy import Level
from tenants.neutrality.situation import SEAT_ROLES, equity_counts, is_current
from tenants.neutrality.taint import Taint
from tenants.neutrality.verdict import Outcome


class Ground(StrEnum):
    """Why a person is not simply allowed."""

    EXCLUDED = "is the excluded party, or meets a rule in person"
    AFFILIATION = "current tie with the excluded party"
    COOLING_OFF = "a tie with the excluded party that ended within the cooling-off"
    EMPLOYER = "current tie with a tainted party"
    RELATIVE = "a relative is tied to the excluded party"
    REAFFIRM = "own declaration not reaffirmed"
    UNDECLARED = "nothing declared yet"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `party` is the person's own party; `hit` what that party meets; `until` the last day it counts."""

    ground: Ground
    level: Level
    party: UUID | None = None
    excluded: UUID | None = None
    tie: Affiliation | None = None
    hit: Hit | None = None
    until: date | None = None
    lifted_by: UUID | None = None
    """The plan that lifts this reason here; it stays in every report."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A mitigation that the tenant has approved: who, in which systems, for what, from when until when.

    `policy_digest` is that of the policy under which it was approved: a new policy wants a new approval.
    """

    id: UUID
    people: frozenset[UUID]
    systems: frozenset[UUID]
    purpose: str
    start: date
    end: date
    approved: bool
    policy_digest: bytes

    def __post_init__(self) -> None:
        check_period(self.start, self.end)
        for field in ("people", "systems", "purpose"):
            if not getattr(self, field):
                raise FactRefused(field, "a plan names its people, its systems and its purpose")

    def covers(self, person: UUID, system: UUID | None, day: date, policy_digest: bytes) -> bool:
        """Say whether the plan holds here; without a system it holds nowhere."""
        return (
            self.approved
            and self.policy_digest == policy_digest
            and person in self.people
            and system in self.systems
            and self.start <= day <= self.end
        )


@dataclass(frozen=True, slots=True)
class PersonVerdict:
    """The answer on one person, with every reason. False in a boolean context unless it allows."""

    person: UUID
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    mitigated: tuple[Reason, ...] = ()

    def __bool__(self) -> bool:
        return self.outcome is Outcome.ALLOW


OUTCOMES = {Level.DENY: Outcome.DENY, Level.REVIEW: Outcome.REVIEW, Level.REPORT: Outcome.ALLOW}


def judge_person(
    person: UUID,
    *,
    taint: Taint,
    graph: Graph,
    declared_on: date | None,
    plans: Iterable[Plan] = (),
    system: UUID | None = None,
    ties: Sequence[Tie] | None = None,
) -> PersonVerdict:
    """Return the verdict on one person for the tenant of `taint`'s policy, on the graph's day.

    `declared_on` is when the person last declared or reaffirmed all their ties, None for never. `ties` are
    the person's own, when the caller has them at hand (`ties_by_person`); else they are sought in the graph.
    """
    own = ties_by_person(graph, only=person).get(person, []) if ties is None else ties
    reasons = [
        Reason(Ground.EXCLUDED, hit.people, party=person, excluded=hit.excluded, hit=hit)
        for hit in taint.of(person)
        if hit.people > Level.REPORT
    ]
    for tie in own:
        reasons += _of_tie(tie, taint, graph)
    reasons += _of_declaration(own, taint, graph.day, declared_on)
    lifting = [plan for plan in plans if plan.covers(person, system, graph.day, taint.policy_digest)]
    standing = [reason for reason in reasons if not (lifting and reason.ground is Ground.EMPLOYER)]
    lifted = [
        replace(reason, lifted_by=lifting[0].id)
        for reason in reasons
        if lifting and reason.ground is Ground.EMPLOYER
    ]
    standing.sort(key=lambda reason: (-reason.level, list(Ground).index(reason.ground), str(reason.party)))
    level = standing[0].level if standing else Level.REPORT
    return PersonVerdict(person, OUTCOMES[level], tuple(standing), tuple(lifted))


def ties_by_person(graph: Graph, *, only: UUID | None = None) -> dict[UUID, list[Tie]]:
    """Return the ties of each person, for judging many: as stated, and as their seats and shares make them."""
    found: dict[UUID, list[Tie]] = {}
    for tie in graph.ties:
        if only in (None, tie.fact.person):
            found.setdefault(tie.fact.person, []).append(tie)
    for held in (*graph.interests, *graph.ended):
        fact = held.fact
        if fact.holder is None or only not in (None, fact.holder):
            continue
        if graph.parties[fact.holder].kind is not PartyKind.PERSON:
            continue
        if fact.type in SEATS:
            role = SEAT_ROLES.get(fact.type, Role.DIRECTOR)
        elif fact.type in IN_CAPITAL:
            role = Role.EQUITY
        else:
            continue
        share = fact.most if role is Role.EQUITY else None
        made = Affiliation(fact.holder, fact.subject, role, fact.start, fact.end, share=share)
        found.setdefault(fact.holder, []).append(Tie(made, held.statement))
    return found


def _of_tie(tie: Tie, taint: Taint, graph: Graph) -> list[Reason]:
    fact, day = tie.fact, graph.day
    excluded = taint.excluded_as(fact.party)
    if excluded is not None:
        return _of_tie_with_excluded(fact, excluded, taint, graph, current=is_current(tie, day))
    if not is_current(tie, day):
        return []
    if fact.role is Role.RELATIVE or fact.role not in WORKING:
        return []
    return [
        Reason(Ground.EMPLOYER, hit.people, fact.party, hit.excluded, fact, hit)
        for hit in taint.of(fact.party)
        if hit.people > Level.REPORT
    ]


def _of_tie_with_excluded(
    fact: Affiliation, excluded: UUID, taint: Taint, graph: Graph, *, current: bool
) -> list[Reason]:
    """Judge a tie with the excluded party itself, or with what it controls, which counts as it."""
    hit = next((hit for hit in taint.of(fact.party) if hit.excluded == excluded), None)
    if fact.role is Role.RELATIVE:
        return [Reason(Ground.RELATIVE, Level.REVIEW, fact.party, excluded, fact, hit)] if current else []
    if fact.role is Role.EQUITY and not equity_counts(
        graph, taint.policy, party=fact.party, excluded=excluded, share=fact.share
    ):
        return []
    if current:
        return [Reason(Ground.AFFILIATION, Level.DENY, fact.party, excluded, fact, hit)]
    if fact.end is None:
        return []
    clean_on = taint.policy.clean_on(fact.end)
    if graph.day >= clean_on:
        return []
    until = clean_on - timedelta(days=1)
    return [Reason(Ground.COOLING_OFF, Level.DENY, fact.party, excluded, fact, hit, until)]


def _of_declaration(own: Sequence[Tie], taint: Taint, day: date, declared_on: date | None) -> list[Reason]:
    """Judge the age of what the person declared, record by record; the oldest decides (11, 15).

    `declared_on` is the age of the declaration as a whole; a tie that it does not speak of again has its own.
    """
    if declared_on is None:
        return [Reason(Ground.UNDECLARED, Level.REVIEW)]
    ages: list[tuple[date, Affiliation | None]] = [(declared_on, None)]
    ages += [
        (tie.fact.reaffirmed_on or tie.statement.date, tie.fact)
        for tie in own
        if tie.statement.assurance is Assurance.DECLARED and is_current(tie, day)
    ]
    oldest, fact = min(ages, key=lambda age: age[0])
    age = (day - oldest).days
    if age <= taint.policy.reaffirm_days:
        return []
    late = age > taint.policy.reaffirm_days + taint.policy.grace_days
    level = Level.DENY if late else Level.REVIEW
    return [Reason(Ground.REAFFIRM, level, None if fact is None else fact.party, tie=fact)]
