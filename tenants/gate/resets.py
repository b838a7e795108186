"""Password resets: a way back for one hour, by mail. The secret is stored hashed and used once."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from tenants.gate.errors import OfferGone
from tenants.gate.secrets import hash_of, new_secret
from tenants.people.models import PasswordReset

RESET_LIFE = timedelta(hours=1)


def issue_reset(person_id: UUID) -> str:
    """Return the secret of a new reset; earlier ones of this person end."""
    now, secret = timezone.now(), new_secret()
    with control_database(), transaction.atomic(using="control"):
        PasswordReset.objects.filter(person_id=person_id, used_at=None).update(used_at=now)
        PasswordReset.objects.create(
            hash=hash_of(secret), person_id=person_id, created_at=now, expires_at=now + RESET_LIFE
        )
    return secret


def person_behind_reset(secret: str) -> UUID:
    """Return whose password a secret may set. Raises `OfferGone`."""
    with control_database():
        person_id = (
            PasswordReset.objects.filter(hash=hash_of(secret), used_at=None, expires_at__gt=timezone.now())
            .values_list("person_id", flat=True)
            .first()
        )
    if person_id is None:
        raise OfferGone("reset")
    return person_id


def use_reset(secret: str) -> UUID:
    """Use a reset up and return whose it is; of two at once, one succeeds. Raises `OfferGone`."""
    person_id = person_behind_reset(secret)
    with control_database():
        used = PasswordReset.objects.filter(hash=hash_of(secret), used_at=None).update(used_at=timezone.now())
    if not used:
        raise OfferGone("reset")
    return person_id
