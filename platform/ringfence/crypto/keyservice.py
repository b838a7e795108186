"""The port to the customer's key service: what holds the keys that wrap a tenant's keys.

An adapter translates its service's answers into two errors and must not mix them up.
`KeyRefused` is an answer: the customer's service said no, so cached keys are dropped at once.
`KeyServiceDown` is the lack of one: cached keys live on until their hard time limit.
An answer that an adapter does not know counts as a refusal when the service made a decision
(4xx), and as an outage otherwise.

AWS KMS
    refused: AccessDenied, Disabled, KMSInvalidState, NotFound, InvalidCiphertext, IncorrectKey
    down: timeout, no route, KMSInternal, DependencyTimeout, KeyUnavailable, Throttling, our own
        credentials expired
OpenBao transit
    refused: 400 (other associated data, key soft-deleted), 403, 404
    down: timeout, no route, 412, 429, 5xx (503 is a sealed server)
PKCS#11
    refused: no such object, KEY_FUNCTION_NOT_PERMITTED, ENCRYPTED_DATA_INVALID, PIN_LOCKED
    down: DEVICE_ERROR, DEVICE_REMOVED, TOKEN_NOT_PRESENT, session lost
"""

from collections.abc import Mapping
from typing import Final, Protocol
from uuid import UUID

WRAPPED_PLAINTEXT_MAX_BYTES: Final = 4096
"""The most that `wrap` takes: AWS KMS's limit, kept everywhere so that tenants can change service."""

_LENGTH_BYTES: Final = 2


class KeyService(Protocol):
    """Wraps and unwraps small secrets under keys that never leave the service.

    Each call sets a timeout of its own and never retries for longer than that: the caller's time
    limit for a key in use is 30 s.
    """

    def create_key(self, *, tenant: UUID) -> str:
        """Create a key for one tenant alone, and return the reference that the other calls take.

        AWS KMS: `CreateKey` with the tenant as a tag, and the key's ARN back, never an alias, which
        can be pointed elsewhere. OpenBao: a transit key of type aes256-gcm96, not exportable.
        PKCS#11: an AES-256 object, sensitive and not extractable; the reference is its CKA_ID.

        Raises:
            KeyRefused, KeyServiceDown.
        """
        ...

    def wrap(self, key_ref: str, plaintext: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        """Return `plaintext`, 1 to 4096 bytes, sealed under the key and bound to the context.

        AWS KMS: `Encrypt` with `EncryptionContext`. OpenBao and PKCS#11: `canonical_context` as the
        associated data of AES-GCM.

        Raises:
            KeyRefused: the key is disabled, destroyed, unknown, or its policy denies us.
            KeyServiceDown: no answer.
            ValueError: `plaintext` or the context has a length that no service takes.
        """
        ...

    def unwrap(self, key_ref: str, wrapped: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        """Return what `wrap` was given with the same key and the same context.

        An adapter passes `key_ref` on (`KeyId` in AWS KMS's `Decrypt`): a service that picks the key
        by itself would open another tenant's wrap.

        Raises:
            KeyRefused: as `wrap`; also another context, another key's wrap, or a changed one.
            KeyServiceDown: no answer.
        """
        ...

    def probe(self, key_ref: str) -> None:
        """Return if the key could unwrap now; asked every few seconds while a tenant's keys are in use.

        It exercises the right that `unwrap` needs, by wrapping and unwrapping one byte: AWS KMS's
        `DescribeKey` shows a disabled key, and not a policy that denies `Decrypt`. It reads from no cache.

        Raises:
            KeyRefused, KeyServiceDown.
        """
        ...

    def destroy(self, key_ref: str) -> None:
        """Destroy the key: from the return on, `unwrap` and `probe` refuse it.

        Some services only set a date. AWS KMS: `ScheduleKeyDeletion` (7 to 30 days), the key being unusable from the
        call on; until then whoever owns the key can take that back. OpenBao: `deletion_allowed`, then delete.
        PKCS#11: `C_DestroyObject`. So a caller removes its wraps first: a key that comes back finds nothing to open.

        Raises:
            KeyRefused: there is no such key any more, or its policy denies us; `probe` tells them from a key that
                still works.
            KeyServiceDown: no answer.
        """
        ...


def canonical_context(encryption_context: Mapping[str, str]) -> bytes:
    """Return one byte string for one context, whatever its order: associated data for AES-GCM.

    u16be count || count x (u16be length || key || u16be length || value), UTF-8, sorted by key's bytes.

    Raises:
        ValueError: the context is empty, or a part of it is empty or above 65,535 bytes.
    """
    if not encryption_context:
        raise ValueError("an encryption context names at least the tenant")
    pairs = sorted((key.encode(), value.encode()) for key, value in encryption_context.items())
    parts = [_counted(part) for pair in pairs for part in pair]
    return len(pairs).to_bytes(_LENGTH_BYTES, "big") + b"".join(parts)


def check_wrappable(plaintext: bytes) -> None:
    """Return if every key service takes `plaintext`; raise `ValueError` if its length is out of bounds."""
    if not 1 <= len(plaintext) <= WRAPPED_PLAINTEXT_MAX_BYTES:
        raise ValueError(f"a key service wraps 1 to {WRAPPED_PLAINTEXT_MAX_BYTES} bytes")


def _counted(part: bytes) -> bytes:
    if not 1 <= len(part) < 2 ** (8 * _LENGTH_BYTES):
        raise ValueError("keys and values of an encryption context have 1 to 65,535 bytes")
    return len(part).to_bytes(_LENGTH_BYTES, "big") + part
