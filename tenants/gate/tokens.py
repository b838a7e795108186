"""Context tokens: what PostgreSQL's `rf.tenant()` verifies. The key stays in the gate."""

import hmac
import secrets
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ringfence.kernel.context import UNIT_OF_WORK_SECONDS
from ringfence.kernel.permissions import Purpose

BLOCK = 64
"""Block size of SHA-256 in bytes, as RFC 2104 pads to."""

KeyFile = tuple[str, bytes]


@cache
def context_key(path: str | None = None) -> KeyFile:
    """Return (key id, 32-byte key) of this gate. Raises ImproperlyConfigured."""
    path = path or settings.CONTEXT_KEY_FILE
    if not path:
        raise ImproperlyConfigured(
            "Set RINGFENCE_CONTEXT_KEY_FILE; `manage.py rotate_context_key` writes it."
        )
    key_id, key = Path(path).read_text().split()[:2]
    return key_id, bytes.fromhex(key)


def token_signer(
    tenant_id: UUID, actor_id: UUID, purpose: Purpose, epoch: int, key: KeyFile | None = None
) -> Callable[[int], str]:
    """Return the function that signs a token for one PostgreSQL backend, valid for 30 s from each call.

    Token: `1|key id|tenant|actor|purpose|epoch|expiry ms|backend pid|hex HMAC-SHA-256 of all before it`.
    """
    key_id, secret = key or context_key()
    head = f"1|{key_id}|{tenant_id.hex}|{actor_id.hex}|{purpose}|{epoch}|"

    def sign(backend_pid: int) -> str:
        expiry = time.time_ns() // 1_000_000 + UNIT_OF_WORK_SECONDS * 1000
        body = f"{head}{expiry}|{backend_pid}"
        return f"{body}|{hmac.digest(secret, body.encode(), 'sha256').hex()}"

    return sign


def new_context_key() -> tuple[str, bytes, bytes, bytes]:
    """Return (key id, key, ipad, opad): the gate keeps the key, the database gets the two pads."""
    key = secrets.token_bytes(32)
    padded = key.ljust(BLOCK, b"\0")
    return secrets.token_hex(8), key, bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)
