"""Admin keys: whose public halves stand, which are active, and whose signatures count now.

The rules are those of ADR 0040: the first key of a tenant is an owner's; every later one is endorsed by the active
key of another member, or comes by a recovery; a member has one active key; who stops being owner or admin has none.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate.errors import SigningRefused
from tenants.gate.resolve import standing_of_member
from tenants.keys.realm import open_identity, seal_identity
from tenants.neutrality.signatures import (
    EndorsementRequest,
    PossessionRequest,
    SignatureRefused,
    check_key,
    check_signature,
    fingerprint,
)
from tenants.people.models import AdminKey, Membership, Tenant

TABLE = AdminKey._meta.db_table
SIGNERS = frozenset({Role.OWNER, Role.ADMIN})
LOCK = 0x52465041
ROTATED, LOST, REMOVED = "rotated", "lost", "removed"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One admin key as it is kept. The private half is nowhere here."""

    id: UUID
    member_id: UUID
    public: bytes
    label: str = field(repr=False)
    created_at: datetime
    endorsed_by: UUID | None
    active_from: datetime | None
    ended_at: datetime | None
    ended_because: str

    @property
    def active(self) -> bool:
        """Whether it signs now, as far as the key itself goes."""
        return self.active_from is not None and self.ended_at is None

    @property
    def waiting(self) -> bool:
        """Whether it still waits for its endorsement."""
        return self.active_from is None and self.ended_at is None

    @property
    def fingerprint(self) -> str:
        """How people compare it."""
        return fingerprint(self.public)


@contextmanager
def signing_lock(tenant_id: UUID) -> Iterator[str]:
    """Open one transaction of the control database in which this tenant's keys and signatures stand still.

    Yields the tenant's public id, by which it stands in messages.
    """
    with control_database(), transaction.atomic(using="control"):
        with connections["control"].cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, str(tenant_id)])
        yield Tenant.objects.values_list("public_id", flat=True).get(id=tenant_id)


def keys_of(tenant_id: UUID) -> list[KnownKey]:
    """Return every key that a tenant ever had, oldest first."""
    with control_database():
        return [
            _known(row) for row in AdminKey.objects.filter(tenant_id=tenant_id).order_by("created_at", "id")
        ]


def entitled(tenant_id: UUID) -> dict[UUID, KnownKey]:
    """Return by member the active keys whose signatures count now.

    The member is an owner or admin today, and the neutrality verdict does not keep them away.
    """
    found = {}
    for key in keys_of(tenant_id):
        if not key.active:
            continue
        standing = standing_of_member(key.member_id)
        if standing is None or standing.tenant_id != tenant_id or standing.role not in SIGNERS:
            continue
        if standing.verdict or standing.declaration_owed:
            found[key.member_id] = key
    return found


def entitled_by(tenant_id: UUID, public: bytes) -> KnownKey:
    """Return the active key with this public half. Raises `SigningRefused` where no signature of it counts."""
    for key in entitled(tenant_id).values():
        if key.public == public:
            return key
    with control_database():
        row = AdminKey.objects.filter(tenant_id=tenant_id, public=public).first()
    if row is None:
        raise SigningRefused("This key is not registered in this workspace. Register it first.")
    if row.ended_at is not None:
        why = {ROTATED: "a newer key took its place", LOST: "it was reported lost"}.get(
            row.ended_because, "its member is no longer an owner or admin here"
        )
        raise SigningRefused(f"This key no longer signs: {why}.")
    if row.active_from is None:
        raise SigningRefused("This key waits for the endorsement of another admin's key.")
    raise SigningRefused("This key's member may not sign here at present.")


def register_key(
    tenant_id: UUID,
    *,
    member_id: UUID,
    public: bytes,
    possession: bytes,
    label: str,
    announce: Callable[[KnownKey], None],
) -> KnownKey:
    """Keep a member's public key; the tenant's first, an owner's, is active at once.

    `announce` records it, and its failure is this function's. Raises `SigningRefused`.
    """
    now = timezone.now()
    with signing_lock(tenant_id) as public_id:
        role = _role(tenant_id, member_id)
        _check(PossessionRequest(public_id, member_id, public), public, possession)
        keys = AdminKey.objects.filter(tenant_id=tenant_id)
        if keys.filter(public=bytes(public)).exists():
            raise SigningRefused("This key is registered here already. Each admin makes their own.")
        if keys.filter(member_id=member_id, active_from=None, ended_at=None).exists():
            raise SigningRefused("You have a key that waits already. Have it endorsed, or withdraw it first.")
        first = not keys.exclude(active_from=None).exists()
        if first and role is not Role.OWNER:
            raise SigningRefused(
                "The first key of a workspace is an owner's. Ask an owner to make theirs first."
            )
        row_id = uuid7()
        row = AdminKey.objects.create(
            id=row_id,
            tenant_id=tenant_id,
            member_id=member_id,
            public=public,
            possession=possession,
            label=seal_identity(label, table=TABLE, column="label", row=row_id),
            created_at=now,
            active_from=now if first else None,
        )
        announce(_known(row))
        return _known(row)


def endorse_key(
    tenant_id: UUID,
    *,
    key_id: UUID,
    endorser: bytes,
    signature: bytes,
    announce: Callable[[KnownKey, KnownKey], None],
) -> KnownKey:
    """Make a waiting key active on the word of another member's active key; the member's key before it ends.

    `announce` gets the key and its endorser. Raises `NotFound`, `SigningRefused`.
    """
    with signing_lock(tenant_id) as public_id:
        row = waiting_key(tenant_id, key_id)
        _role(tenant_id, row.member_id)
        by = entitled_by(tenant_id, endorser)
        if by.member_id == row.member_id:
            raise SigningRefused("A key is endorsed by the key of another member, not by its own member's.")
        _check(
            EndorsementRequest(public_id, row.member_id, bytes(row.public), by.public), by.public, signature
        )
        row.endorsed_by_id, row.endorsement = by.id, signature
        activate(row)
        announce(_known(row), by)
        return _known(row)


def withdraw_key(
    tenant_id: UUID, *, key_id: UUID, member_id: UUID, announce: Callable[[KnownKey], None]
) -> None:
    """End one's own key, waiting or active: it is lost, or was a mistake. Raises `NotFound`."""
    with signing_lock(tenant_id):
        row = AdminKey.objects.filter(
            tenant_id=tenant_id, id=key_id, member_id=member_id, ended_at=None
        ).first()
        if row is None:
            raise NotFound("key")
        _end(row, LOST)
        announce(_known(row))


def end_keys_of(member_id: UUID) -> list[KnownKey]:
    """End every key of a member who is removed, or no longer owner or admin. Returns which."""
    now = timezone.now()
    with control_database(), transaction.atomic(using="control"):
        rows = list(AdminKey.objects.select_for_update().filter(member_id=member_id, ended_at=None))
        for row in rows:
            row.ended_at, row.ended_because = now, REMOVED
            row.save(update_fields=["ended_at", "ended_because"])
    return [_known(row) for row in rows]


def waiting_key(tenant_id: UUID, key_id: UUID) -> AdminKey:
    """Return a key that waits. Under `signing_lock`. Raises `NotFound`."""
    row = AdminKey.objects.filter(tenant_id=tenant_id, id=key_id, active_from=None, ended_at=None).first()
    if row is None:
        raise NotFound("key that waits")
    return row


def activate(row: AdminKey, *, because: str = ROTATED) -> None:
    """Make a key active now; the member's active key before it ends. Under `signing_lock`."""
    for before in AdminKey.objects.filter(
        tenant_id=row.tenant_id, member_id=row.member_id, active_from__isnull=False, ended_at=None
    ):
        _end(before, because)
    row.active_from = timezone.now()
    row.save(update_fields=["active_from", "endorsed_by", "endorsement"])


def _end(row: AdminKey, because: str) -> None:
    row.ended_at, row.ended_because = timezone.now(), because
    row.save(update_fields=["ended_at", "ended_because"])


def _role(tenant_id: UUID, member_id: UUID) -> Role:
    role = (
        Membership.objects.filter(tenant_id=tenant_id, member_id=member_id, ended_at=None)
        .values_list("role", flat=True)
        .first()
    )
    if role not in SIGNERS:
        raise SigningRefused("Only owners and admins have keys that sign.")
    return Role(role)


def _check(request: PossessionRequest | EndorsementRequest, public: bytes, signature: bytes) -> None:
    try:
        check_key(public)
        check_signature(request, public, signature)
    except SignatureRefused as refused:
        raise SigningRefused(str(refused)) from refused


def _known(row: AdminKey) -> KnownKey:
    label = "" if row.label is None else open_identity(row.label, table=TABLE, column="label", row=row.id)
    return KnownKey(
        row.id, row.member_id, bytes(row.public), label, row.created_at, row.endorsed_by_id,
        row.active_from, row.ended_at, row.ended_because,
    )  # fmt: skip
