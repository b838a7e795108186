"""Signatures of webhooks in the manner of Standard Webhooks (standardwebhooks.com), HMAC-SHA256. Pure.

Signed is `<id>.<timestamp>.<body>`, so that a receiver notices a changed body, and an old request sent again.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
REPLAY_SECONDS: Final = 300
"""How far a receiver lets its clock and the timestamp differ."""


def new_webhook_secret() -> str:
    """Return a fresh secret; scanners for leaked secrets know its prefix."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(message: str, at: int, body: bytes, valid: Sequence[str]) -> dict[str, str]:
    """Return the three headers of a message, signed with each secret that is valid now, the newest first."""
    signatures = " ".join(f"v1,{_sign(secret, message, at, body)}" for secret in valid)
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": signatures}


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes, *, now: int) -> bool:
    """Say whether a request is ours and new enough: what a receiver does before it believes one."""
    message, written = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or not written.isdecimal() or abs(now - int(written)) > REPLAY_SECONDS:
        return False
    wanted = _sign(secret, message, int(written), body).encode()
    given = headers.get("webhook-signature", "").split(" ")
    found = [
        hmac.compare_digest(wanted, each.removeprefix("v1,").encode())
        for each in given
        if each.startswith("v1,")
    ]
    return any(found)


def _sign(secret: str, message: str, at: int, body: bytes) -> str:
    signed = b".".join((message.encode(), str(at).encode(), body))
    return base64.b64encode(hmac.digest(_key(secret), signed, sha256)).decode()


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as malformed:
        raise ValueError("this is no secret of a webhook") from malformed
