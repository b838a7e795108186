"""Invitations: a place in one tenant, with one role, for one address. The secret is stored hashed, used once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate.errors import AlreadyThere, NotNow, OfferGone
from tenants.gate.people import PERSON, place_in
from tenants.gate.resolve import forget
from tenants.gate.secrets import hash_of, new_secret
from tenants.keys.realm import blind_identity, open_identity, seal_identity
from tenants.people.models import Invitation, Membership, Person
from tenants.values import TenantState

INVITATION_LIFE = timedelta(days=7)
INVITATION = Invitation._meta.db_table
JOINABLE = frozenset({TenantState.SETTING_UP, TenantState.ACTIVE})


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """A new invitation; the secret exists only here and in the mail."""

    invitation_id: UUID
    email: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation as the inviting tenant's list shows it."""

    invitation_id: UUID
    email: str = field(repr=False)
    role: Role
    created_at: datetime
    expires_at: datetime
    expired: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What whoever holds the secret may know: for which address, with which role, until when."""

    invitation_id: UUID
    tenant_id: UUID
    email: str = field(repr=False)
    role: Role
    expires_at: datetime
    person_id: UUID | None
    """Who has the address already, if anybody."""


def issue_invitation(*, tenant_id: UUID, email: str, role: Role) -> IssuedInvitation:
    """Invite an address; an earlier open invitation of it to the same tenant is replaced.

    Raises `AlreadyThere` when the address belongs to a member.
    """
    now, secret, row, blind = timezone.now(), new_secret(), uuid7(), None
    with control_database(), transaction.atomic(using="control"):
        blind = blind_identity(email)
        if Membership.objects.filter(tenant_id=tenant_id, person__email_blind=blind, ended_at=None).exists():
            raise AlreadyThere
        Invitation.objects.filter(
            tenant_id=tenant_id, email_blind=blind, accepted_at=None, revoked_at=None
        ).update(revoked_at=now)
        Invitation.objects.create(
            id=row,
            hash=hash_of(secret),
            tenant_id=tenant_id,
            email_blind=blind,
            email=seal_identity(email.strip(), table=INVITATION, column="email", row=row),
            role=role,
            created_at=now,
            expires_at=now + INVITATION_LIFE,
        )
    return IssuedInvitation(row, email.strip(), secret)


def invitation_of(tenant_id: UUID, invitation_id: UUID) -> OpenInvitation:
    """Return one open invitation of this tenant. Raises `NotFound`, also for another tenant's."""
    with control_database():
        row = Invitation.objects.filter(
            id=invitation_id, tenant_id=tenant_id, accepted_at=None, revoked_at=None
        ).first()
        if row is None:
            raise NotFound("invitation")
        return _listed(row)


def open_invitations(tenant_id: UUID) -> list[OpenInvitation]:
    """Return a tenant's invitations that are neither accepted nor withdrawn, newest first."""
    with control_database():
        rows = Invitation.objects.filter(tenant_id=tenant_id, accepted_at=None, revoked_at=None)
        return [_listed(row) for row in rows.order_by("-created_at")[:500]]


def revoke_invitation(tenant_id: UUID, invitation_id: UUID) -> None:
    """Withdraw an invitation of this tenant. Raises `NotFound`, also for another tenant's."""
    with control_database():
        done = Invitation.objects.filter(
            id=invitation_id, tenant_id=tenant_id, accepted_at=None, revoked_at=None
        ).update(revoked_at=timezone.now())
    if not done:
        raise NotFound("invitation")


def offer_behind(secret: str) -> Offer:
    """Return what a secret offers. Raises `OfferGone`."""
    with control_database():
        row = Invitation.objects.filter(
            hash=hash_of(secret), accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
        ).first()
        if row is None:
            raise OfferGone("invitation")
        return _offer(row)


@contextmanager
def accepting(
    secret: str, *, person_id: UUID | None, name: str = "", password: str = ""
) -> Iterator[tuple[Offer, UUID, UUID]]:
    """Use up an invitation; yield (offer, person id, member id) and commit when the block has ended well.

    Tenant, role and address come from the invitation's own row and from nowhere else, so that an
    invitation of one tenant cannot open another. `person_id` is who is signed in or has shown the
    password, and must own the address; None makes a new person. Raises `OfferGone`, `AlreadyThere`, `NotNow`.
    """
    encoded = make_password(password) if person_id is None else ""
    with control_database(), transaction.atomic(using="control"):
        row = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("tenant")
            .filter(hash=hash_of(secret), accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())
            .first()
        )
        if row is None:
            raise OfferGone("invitation")
        if row.tenant.state not in JOINABLE:
            raise NotNow(row.tenant.state)
        offer = _offer(row)
        if offer.person_id != person_id:
            raise OfferGone("invitation")
        if person_id is None:
            person_id = uuid7()
            Person.objects.create(
                id=person_id,
                email_blind=row.email_blind,
                email=seal_identity(offer.email, table=PERSON, column="email", row=person_id),
                name=seal_identity(name.strip(), table=PERSON, column="name", row=person_id),
                password=encoded,
                created_at=timezone.now(),
            )
        membership = place_in(person_id=person_id, tenant_id=row.tenant_id, role=offer.role)
        row.accepted_at = timezone.now()
        row.save(update_fields=["accepted_at"])
        yield offer, person_id, membership.member_id
    forget()


def _offer(row: Invitation) -> Offer:
    owner = Person.objects.filter(email_blind=row.email_blind).values_list("id", flat=True).first()
    email = open_identity(row.email, table=INVITATION, column="email", row=row.id)
    return Offer(row.id, row.tenant_id, email, Role(row.role), row.expires_at, owner)


def _listed(row: Invitation) -> OpenInvitation:
    email = open_identity(row.email, table=INVITATION, column="email", row=row.id)
    expired = row.expires_at <= timezone.now()
    return OpenInvitation(row.id, email, Role(row.role), row.created_at, row.expires_at, expired)
