"""Contexts in which no member acts: setting a tenant up, sweeping leases, checking canaries, the platform log."""

from collections.abc import Iterator
from uuid import UUID

from audit.work import WORK_LOG
from ringfence.kernel.context import TenantContext
from ringfence.kernel.database import control_database
from ringfence.kernel.permissions import Permission, Purpose
from tenants.gate.enter import PLATFORM_ACTOR
from tenants.gate.tokens import token_signer
from tenants.keys.keyring import TenantKeyring
from tenants.people.models import Tenant
from tenants.values import TenantKind, TenantState

# What the platform may do by itself, by purpose. It never includes reading content or exporting.
_MAY = {
    Purpose.SETUP: frozenset({Permission.TENANT_SETUP, Permission.MEMBER_INVITE}),
    Purpose.JOB: frozenset(),
    Purpose.NEUTRALITY: frozenset(),
    Purpose.CHECK: frozenset(Permission),
    Purpose.PLATFORM: frozenset({Permission.PLATFORM_VIEW}),
    Purpose.SUPPORT: frozenset(),
}


def platform_context() -> TenantContext:
    """Return the operator's own context: its log is the platform log. Raises LookupError before seeding."""
    with control_database():
        tenant = Tenant.objects.filter(kind=TenantKind.OPERATOR).first()
    if tenant is None:
        raise LookupError("no operator tenant yet: run `manage.py create_tenant --operator` first")
    return service_context(tenant, Purpose.PLATFORM)


def work_log_context() -> TenantContext:
    """Return the context in which proofs of the work log are read: of no tenant, without rights and without keys."""
    return TenantContext(
        tenant_id=WORK_LOG,
        public_id="",
        actor_id=PLATFORM_ACTOR,
        role=None,
        permissions=frozenset(),
        purpose=Purpose.PLATFORM,
        epoch=0,
        keyring=TenantKeyring(WORK_LOG),
        token_for=token_signer(WORK_LOG, PLATFORM_ACTOR, Purpose.PLATFORM, 0),
        recheck=lambda: None,
    )


def canary_contexts() -> list[TenantContext]:
    """Return contexts of the two canary tenants, in order of creation; empty before they are made."""
    with control_database():
        canaries = list(Tenant.objects.filter(kind=TenantKind.CANARY).order_by("id"))
    return [service_context(tenant, Purpose.CHECK) for tenant in canaries]


def every_tenant(purpose: Purpose) -> Iterator[TenantContext]:
    """Yield a service context for each living tenant, one unit of work each; never one unscoped query."""
    with control_database():
        tenants = list(Tenant.objects.exclude(state=TenantState.DESTROYED).order_by("id"))
    for tenant in tenants:
        yield service_context(tenant, purpose)


def tenant_context(tenant_id: UUID, purpose: Purpose) -> TenantContext:
    """Return a service context of one living tenant. Raises LookupError when there is none."""
    with control_database():
        tenant = Tenant.objects.filter(id=tenant_id).exclude(state=TenantState.DESTROYED).first()
    if tenant is None:
        raise LookupError("no such tenant")
    return service_context(tenant, purpose)


def closed_context(tenant_id: UUID, purpose: Purpose) -> TenantContext:
    """Return a service context of a tenant that was closed, for what is left to do. Raises LookupError."""
    with control_database():
        tenant = Tenant.objects.filter(id=tenant_id, state=TenantState.DESTROYED).first()
    if tenant is None:
        raise LookupError("no such closed tenant")
    return service_context(tenant, purpose)


def service_context(tenant: Tenant, purpose: Purpose) -> TenantContext:
    """Return a context in which the platform acts for `tenant`."""
    if purpose is Purpose.CHECK and tenant.kind != TenantKind.CANARY:
        raise LookupError("checks act in canary tenants only")
    return TenantContext(
        tenant_id=tenant.id,
        public_id=tenant.public_id,
        actor_id=PLATFORM_ACTOR,
        role=None,
        permissions=_MAY[purpose],
        purpose=purpose,
        epoch=0,
        keyring=TenantKeyring(tenant.id),
        token_for=token_signer(tenant.id, PLATFORM_ACTOR, purpose, 0),
        recheck=lambda: None,
    )
