"""People in the control database, for services: who they are, and their places in tenants.

`tenants.gate` is the only room that opens the control database; services call these functions.
"""

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate.errors import AlreadyThere, LastOwner, VisitStays
from tenants.gate.policies import seal_party
from tenants.gate.resolve import forget
from tenants.keys.realm import blind_identity, open_identity, seal_identity
from tenants.people.models import Membership, Person, Tenant
from tenants.values import TenantKind, TenantState

PERSON = Person._meta.db_table
PUBLIC_ID_BYTES = 10
LOG_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person with their personal data opened."""

    person_id: UUID
    email: str = field(repr=False)
    name: str = field(repr=False)
    has_second_factor: bool


def add_person(*, email: str, name: str, password: str | None) -> UUID:
    """Make a person. `password` None: they can only come in by invitation or reset."""
    person_id = uuid7()
    with control_database():
        Person.objects.create(
            id=person_id,
            email_blind=blind_identity(email),
            email=seal_identity(email.strip(), table=PERSON, column="email", row=person_id),
            name=seal_identity(name.strip(), table=PERSON, column="name", row=person_id),
            password=make_password(password),
            created_at=timezone.now(),
        )
    return person_id


def find_person(email: str) -> UUID | None:
    """Return who has this e-mail address, ignoring case."""
    with control_database():
        return Person.objects.filter(email_blind=blind_identity(email)).values_list("id", flat=True).first()


def know_person(person_id: UUID) -> KnownPerson:
    """Return a person's own data."""
    with control_database():
        row = Person.objects.get(id=person_id)
        return KnownPerson(
            row.id,
            open_identity(row.email, table=PERSON, column="email", row=row.id),
            open_identity(row.name, table=PERSON, column="name", row=row.id),
            row.totp is not None,
        )


def pseudonym_of(email: str) -> str:
    """Return a stable name for an address, under a key: what counters and logs may hold of it."""
    with control_database():
        return blind_identity(email).hex()


def person_of_member(member_id: UUID) -> UUID:
    """Return the person behind a member id. Raises LookupError."""
    with control_database():
        person_id = Membership.objects.filter(member_id=member_id).values_list("person_id", flat=True).first()
    if person_id is None:
        raise LookupError("no such member")
    return person_id


def add_membership(*, person_id: UUID, tenant_id: UUID, role: Role) -> UUID:
    """Give a person a place in a tenant; return the member id under which that tenant knows them.

    Whoever comes back gets their former member id, and the next epoch, so that nothing old is good again.
    """
    with control_database(), transaction.atomic(using="control"):
        membership = place_in(person_id=person_id, tenant_id=tenant_id, role=role)
    forget()
    return membership.member_id


def place_in(*, person_id: UUID, tenant_id: UUID, role: Role) -> Membership:
    """Make or renew a membership. Control database open, in a transaction."""
    membership, made = Membership.objects.select_for_update().get_or_create(
        person_id=person_id, tenant_id=tenant_id, defaults={"role": role, "created_at": timezone.now()}
    )
    if not made:
        if membership.ended_at is None and not _is_over(membership):
            raise AlreadyThere
        membership.epoch += 1
        membership.role, membership.ended_at, membership.ends_at = role, None, None
        membership.save(update_fields=["epoch", "role", "ended_at", "ends_at"])
    return membership


def change_membership(member_id: UUID, *, role: Role | None = None, end: bool = False) -> None:
    """Change or end a membership; its epoch moves, which voids sessions' standing, leases and tickets.

    Raises `LastOwner` when the tenant would be left without an owner, and `VisitStays` for another role of support.
    """
    with control_database(), transaction.atomic(using="control"):
        # The tenant's row is the lock: two owners who demote each other at once must not both succeed.
        tenant_id = Membership.objects.values_list("tenant_id", flat=True).get(member_id=member_id)
        Tenant.objects.select_for_update().get(id=tenant_id)
        membership = Membership.objects.select_for_update().get(member_id=member_id)
        if (
            membership.role == Role.OWNER
            and membership.ended_at is None
            and (end or role not in {None, Role.OWNER})
        ):
            others = Membership.objects.filter(tenant_id=tenant_id, role=Role.OWNER, ended_at=None)
            if not others.exclude(id=membership.id).exists():
                raise LastOwner
        if role is not None and membership.ends_at is not None:
            raise VisitStays
        membership.epoch += 1
        if role is not None:
            membership.role = role
        if end:
            membership.ended_at = timezone.now()
        membership.save(update_fields=["epoch", "role", "ended_at"])
    forget()


def _is_over(membership: Membership) -> bool:
    return membership.ends_at is not None and membership.ends_at <= timezone.now()


def draft_tenant(*, kind: TenantKind, state: TenantState) -> Tenant:
    """Return a tenant that is not in the control database yet, with fresh random ids."""
    return Tenant(
        id=uuid7(),
        public_id=secrets.token_hex(PUBLIC_ID_BYTES),
        log_id=secrets.token_hex(LOG_ID_BYTES),
        kind=kind,
        state=state,
        made_in=settings.MODE,
        created_at=timezone.now(),
    )


def place_tenant(tenant: Tenant) -> None:
    """Put a drafted tenant into the control database: from here on the gate knows it."""
    with control_database():
        tenant.save(force_insert=True)


def set_tenant_state(tenant_id: UUID, state: TenantState) -> None:
    """Move a tenant to another state."""
    with control_database():
        Tenant.objects.filter(id=tenant_id).update(state=state)
    forget()


def set_customer_party(tenant_id: UUID, party: UUID | None) -> None:
    """Say which party of the registry the customer behind a tenant is: the side on which its work stands."""
    with control_database():
        Tenant.objects.filter(id=tenant_id).update(sealed_party=seal_party(tenant_id, party))
    forget()
