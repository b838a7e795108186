"""Browser sessions: minted, rotated and ended here; the browser's value is stored hashed."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from tenants.gate.resolve import forget, live_session
from tenants.gate.secrets import hash_of, new_secret
from tenants.people.models import Session


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose browser session this is, before any tenant is asked."""

    session_id: UUID
    person_id: UUID
    tenant: str
    """Public id of the tenant that the session serves; empty while none is chosen."""
    second_factor: bool
    """Whether this session has shown one."""
    has_second_factor: bool
    """Whether the person has set one up."""


def visitor_of(secret: str | None) -> Visitor | None:
    """Return who holds a live session, or None."""
    if not secret:
        return None
    with control_database():
        session = live_session(hash_of(secret))
        if session is None:
            return None
        return Visitor(
            session.id,
            session.person_id,
            session.tenant.public_id if session.tenant else "",
            session.second_factor_at is not None,
            session.person.totp is not None,
        )


def mint_session(person_id: UUID, *, tenant_id: UUID | None = None, second_factor: bool = False) -> str:
    """Return the secret of a new session; it serves one tenant, or none yet."""
    secret, now = new_secret(), timezone.now()
    with control_database():
        Session.objects.create(
            hash=hash_of(secret),
            person_id=person_id,
            tenant_id=tenant_id,
            second_factor_at=now if second_factor else None,
            created_at=now,
            seen_at=now,
        )
    return secret


def rotate_session(secret: str, *, tenant_id: UUID | None = None, second_factor: bool | None = None) -> str:
    """End a session and return its successor's secret, for a step up or another tenant.

    Raises LookupError when the session has ended. The absolute limit runs on from the first sign-in.
    """
    now = timezone.now()
    fresh = new_secret()
    with control_database(), transaction.atomic(using="control"):
        old = live_session(hash_of(secret))
        if old is None:
            raise LookupError("session")
        shown = old.second_factor_at
        if second_factor is not None:
            shown = now if second_factor else None
        Session.objects.create(
            hash=hash_of(fresh),
            person_id=old.person_id,
            tenant_id=tenant_id or old.tenant_id,
            second_factor_at=shown,
            created_at=old.created_at,
            seen_at=now,
        )
        Session.objects.filter(id=old.id).update(ended_at=now)
    forget()
    return fresh


def end_session(secret: str) -> None:
    """End a session; harmless when it has ended."""
    with control_database():
        Session.objects.filter(hash=hash_of(secret), ended_at=None).update(ended_at=timezone.now())
    forget()


def end_sessions_of(person_id: UUID) -> None:
    """End every session of a person: after a password change, a removal or a new exclusion."""
    with control_database():
        Session.objects.filter(person_id=person_id, ended_at=None).update(ended_at=timezone.now())
    forget()


def end_other_sessions(person_id: UUID, *, but: UUID) -> None:
    """End every session of a person except one: "sign out everywhere else"."""
    with control_database():
        Session.objects.filter(person_id=person_id, ended_at=None).exclude(id=but).update(
            ended_at=timezone.now()
        )
    forget()


def end_sessions_at(person_id: UUID, tenant_id: UUID) -> None:
    """End a person's sessions that serve one tenant; those with other tenants are none of its business."""
    with control_database():
        Session.objects.filter(person_id=person_id, tenant_id=tenant_id, ended_at=None).update(
            ended_at=timezone.now()
        )
    forget()
