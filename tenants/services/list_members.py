"""The members of a tenant with their names opened: a delivery, so it is in the log before it leaves."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from audit.services.deliver import MOST_OBJECTS, deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Role
from tenants.models import Member


@dataclass(frozen=True, slots=True)
class ListedMember:
    """One member as colleagues see them."""

    member_id: UUID
    name: str = field(repr=False)
    email: str = field(repr=False)
    role: Role
    joined_at: datetime
    is_active: bool = True


def list_members(
    context: TenantContext, *, page: int = 0, former: bool = False
) -> tuple[list[ListedMember], bool]:
    """Return one page (from 0) of up to 1,000 members, first joined first, and whether more follow.

    Active ones; with `former` those who have left too, after the others.
    """
    start = max(page, 0) * MOST_OBJECTS
    wanted = Member.objects.all() if former else Member.objects.filter(is_active=True)
    rows = list(wanted.order_by("-is_active", "joined_at", "id")[start : start + MOST_OBJECTS + 1])
    listed = [_open(context, row) for row in rows[:MOST_OBJECTS]]
    if listed:
        deliver(
            context,
            Verb.MEMBERS_DELIVERED,
            object_kind="member",
            objects=[(m.member_id, hashlib.sha256(f"{m.name}\0{m.email}".encode()).digest()) for m in listed],
        )
    return listed, len(rows) > MOST_OBJECTS


def _open(context: TenantContext, row: Member) -> ListedMember:
    keyring = context.keyring
    return ListedMember(
        row.id,
        keyring.open(row.name, field=Member.name, row=row.id).decode(),
        keyring.open(row.email, field=Member.email, row=row.id).decode(),
        Role(row.role),
        row.joined_at,
        row.is_active,
    )
