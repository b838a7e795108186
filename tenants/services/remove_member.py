"""Remove a member: membership, sessions here and tokens end; the row stays, for the log's ids to mean something."""

from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Role
from tenants.gate.api_tokens import revoke_tokens_of
from tenants.gate.people import change_membership, person_of_member
from tenants.gate.sessions import end_sessions_at
from tenants.models import Member
from tenants.services.end_admin_key import end_keys_of_member
from tenants.services.end_support import close_visit_of
from tenants.services.grantable import refuse_grant


def remove_member(context: TenantContext, *, member_id: UUID) -> None:
    """End a member's place, inside the caller's unit. Raises `NotFound`, `OwnersOnly`, `LastOwner`.

    Other processes notice within the 5 s for which they remember a standing.
    """
    member = Member.objects.select_for_update().filter(id=member_id, is_active=True).first()
    if member is None:
        raise NotFound("member")
    if member.role == Role.OWNER:
        refuse_grant(context, Role.OWNER, held=Role.OWNER)
    member.is_active = False
    member.save(update_fields=["is_active"])
    record(context, Verb.MEMBER_REMOVED, object_kind="member", object_id=member_id)
    close_visit_of(context, member_id)
    # Last, since these commit at once: if the first refuses, the rest rolls back.
    change_membership(member_id, end=True)
    end_keys_of_member(context, member_id)
    end_sessions_at(person_of_member(member_id), context.tenant_id)
    revoke_tokens_of(member_id)
