"""Secrets handed to people and scripts: made here, stored only as SHA-256, compared by lookup."""

import hashlib
import secrets
from dataclasses import dataclass, field

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class SessionSecret:
    """The value of a browser's session cookie."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenSecret:
    """The value of an `Authorization: Bearer` header."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JobTicket:
    """A ticket that the gate signed for one job."""

    value: str = field(repr=False)


Credential = SessionSecret | TokenSecret | JobTicket | None


def new_secret(prefix: str = "") -> str:
    """Return 32 random bytes as text, after a prefix that secret scanners can find."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> bytes:
    """Return SHA-256 of a secret. It has 256 bits of its own, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).digest()
