"""What a replay and an attestation need of people and parties: who is tied to whom, and why, in words for officers."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ringfence.kernel.database import control_database
from tenants.gate.plans import approved
from tenants.gate.policies import InForce, in_force, versions
from tenants.gate.registry import known
from tenants.gate.telling import person_told
from tenants.gate.verdicts import judged, verdict_on_person
from tenants.neutrality.facts import Party
from tenants.neutrality.hygiene import Doubt, findings
from tenants.neutrality.leaning import subprocessors
from tenants.neutrality.people import Plan
from tenants.people.models import Membership

UNKNOWN = frozenset({Doubt.UNDISCLOSED, Doubt.UNCLASSIFIED, Doubt.NO_SHARE, Doubt.CONTRADICTED})


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """The graph as a statement speaks of it. Counted are statements about parties, which everybody may see.

    What members say about themselves is not counted: a tenant would learn of people who are not its own.
    """

    version: int
    digest: bytes
    statements: int
    unknown: int
    oldest_days: int | None
    unknowns: tuple[str, ...]
    subprocessors: int


def excluded_now(tenant_id: UUID) -> list[Party]:
    """Return the parties that the policy in force excludes, by name."""
    here = judged(tenant_id)
    found = [_party(each, here.known.parties) for each in here.in_force.policy.excluded]
    return sorted(found, key=lambda party: (party.name.casefold(), party.id))


def named_parties(ids: Iterable[UUID]) -> dict[UUID, Party]:
    """Return those of `ids` by their newest description; one that nobody registered has no name."""
    parties = known().parties
    return {each: _party(each, parties) for each in ids}


def members_tied_to(tenant_id: UUID, party: UUID) -> frozenset[UUID]:
    """Return the tenant's members, former ones too, who have or had a tie with a party, or with what it controls."""
    here = judged(tenant_id)
    wanted = {party} | here.taint.counts_as.get(party, frozenset())
    with control_database():
        members = list(Membership.objects.filter(tenant_id=tenant_id).values_list("member_id", "person_id"))
    return frozenset(
        member
        for member, person in members
        if any(tie.fact.party in wanted for tie in here.ties.get(here.known.party_of.get(person, person), ()))
    )


def why_kept_away(tenant_id: UUID, names: Mapping[UUID, str]) -> dict[UUID, tuple[str, ...]]:
    """Return by member, as far as the verdict of today gives any, the reasons with their whole paths.

    `names` has the members' names as their own tenant calls them.
    """
    with control_database():
        members = dict(
            Membership.objects.filter(tenant_id=tenant_id, member_id__in=list(names)).values_list(
                "member_id", "person_id"
            )
        )
    told: dict[UUID, tuple[str, ...]] = {}
    for member, person in members.items():
        verdict, here = verdict_on_person(tenant_id, person)
        told[member] = person_told(
            verdict,
            name=names[member] or "this member",
            policy=here.in_force.policy,
            graph=here.graph,
            facts=here.known,
        )
    return told


def policies_between(tenant_id: UUID, since: datetime, until: datetime) -> list[InForce]:
    """Return the policies that ruled in a period, in order, each as often as it began to rule."""
    moments = {since}
    for version in versions(tenant_id):
        for moment in (version.drafted_at, version.effective_from, version.signed_at, version.withdrawn_at):
            if moment is not None and since < moment < until:
                moments.add(moment)
    found: list[InForce] = []
    for moment in sorted(moments):
        ruled = in_force(tenant_id, at=moment)
        if not found or (ruled.digest, ruled.signed) != (found[-1].digest, found[-1].signed):
            found.append(ruled)
    return found


def plans_of(tenant_id: UUID) -> tuple[Plan, ...]:
    """Return the walled-off teams that the tenant has approved and not ended."""
    return approved(tenant_id, party_of=known().party_of)


def graph_facts(tenant_id: UUID) -> GraphFacts:
    """Return what a statement says of the graph, under the tenant's policy of today."""
    here = judged(tenant_id)
    graph, facts = here.graph, here.known
    public = {held.statement.id: held.statement for held in graph.interests}
    doubts = [
        each for each in findings(graph, here.in_force.policy)
        if each.doubt in UNKNOWN and any(statement in public for statement in each.statements)
    ]  # fmt: skip
    doubtful = {statement for each in doubts for statement in each.statements if statement in public}
    counts: dict[Doubt, int] = {}
    for each in doubts:
        counts[each.doubt] = counts.get(each.doubt, 0) + 1
    ages = [(graph.day - statement.date).days for statement in public.values()]
    return GraphFacts(
        version=facts.version,
        digest=facts.digest,
        statements=len(public),
        unknown=len(doubtful),
        oldest_days=max(0, *ages) if ages else None,
        unknowns=tuple(f"{counts[doubt]} × {doubt.value}" for doubt in Doubt if doubt in counts),
        subprocessors=len(subprocessors(graph.parties.values())),
    )


def written_party(party: Party) -> str:
    """Return a party as statements name it: by its LEI or our id, and its name."""
    code = f"lei:{party.lei}" if party.lei else f"party:{party.id}"
    return f"{code} ({party.name})" if party.name else code


def _party(party: UUID, parties: Mapping[UUID, Party]) -> Party:
    return parties.get(party) or Party(party, "")


def known_members(tenant_id: UUID, members: Collection[UUID]) -> frozenset[UUID]:
    """Return those of `members` who are, or were, members of the tenant."""
    with control_database():
        rows = Membership.objects.filter(tenant_id=tenant_id, member_id__in=list(members))
        return frozenset(rows.values_list("member_id", flat=True))
