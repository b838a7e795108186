"""Admit a person to a tenant: a membership at the gate, and a member row of the tenant's own."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Role
from tenants.gate.people import add_membership, know_person
from tenants.models import Member


def admit_member(context: TenantContext, *, person_id: UUID, role: Role) -> UUID:
    """Return the new member's id. Opens its own unit of work.

    The membership comes first: a member row without one would be a ghost in lists, while a membership
    without a row is healed by admitting again.
    """
    member_id = add_membership(person_id=person_id, tenant_id=context.tenant_id, role=role)
    with acting(context):
        write_member(context, member_id=member_id, person_id=person_id, role=role, now=timezone.now())
    return member_id


def write_member(
    context: TenantContext, *, member_id: UUID, person_id: UUID, role: Role, now: datetime
) -> None:
    """Write or revive the tenant's own row of a member and record the admission, inside the caller's unit."""
    person, keyring = know_person(person_id), context.keyring
    Member.objects.update_or_create(
        id=member_id,
        defaults={
            "name": keyring.seal(person.name.encode(), field=Member.name, row=member_id, unit=member_id),
            "email": keyring.seal(person.email.encode(), field=Member.email, row=member_id, unit=member_id),
            "role": role,
            "is_active": True,
            "joined_at": now,
        },
    )
    record(
        context, Verb.MEMBER_ADMITTED, object_kind="member", object_id=member_id, detail={"role": role.value}
    )
