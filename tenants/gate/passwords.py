"""Passwords: Argon2id, one cost for every address, whether or not somebody has it."""

from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import Invalid
from tenants.gate.resolve import forget
from tenants.gate.sessions import end_sessions_of
from tenants.keys.realm import blind_identity
from tenants.people.models import Person

NOBODY = "!"
"""An unusable hash: Django spends one full hashing on it, so an unknown address takes as long as a known one."""


def person_with(email: str, password: str) -> UUID | None:
    """Return who has this address and password, or None."""
    with control_database():
        row = Person.objects.filter(email_blind=blind_identity(email)).values_list("id", "password").first()
    person_id, encoded = row if row else (None, NOBODY)
    return person_id if check_password(password, encoded) else None


def has_password(person_id: UUID, password: str) -> bool:
    """Say whether this is the person's password; asked before a change of it."""
    with control_database():
        encoded = Person.objects.values_list("password", flat=True).get(id=person_id)
    return check_password(password, encoded)


def refuse_weak(password: str, *, field: str = "password") -> None:
    """Raise `Invalid` for a password that is short or among the common ones."""
    try:
        validate_password(password)
    except ValidationError as weak:
        raise Invalid(" ".join(weak.messages), field=field) from weak


def set_password(person_id: UUID, password: str) -> None:
    """Give a person a new password and end all their sessions: whoever held the old one is out."""
    encoded = make_password(password)
    with control_database():
        Person.objects.filter(id=person_id).update(password=encoded)
    end_sessions_of(person_id)
    forget()
