"""API tokens: scoped, expiring, shown once, stored hashed. Each belongs to one membership and ends with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Permission
from tenants.gate.resolve import forget
from tenants.gate.secrets import hash_of, new_secret
from tenants.keys.realm import open_identity, seal_identity
from tenants.people.models import ApiToken, Membership

PREFIX = "rft_"
"""Secret scanners find our tokens by it."""
TOKEN = ApiToken._meta.db_table


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token as its owner's list shows it."""

    token_id: UUID
    label: str = field(repr=False)
    permissions: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    state: str
    """`active`, `expired` or `revoked`."""


def issue_token(
    member_id: UUID, *, label: str, permissions: Iterable[Permission], expires_at: datetime
) -> tuple[UUID, str]:
    """Return (id, secret) of a new token. The secret is nowhere else."""
    secret, row = new_secret(PREFIX), uuid7()
    with control_database():
        membership = Membership.objects.get(member_id=member_id, ended_at=None)
        ApiToken.objects.create(
            id=row,
            hash=hash_of(secret),
            membership=membership,
            label=seal_identity(label, table=TOKEN, column="label", row=row),
            permissions=sorted(p.value for p in permissions),
            created_at=timezone.now(),
            expires_at=expires_at,
        )
    return row, secret


def tokens_of(member_id: UUID) -> list[ListedToken]:
    """Return a member's own tokens, newest first."""
    with control_database():
        rows = ApiToken.objects.filter(membership__member_id=member_id).order_by("-created_at")[:200]
        return [_listed(row) for row in rows]


def revoke_token(member_id: UUID, token_id: UUID) -> None:
    """End one of a member's own tokens. Raises `NotFound`, also for another member's."""
    with control_database():
        done = ApiToken.objects.filter(id=token_id, membership__member_id=member_id, revoked_at=None).update(
            revoked_at=timezone.now()
        )
    forget()
    if not done:
        raise NotFound("token")


def revoke_tokens_of(member_id: UUID) -> None:
    """End all tokens of a membership that has ended."""
    with control_database():
        ApiToken.objects.filter(membership__member_id=member_id, revoked_at=None).update(
            revoked_at=timezone.now()
        )
    forget()


def _listed(row: ApiToken) -> ListedToken:
    label = open_identity(row.label, table=TOKEN, column="label", row=row.id) if row.label else ""
    state = "revoked" if row.revoked_at else "expired" if row.expires_at <= timezone.now() else "active"
    return ListedToken(
        row.id, label, tuple(row.permissions), row.created_at, row.expires_at, row.used_at, state
    )
