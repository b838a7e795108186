"""The canaries' people: who they are, and credentials with which the isolation check calls as they would."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import models
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import GRANTS, Permission, Role
from tenants.gate.canary_policy import canary_policy
from tenants.gate.canary_registry import offer_import
from tenants.gate.secrets import hash_of, new_secret
from tenants.gate.sessions import mint_session
from tenants.gate.verdicts import judged
from tenants.keys.realm import blind_identity, seal_identity
from tenants.people.models import (
    AdminKey,
    ApiToken,
    Closing,
    Invitation,
    KeyRecovery,
    Membership,
    MitigationPlan,
    PolicyVersion,
    Tenant,
)
from tenants.values import TenantKind

TOKEN_LIFE = timedelta(minutes=10)
OFFERS: Mapping[str, type[models.Model]] = {
    "closing_id": Closing,
    "invitation_id": Invitation,
    "key_id": AdminKey,
    "plan_id": MitigationPlan,
    "policy_id": PolicyVersion,
    "recovery_id": KeyRecovery,
    "token_id": ApiToken,
}
"""Rows of the control database that routes take the ids of, by the name of their argument."""


@dataclass(frozen=True, slots=True)
class CanaryMember:
    """One of a canary's members."""

    person_id: UUID
    member_id: UUID
    role: Role


@dataclass(frozen=True, slots=True)
class Credentials:
    """How one member calls: the cookie's value for pages, the bearer token for the API."""

    session: str = field(repr=False)
    token: str = field(repr=False)


def known_tenants() -> frozenset[UUID]:
    """Return the id of every tenant there ever was, destroyed ones included."""
    with control_database():
        return frozenset(Tenant.objects.values_list("id", flat=True))


def tenant_with(public_id: str) -> UUID:
    """Return the id of the tenant with this public id. Raises LookupError."""
    with control_database():
        found = Tenant.objects.filter(public_id=public_id).values_list("id", flat=True).first()
    if found is None:
        raise LookupError(f"no tenant has the public id {public_id}")
    return found


def canary_members(tenant_id: UUID) -> dict[Role, CanaryMember]:
    """Return the members of a canary, one for each role, in the order of roles; of nobody else's tenant."""
    with control_database():
        rows = Membership.objects.filter(
            tenant_id=tenant_id, tenant__kind=TenantKind.CANARY, ended_at=None
        ).order_by("-id")
        found = {Role(row.role): CanaryMember(row.person_id, row.member_id, Role(row.role)) for row in rows}
    return {role: found[role] for role in Role if role in found}


def canary_credentials(tenant_id: UUID) -> dict[Role, Credentials]:
    """Mint a session and an API token for each member of a canary, second factor shown.

    The check calls this inside a transaction that it rolls back, so they are never anybody's.
    """
    now, made = timezone.now(), {}
    for role, member in canary_members(tenant_id).items():
        token = new_secret("rf_canary_")
        session = mint_session(member.person_id, tenant_id=tenant_id, second_factor=True)
        with control_database():
            membership = Membership.objects.get(member_id=member.member_id)
            ApiToken.objects.create(
                hash=hash_of(token),
                membership=membership,
                permissions=[permission.value for permission in _all_permissions(role)],
                created_at=now,
                expires_at=now + TOKEN_LIFE,
            )
        made[role] = Credentials(session, token)
    return made


def canary_offers(tenant_id: UUID) -> dict[type[models.Model], models.Model]:
    """Make an invitation and an API token of a canary, for routes that take an id. Rolled back, as above."""
    now, owner = timezone.now(), canary_members(tenant_id)[Role.OWNER]
    row = uuid7()
    with control_database():
        email = f"{row.hex}@canary.ringfence.example"
        invitation = Invitation.objects.create(
            id=row,
            hash=hash_of(new_secret()),
            tenant_id=tenant_id,
            email_blind=blind_identity(email),
            email=seal_identity(email, table=Invitation._meta.db_table, column="email", row=row),
            role=Role.LABELER,
            created_at=now,
            expires_at=now + TOKEN_LIFE,
        )
        token = ApiToken.objects.create(
            hash=hash_of(new_secret()),
            membership=Membership.objects.get(member_id=owner.member_id),
            permissions=[],
            created_at=now,
            expires_at=now + TOKEN_LIFE,
        )
    offer_import(owner.member_id)
    offers: dict[type[models.Model], models.Model] = {
        Invitation: invitation,
        ApiToken: token,
    }
    return {**offers, **canary_policy(tenant_id, owner=owner.member_id)}


def keep_ready(tenant_id: UUID) -> None:
    """Keep what a check of a canary would otherwise make in its own long transaction, where a second check waits."""
    canary_policy(tenant_id, owner=canary_members(tenant_id)[Role.OWNER].member_id)
    judged(tenant_id)


def _all_permissions(role: Role) -> list[Permission]:
    return sorted(GRANTS[role])
