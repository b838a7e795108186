"""Where a person has a place, what a tenant's policy says, and what the operator may count."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ringfence.kernel.database import control_database
from ringfence.kernel.permissions import SECOND_FACTOR_ROLES, Role
from tenants.gate.resolve import standing_of_member
from tenants.gate.verdicts import verdict_on_person
from tenants.neutrality.facts import Assurance
from tenants.neutrality.verdict import Verdict
from tenants.people.models import Membership, Tenant


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place in one tenant."""

    tenant_id: UUID
    public_id: str
    state: str
    kind: str
    member_id: UUID
    role: Role
    admitted: bool
    """Whether the tenant's neutrality verdict on the person allows, or wants no more than their declaration."""

    @property
    def needs_second_factor(self) -> bool:
        """Whether the role demands a second factor."""
        return self.role in SECOND_FACTOR_ROLES


@dataclass(frozen=True, slots=True)
class Tie:
    """One declared tie of a person."""

    party: str
    role: str
    start: date | None
    end: date | None
    here: str
    """What it does in this workspace: deny, review, or nothing."""
    until: date | None = None
    """The last day on which a tie that has ended still does it."""
    attested_by: str = ""
    """Who else than the person has said it; empty for their own word."""


@dataclass(frozen=True, slots=True)
class CountedTenant:
    """What the operator sees of a tenant: a random id, its state, and how many people it has."""

    public_id: str
    kind: str
    state: str
    members: int
    created_at: datetime


def places_of(person_id: UUID) -> list[Place]:
    """Return a person's places, oldest first, whatever state their tenants are in."""
    with control_database():
        rows = Membership.objects.select_related("tenant").filter(person_id=person_id, ended_at=None)
        memberships = list(rows.order_by("created_at"))
    out = []
    for row in memberships:
        standing = standing_of_member(row.member_id)
        if standing is not None and not standing.over:
            out.append(
                Place(
                    row.tenant_id, row.tenant.public_id, row.tenant.state, row.tenant.kind, row.member_id,
                    Role(row.role), bool(standing.verdict) or standing.declaration_owed,
                )
            )  # fmt: skip
    return out


def tenant_facts(tenant_id: UUID) -> tuple[str, str]:
    """Return (state, kind) of a tenant."""
    with control_database():
        tenant = Tenant.objects.get(id=tenant_id)
        return tenant.state, tenant.kind


def admission_of(member_id: UUID) -> tuple[Verdict, list[Tie]]:
    """Return the verdict on a member in their tenant, and every tie that they declared."""
    standing = standing_of_member(member_id)
    if standing is None:
        raise LookupError("no such member")
    judged_now, here = verdict_on_person(standing.tenant_id, standing.person_id)
    reasons = {reason.tie: reason for reason in reversed(judged_now.reasons) if reason.tie is not None}
    own = here.ties.get(here.known.party_of.get(standing.person_id, standing.person_id), [])
    ties = [
        Tie(
            here.graph.parties[tie.fact.party].name,
            tie.fact.role.value,
            tie.fact.start,
            tie.fact.end,
            reasons[tie.fact].level.word if tie.fact in reasons else "",
            reasons[tie.fact].until if tie.fact in reasons else None,
            "" if tie.statement.assurance is Assurance.DECLARED else tie.statement.source,
        )
        for tie in own
    ]
    return standing.verdict, ties


def count_tenants() -> list[CountedTenant]:
    """Return every tenant as the operator may see it, newest first."""
    with control_database():
        members = Counter(Membership.objects.filter(ended_at=None).values_list("tenant_id", flat=True))
        return [
            CountedTenant(t.public_id, t.kind, t.state, members[t.id], t.created_at)
            for t in Tenant.objects.order_by("-created_at")[:1000]
        ]


def has_operator() -> bool:
    """Say whether the operator's tenant exists."""
    with control_database():
        return Tenant.objects.filter(kind="operator").exists()
