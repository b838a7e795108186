"""The second factor: time-based codes (RFC 6238) that work once, and recovery codes. Passkeys come later."""

import base64
import os
import time
from uuid import UUID

import pyotp
from django.db import transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from tenants.gate.errors import WrongCode
from tenants.gate.resolve import forget
from tenants.gate.secrets import hash_of
from tenants.gate.sessions import Visitor
from tenants.keys.realm import open_identity, seal_identity
from tenants.people.models import Person, RecoveryCode, Session

STEP_SECONDS = 30
STEPS_ASTRAY = 1
"""Codes of the step before and after count too, for clocks that differ by up to 30 s."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""80 bits each, so that a plain SHA-256 of one cannot be searched."""
ISSUER = "Ringfence"

PERSON, SESSION = Person._meta.db_table, Session._meta.db_table


def offer_second_factor(visitor: Visitor) -> str:
    """Return the `otpauth://` address that an authenticator app reads; the same one for the whole session.

    It is kept sealed with the session and comes into force only when a code of it is shown.
    """
    with control_database(), transaction.atomic(using="control"):
        session = Session.objects.select_for_update().select_related("person").get(id=visitor.session_id)
        if session.totp_offer is None:
            secret = pyotp.random_base32()
            session.totp_offer = seal_identity(secret, table=SESSION, column="totp_offer", row=session.id)
            session.save(update_fields=["totp_offer"])
        else:
            secret = open_identity(session.totp_offer, table=SESSION, column="totp_offer", row=session.id)
        person = session.person
        email = open_identity(person.email, table=PERSON, column="email", row=person.id)
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def accept_second_factor(visitor: Visitor, code: str) -> list[str]:
    """Put the offered secret into force and return ten new recovery codes, shown this once.

    Raises `WrongCode`, also when nothing was offered in this session or the person has a factor
    that this session has not shown: a stolen password alone must not replace it.
    """
    with control_database(), transaction.atomic(using="control"):
        session = Session.objects.select_for_update().get(id=visitor.session_id)
        person = Person.objects.select_for_update().get(id=visitor.person_id)
        if session.totp_offer is None or (person.totp is not None and session.second_factor_at is None):
            raise WrongCode
        secret = open_identity(session.totp_offer, table=SESSION, column="totp_offer", row=session.id)
        step = _step_of(secret, code, after=0)
        person.totp = seal_identity(secret, table=PERSON, column="totp", row=person.id)
        person.totp_step = step
        person.save(update_fields=["totp", "totp_step"])
        session.totp_offer = None
        session.save(update_fields=["totp_offer"])
        codes = _fresh_codes(person.id)
    forget()
    return codes


def show_second_factor(person_id: UUID, code: str) -> bool:
    """Use up one code. Return True when it was a recovery code. Raises `WrongCode`."""
    with control_database(), transaction.atomic(using="control"):
        person = Person.objects.select_for_update().get(id=person_id)
        if person.totp is None:
            raise WrongCode
        spent = RecoveryCode.objects.filter(
            person_id=person_id, hash=_recovery_hash(person_id, code), used_at=None
        ).update(used_at=timezone.now())
        if spent:
            return True
        secret = open_identity(person.totp, table=PERSON, column="totp", row=person_id)
        person.totp_step = _step_of(secret, code, after=person.totp_step)
        person.save(update_fields=["totp_step"])
    return False


def new_recovery_codes(person_id: UUID) -> list[str]:
    """Replace a person's recovery codes; the old ones no longer work."""
    with control_database(), transaction.atomic(using="control"):
        return _fresh_codes(person_id)


def recovery_codes_left(person_id: UUID) -> int:
    """Return how many recovery codes a person has not used."""
    with control_database():
        return RecoveryCode.objects.filter(person_id=person_id, used_at=None).count()


def _step_of(secret: str, code: str, *, after: int) -> int:
    """Return the 30 s step whose code this is, later than the last one used. Raises `WrongCode`."""
    digits = "".join(code.split())
    now = int(time.time()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    found = 0
    # Every candidate is compared, so that time says nothing about which one was near.
    for step in range(now - STEPS_ASTRAY, now + STEPS_ASTRAY + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), digits) and step > after:
            found = step
    if not found:
        raise WrongCode
    return found


def _fresh_codes(person_id: UUID) -> list[str]:
    RecoveryCode.objects.filter(person_id=person_id).delete()
    codes = [_readable(os.urandom(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(person_id=person_id, hash=_recovery_hash(person_id, code)) for code in codes]
    )
    return codes


def _readable(random: bytes) -> str:
    text = base64.b32encode(random).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def _recovery_hash(person_id: UUID, code: str) -> bytes:
    plain = "".join(c for c in code.lower() if c.isalnum())
    return hash_of(f"recovery|{person_id.hex}|{plain}")
