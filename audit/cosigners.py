"""Those who cosign checkpoints: an Ed25519 or an ML-DSA-44 key, with the name and the clock that go with it."""

import hashlib
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from audit.cosignatures import TIMESTAMP_BYTES, ed25519_message, mldsa44_message
from audit.notes import KEY_ID_BYTES, SignatureLine, SignatureType, Vkey, require_key_name

SEED_BYTES = 32

Clock = Callable[[], int]
"""The POSIX time in whole seconds."""


def posix_seconds() -> int:
    """Return this machine's time."""
    return int(time.time())


class Cosigner:
    """A private key that cosigns under one name. It is not printed, pickled or copied.

    An Ed25519 key is used for one name only: what it signs does not say which.
    """

    __slots__ = ("_clock", "_private", "vkey")

    def __init__(self, private: Ed25519PrivateKey | MLDSA44PrivateKey, vkey: Vkey, clock: Clock) -> None:
        self._private, self.vkey, self._clock = private, vkey, clock

    @classmethod
    def ed25519(cls, name: str, seed: bytes, *, clock: Clock = posix_seconds) -> "Cosigner":
        """Return the cosigner with RFC 8032's 32-byte secret `seed`. Raises `Malformed` for a name that is none."""
        private = Ed25519PrivateKey.from_private_bytes(_seed(seed))
        return cls(private, _vkey(name, SignatureType.ED25519_COSIGNATURE, private), clock)

    @classmethod
    def mldsa44(cls, name: str, seed: bytes, *, clock: Clock = posix_seconds) -> "Cosigner":
        """Return the cosigner with FIPS 204's 32-byte secret `seed`. Raises `Malformed` for a name that is none."""
        private = MLDSA44PrivateKey.from_seed_bytes(_seed(seed))
        return cls(private, _vkey(name, SignatureType.MLDSA44_COSIGNATURE, private), clock)

    def __repr__(self) -> str:
        return f"Cosigner({str(self.vkey)[:100]!r})"

    def __reduce__(self) -> str:
        raise TypeError("a cosigner holds a private key and is neither pickled nor copied")

    def sign(self, text: bytes) -> str:
        """Return the signature line over a checkpoint's text, as of now, with its line feed.

        ML-DSA-44 signs with fresh randomness: the same text gives another line each time. Raises `Malformed`.
        """
        seconds = self._clock()
        if isinstance(self._private, MLDSA44PrivateKey):
            signature = self._private.sign(mldsa44_message(text, name=self.vkey.name, seconds=seconds))
        else:
            signature = self._private.sign(ed25519_message(text, seconds=seconds))
        timestamp = seconds.to_bytes(TIMESTAMP_BYTES, "big")
        return str(SignatureLine(self.vkey.name, self.vkey.key_id, timestamp + signature))


def _vkey(name: str, kind: SignatureType, private: Ed25519PrivateKey | MLDSA44PrivateKey) -> Vkey:
    require_key_name(name)
    public = private.public_key().public_bytes_raw()
    key_id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_BYTES]
    return Vkey.parse(str(Vkey(name, key_id, kind, public)))


def _seed(seed: bytes) -> bytes:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed is {SEED_BYTES} bytes")
    return seed
