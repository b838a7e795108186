"""The identity realm: the keys under which personal data in the control database is sealed.

Part of the gate's side: it is called with the control database open.
"""

import hmac
import os
from functools import lru_cache
from uuid import UUID

from django.utils import timezone

from ringfence.crypto import envelope
from tenants.keys.service import key_service
from tenants.keys.unwrapping import unwrap
from tenants.people.models import RealmKey

REALM = UUID(int=0)
"""Stands where a tenant's id would: no tenant has it, so no cell of a tenant opens here or the reverse."""


def seal_identity(plaintext: str, *, table: str, column: str, row: UUID) -> bytes:
    """Return personal data sealed for one cell of the control database."""
    key_id, key = _key("identity")
    return envelope.seal(
        key, key_id, envelope.Binding(REALM, "identity", table, column, row), plaintext.encode()
    )


def open_identity(sealed: bytes | memoryview, *, table: str, column: str, row: UUID) -> str:
    """Return personal data of one cell. Raises `CannotOpen`."""
    _, key = _key("identity")
    binding = envelope.Binding(REALM, "identity", table, column, row)
    return envelope.open_sealed(key, binding, bytes(sealed)).decode()


def blind_identity(value: str) -> bytes:
    """Return the 16-byte blind index under which a person is found by e-mail address."""
    _, key = _key("index")
    return hmac.digest(key, value.strip().casefold().encode(), "sha256")[:16]


@lru_cache(maxsize=4)
def _key(purpose: str) -> tuple[UUID, bytes]:
    row = RealmKey.objects.filter(purpose=purpose).first()
    if row is None:
        key_ref = key_service().create_key(tenant=REALM)
        wrapped = key_service().wrap(key_ref, os.urandom(32), encryption_context={"rf:realm": purpose})
        fresh = RealmKey(purpose=purpose, key_ref=key_ref, wrapped=wrapped, created_at=timezone.now())
        RealmKey.objects.bulk_create([fresh], ignore_conflicts=True)
        row = RealmKey.objects.get(purpose=purpose)
    key = unwrap(row.key_ref, bytes(row.wrapped), context={"rf:realm": purpose})
    return row.id, key
