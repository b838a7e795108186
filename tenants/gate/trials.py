"""A policy tried on: whom and what it would keep away today, without ruling. Nothing of it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from tenants.gate.epochs import epochs
from tenants.gate.plans import approved
from tenants.gate.registry import declared_on, known
from tenants.gate.telling import destination_told, person_told
from tenants.gate.verdicts import Judged, judged
from tenants.neutrality.destinations import judge_party
from tenants.neutrality.facts import PartyKind
from tenants.neutrality.graph import graph_on
from tenants.neutrality.people import judge_person
from tenants.neutrality.policy import Policy
from tenants.neutrality.replay import Epoch
from tenants.neutrality.taint import Taint, taint_of
from tenants.neutrality.verdict import Outcome
from tenants.people.models import Membership


@dataclass(frozen=True, slots=True)
class TriedPerson:
    """One member under the policy in force and under the one that is tried."""

    member_id: UUID
    before: Outcome
    after: Outcome
    why: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether the trial comes to another answer."""
        return self.before is not self.after


@dataclass(frozen=True, slots=True)
class TriedPlace:
    """One way out that the registry knows: a host, a bucket, a model endpoint."""

    party: UUID
    name: str
    before: Outcome
    after: Outcome
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Today:
    """What a policy would answer now."""

    people: tuple[TriedPerson, ...]
    places: tuple[TriedPlace, ...]
    lapsing: int
    """Plans that hold now and would want a new approval."""


def try_today(tenant_id: UUID, policy: Policy, *, names: Mapping[UUID, str]) -> Today:
    """Judge every member and every known place by `policy`. `names` are the members', by member id."""
    here = judged(tenant_id)
    taint = taint_of(here.graph, policy, operator=here.known.operator)
    with control_database():
        rows = Membership.objects.filter(tenant_id=tenant_id, ended_at=None).order_by("member_id")
        members = list(rows.values_list("member_id", "person_id"))
    plans = approved(tenant_id, party_of=here.known.party_of)
    people = []
    for member_id, person_id in members:
        party = here.known.party_of.get(person_id, person_id)
        before, after = (
            judge_person(
                party,
                taint=each,
                graph=here.graph,
                declared_on=declared_on(person_id),
                plans=plans,
                system=tenant_id,
                ties=here.ties.get(party, []),
            )
            for each in (here.taint, taint)
        )
        words = person_told(
            after,
            name=names.get(member_id, "a member"),
            policy=policy,
            graph=here.graph,
            facts=here.known,
        )
        people.append(TriedPerson(member_id, before.outcome, after.outcome, words))
    holding = [plan for plan in plans if plan.policy_digest == here.in_force.digest]
    lapsing = len(holding) if policy.digest != here.in_force.digest else 0
    return Today(tuple(people), _places(here, taint), lapsing)


def try_period(tenant_id: UUID, policy: Policy, since: datetime, until: datetime) -> tuple[Epoch, ...]:
    """Return whom `policy` would have kept away from `since` until `until`, by what is known now."""
    return epochs(tenant_id, since, until, policy=policy)[1]


def _places(here: Judged, taint: Taint) -> tuple[TriedPlace, ...]:
    found = []
    for party in sorted(here.graph.parties.values(), key=lambda each: (each.name, each.id)):
        if party.kind is not PartyKind.SYSTEM:
            continue
        before, after = (judge_party(party.id, taint=each) for each in (here.taint, taint))
        if before.outcome is not after.outcome:
            words = destination_told(after, policy=taint.policy, graph=here.graph, facts=here.known)
            found.append(TriedPlace(party.id, party.name, before.outcome, after.outcome, words))
    return tuple(found)


def size_of_graph() -> int:
    """Return of how many statements the graph is made: by this a trial grows."""
    return len(known().statements)


def why_on(tenant_id: UUID, policy: Policy, member_id: UUID, at: datetime, *, name: str) -> tuple[str, ...]:
    """Return why `policy` would have kept a member away on a day, by what is known now, with the whole path."""
    facts = known()
    with control_database():
        person_id = (
            Membership.objects.filter(tenant_id=tenant_id, member_id=member_id)
            .values_list("person_id", flat=True)
            .first()
        )
    if person_id is None:
        return ()
    graph = graph_on(
        at.astimezone(UTC).date(),
        known_at=timezone.now(),
        parties=facts.parties.values(),
        statements=facts.statements.values(),
    )
    party = facts.party_of.get(person_id, person_id)
    verdict = judge_person(
        party,
        taint=taint_of(graph, policy, operator=facts.operator),
        graph=graph,
        declared_on=declared_on(person_id),
    )
    return person_told(verdict, name=name, policy=policy, graph=graph, facts=facts)
