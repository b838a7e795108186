"""Which roles somebody may give or take: only owners make and unmake owners; operators exist with the operator only."""

from http import HTTPStatus

from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid, RingfenceError
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.places import tenant_facts
from tenants.values import TenantKind

CUSTOMER_ROLES = (Role.OWNER, Role.ADMIN, Role.MANAGER, Role.REVIEWER, Role.LABELER, Role.AUDITOR)
OPERATOR_ROLES = (Role.OWNER, Role.OPERATOR, Role.AUDITOR)


class OwnersOnly(RingfenceError):
    """An admin reaches for an owner's place."""

    code = "owners_only"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("Only an owner can make, change or remove an owner. Ask one of them.")


def grantable_roles(context: TenantContext) -> tuple[Role, ...]:
    """Return the roles that the actor may give in their tenant."""
    _, kind = tenant_facts(context.tenant_id)
    roles = OPERATOR_ROLES if kind == TenantKind.OPERATOR else CUSTOMER_ROLES
    if context.role is Role.OWNER or context.purpose is Purpose.SETUP:
        return roles
    return tuple(role for role in roles if role is not Role.OWNER)


def refuse_grant(context: TenantContext, role: Role, *, held: Role | None = None) -> None:
    """Raise `OwnersOnly` or `Invalid` unless the actor may give `role` to whoever has the role `held`."""
    roles = grantable_roles(context)
    if Role.OWNER not in roles and Role.OWNER in {role, held}:
        raise OwnersOnly
    if role not in roles:
        raise Invalid(f"There is no role “{role}” in this workspace.", field="role")
