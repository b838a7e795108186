"""Change a member's role: their epoch moves, which voids leases, tickets and what sessions remember."""

from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Role
from tenants.gate.admin_keys import SIGNERS
from tenants.gate.people import change_membership
from tenants.models import Member
from tenants.services.end_admin_key import end_keys_of_member
from tenants.services.grantable import refuse_grant


def change_role(context: TenantContext, *, member_id: UUID, role: Role) -> None:
    """Give a member another role, inside the caller's unit. Raises `NotFound`, `OwnersOnly`, `LastOwner`, `Invalid`."""
    member = Member.objects.select_for_update().filter(id=member_id, is_active=True).first()
    if member is None:
        raise NotFound("member")
    refuse_grant(context, role, held=Role(member.role))
    if member.role == role:
        return
    detail = {"from": member.role, "to": role.value}
    member.role = role
    member.save(update_fields=["role"])
    record(context, Verb.MEMBER_ROLE_CHANGED, object_kind="member", object_id=member_id, detail=detail)
    # Last, since it commits at once: if it refuses, the rest rolls back.
    change_membership(member_id, role=role)
    if role not in SIGNERS:
        end_keys_of_member(context, member_id)
