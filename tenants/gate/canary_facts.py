"""Facts, policies and views about canaries, for the isolation check: made in transactions that are rolled back."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.context import TenantContext
from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.canaries import CanaryMember, canary_members
from tenants.gate.histories import forget_landscape
from tenants.gate.policies import keep_draft, seal_party
from tenants.gate.registry import NewParty, append, known
from tenants.gate.tokens import token_signer
from tenants.gate.verdicts import forget_verdicts, today
from tenants.neutrality.facts import Affiliation, Interest, InterestType, Party, PartyKind, Statement
from tenants.neutrality.facts import Role as Tie
from tenants.neutrality.policy import Policy
from tenants.people.models import PersonView, PolicyVersion, Tenant
from tenants.values import TenantKind


def forget_all() -> None:
    """Look again at once in this process."""
    forget_verdicts()
    forget_landscape()


def add_party(name: str, kind: PartyKind = PartyKind.ENTITY, *, host: str = "") -> UUID:
    """Register a party, with a host that is its."""
    made = uuid7()
    identifiers = (("host", host),) if host else ()
    append([NewParty(Party(made, name, kind, identifiers=identifiers))])
    return made


def rule_canary(
    tenant_id: UUID,
    *,
    excluded: Collection[UUID] = (),
    rivals: Collection[UUID] = (),
    ago: timedelta = timedelta(hours=1),
) -> Policy:
    """Let a policy rule in a canary, as if it had been drafted a while ago."""
    _only_canary(tenant_id)
    policy = Policy(excluded=frozenset(excluded), rivals=frozenset(rivals))
    kept = keep_draft(tenant_id, policy, drafted_by=None)
    with control_database():
        PolicyVersion.objects.filter(id=kept.id).update(drafted_at=timezone.now() - ago)
    forget_all()
    return policy


def party_of_canary(tenant_id: UUID, role: Role = Role.LABELER) -> tuple[CanaryMember, UUID]:
    """Return one of a canary's members, and the party that they are, made where there is none."""
    _only_canary(tenant_id)
    member = canary_members(tenant_id)[role]
    own = known().party_of.get(member.person_id)
    if own is None:
        own = uuid7()
        append([NewParty(Party(own, "", PartyKind.PERSON), person=member.person_id)])
    return member, own


def tie_canary(tenant_id: UUID, employer: UUID, *, days_ago: int, role: Role = Role.LABELER) -> CanaryMember:
    """State now that a canary's member has worked for `employer` since some days ago."""
    member, own = party_of_canary(tenant_id, role)
    day = today()
    tie = Affiliation(own, employer, Tie.EMPLOYEE, start=day - timedelta(days=days_ago))
    stated = Statement(uuid7(), uuid7(), tie, day, timezone.now(), source="isolation check")
    append([], [stated])
    forget_all()
    return member


def hold_without_votes(holder: UUID, subject: UUID, percent: str) -> None:
    """State a holding without votes between two parties made for the check."""
    part = Decimal(percent)
    fact = Interest(subject, holder, InterestType.SHAREHOLDING, part, part, voting=False)
    append([], [Statement(uuid7(), uuid7(), fact, today(), timezone.now(), source="isolation check")])
    forget_all()


def name_canary(tenant_id: UUID, party: UUID) -> None:
    """Say which party a canary is."""
    _only_canary(tenant_id)
    with control_database():
        Tenant.objects.filter(id=tenant_id).update(sealed_party=seal_party(tenant_id, party))
    forget_all()


def view_canary(tenant_id: UUID, person_id: UUID) -> None:
    """Keep a view that no door was asked about."""
    _only_canary(tenant_id)
    day = today()
    with control_database():
        PersonView.objects.create(person_id=person_id, tenant_id=tenant_id, first_day=day, last_day=day)
    forget_all()


def acting_member(context: TenantContext, member: CanaryMember) -> TenantContext:
    """Return the context in which a canary's member acts, whatever the gate would say."""
    _only_canary(context.tenant_id)
    return replace(
        context,
        actor_id=member.member_id,
        role=member.role,
        token_for=token_signer(context.tenant_id, member.member_id, Purpose.CHECK, 0),
    )


def _only_canary(tenant_id: UUID) -> None:
    with control_database():
        if not Tenant.objects.filter(id=tenant_id, kind=TenantKind.CANARY).exists():
            raise LookupError("this is done to canary tenants only")
