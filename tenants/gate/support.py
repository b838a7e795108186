"""Support visits at the gate: a membership that carries its own end, and who may have one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import SUPPORT_ROLES, Role
from tenants.gate.api_tokens import revoke_tokens_of
from tenants.gate.errors import AlreadyThere, NotNow
from tenants.gate.people import place_in
from tenants.gate.resolve import forget, holds, works_for_operator
from tenants.gate.sessions import end_sessions_at
from tenants.people.models import Membership, Tenant
from tenants.values import TenantKind, TenantState


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A support membership that is over, or was ended, and of which the tenant's log may not tell yet."""

    tenant_id: UUID
    member_id: UUID


def customer_with(public_id: str) -> UUID:
    """Return the customer's tenant with this public id. Raises `NotFound` for all else, and `NotNow`."""
    with control_database():
        tenant = Tenant.objects.filter(public_id=public_id, kind=TenantKind.CUSTOMER).first()
    if tenant is None:
        raise NotFound("workspace")
    if tenant.state != TenantState.ACTIVE:
        raise NotNow(tenant.state)
    return tenant.id


def visitor_behind(operator_member: UUID) -> UUID | None:
    """Return the person who has this member id at the operator and works for it; None when they do not, now."""
    with control_database():
        membership = Membership.objects.filter(
            member_id=operator_member, tenant__kind=TenantKind.OPERATOR, role=Role.OPERATOR, ended_at=None
        ).first()
        return None if membership is None else membership.person_id


def refuse_member(person_id: UUID, tenant_id: UUID) -> None:
    """Raise `AlreadyThere` for somebody who has a place in the tenant anyway."""
    with control_database():
        membership = Membership.objects.filter(person_id=person_id, tenant_id=tenant_id).first()
        if membership is not None and holds(membership):
            raise AlreadyThere


@contextmanager
def placing_visitor(*, person_id: UUID, tenant_id: UUID, role: Role, ends_at: datetime) -> Iterator[UUID]:
    """Make a membership that ends by itself; yield its member id, and commit when the block has ended well.

    The block commits the tenant's own record of it: first the entry in the log, then the access. A crash between
    the two leaves a record of a visit that nobody can make. Raises `AlreadyThere`, `NotNow`, and `NotFound` for
    whoever does not work for the operator.
    """
    if role not in SUPPORT_ROLES:
        raise ValueError(f"support is never {role}")
    with control_database(), transaction.atomic(using="control"):
        tenant = Tenant.objects.select_for_update().get(id=tenant_id)
        if tenant.kind != TenantKind.CUSTOMER or tenant.state != TenantState.ACTIVE:
            raise NotNow(tenant.state)
        if not works_for_operator(person_id):
            raise NotFound("person of the operator")
        membership = place_in(person_id=person_id, tenant_id=tenant_id, role=role)
        membership.ends_at = ends_at
        membership.save(update_fields=["ends_at"])
        yield membership.member_id
    forget()


def end_visit(member_id: UUID) -> bool:
    """End a support membership with its sessions and tokens, now; its epoch voids leases, tickets and streams.

    Return False where the member is no support: nobody else's place ends here. Harmless when it has ended.
    """
    with control_database(), transaction.atomic(using="control"):
        membership = (
            Membership.objects.select_for_update().filter(member_id=member_id, ends_at__isnull=False).first()
        )
        if membership is None:
            return False
        if membership.ended_at is None:
            Membership.objects.filter(id=membership.id).update(ended_at=timezone.now(), epoch=F("epoch") + 1)
        person_id, tenant_id = membership.person_id, membership.tenant_id
    end_sessions_at(person_id, tenant_id)
    revoke_tokens_of(member_id)
    forget()
    return True


def settle_visit(member_id: UUID) -> None:
    """Note that the tenant's log tells of the end: the sweep need not look again."""
    with control_database():
        Membership.objects.filter(member_id=member_id, ended_at__isnull=False).update(ends_at=None)


def visits_to_end() -> list[OpenVisit]:
    """Return support memberships whose time is over or that were ended, until they are settled."""
    with control_database():
        rows = Membership.objects.filter(
            Q(ends_at__lte=timezone.now()) | Q(ended_at__isnull=False), ends_at__isnull=False
        )
        return [OpenVisit(row.tenant_id, row.member_id) for row in rows.order_by("ends_at")[:500]]
