"""Signed notes (c2sp.org/signed-note): text that carries signatures by named keys."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from audit.cosignatures import LONGEST_NAME_BYTES, TIMESTAMP_BYTES, ed25519_message, mldsa44_message
from audit.encoding import parse_base64, parse_utf8, require_encodable, to_base64
from audit.errors import Malformed, NoteRejected

__all__ = [
    "Malformed",
    "Note",
    "NoteRejected",
    "NoteSigner",
    "SignatureLine",
    "SignatureType",
    "VerifiedSignature",
    "Vkey",
    "open_note",
    "sign_note",
    "split_note",
]

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64
MLDSA44_SIGNATURE_BYTES = 2_420

_DASH = "\N{EM DASH} "
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)


class SignatureType(IntEnum):
    """The algorithms this verifier knows, by the type byte of signed-note and tlog-cosignature."""

    ED25519 = 0x01
    ED25519_COSIGNATURE = 0x04
    MLDSA44_COSIGNATURE = 0x06


PUBLIC_KEY_BYTES = {
    SignatureType.ED25519: 32,
    SignatureType.ED25519_COSIGNATURE: 32,
    SignatureType.MLDSA44_COSIGNATURE: 1_312,
}
COSIGNATURES = frozenset({SignatureType.ED25519_COSIGNATURE, SignatureType.MLDSA44_COSIGNATURE})
"""The types that a witness signs with: each states a time."""


class NoteSigner(Protocol):
    """Whatever signs a note: `ringfence.crypto.signing.NoteSigner`, or a test's own."""

    def sign(self, text: bytes, /) -> str:
        """Return the whole signature line over `text`, with or without its line feed."""
        ...


@dataclass(frozen=True, slots=True)
class Vkey:
    """A named public key: `<name>+<key id, 8 lowercase hex>+base64(type byte || key)`."""

    name: str
    key_id: bytes
    type: SignatureType
    public_key: bytes

    @classmethod
    def parse(cls, text: str) -> "Vkey":
        """Read the text form; raises `Malformed`, also when the key id is not the key's own."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise Malformed(f"not a verifier key: {text[:80]!r}")
        name, written_id, encoded = parts
        require_key_name(name)
        key = parse_base64(encoded)
        if (
            not key
            or key[0] not in PUBLIC_KEY_BYTES
            or len(key) != 1 + PUBLIC_KEY_BYTES[SignatureType(key[0])]
        ):
            raise Malformed(f"the verifier key of {name!r} has a type or a length not known here")
        key_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:KEY_ID_BYTES]
        if not _KEY_ID.fullmatch(written_id) or written_id != key_id.hex():
            raise Malformed(f"the verifier key of {name!r} does not have the id {written_id!r}")
        if key[0] == SignatureType.MLDSA44_COSIGNATURE and len(name.encode()) > LONGEST_NAME_BYTES:
            raise Malformed("the name of a cosigner is too long")
        return cls(name, key_id, SignatureType(key[0]), key[1:])

    def __str__(self) -> str:
        key = bytes([self.type]) + self.public_key
        return f"{self.name}+{self.key_id.hex()}+{to_base64(key)}"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line of a note's signature block, not yet verified."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that holds, and the key that made it.

    `timestamp` is the POSIX time, in seconds, at which a cosigner had seen no larger tree; None for a plain
    signature, and for a cosigner that says nothing about larger ones and writes 0.
    """

    vkey: Vkey
    timestamp: int | None = None

    @property
    def name(self) -> str:
        """The name of the key."""
        return self.vkey.name


@dataclass(frozen=True, slots=True)
class Note:
    """A note of which at least one signature by a known key was verified, and none failed."""

    text: str
    verified: tuple[VerifiedSignature, ...]
    unknown: tuple[SignatureLine, ...] = ()


def sign_note(text: str, signers: Iterable[NoteSigner]) -> bytes:
    """Return the note over `text`, which ends in a line feed, with one line for each signer."""
    _require_text(text)
    lines = [signer.sign(text.encode()).removesuffix("\n") for signer in signers]
    if not lines:
        raise NoteRejected("a note needs at least one signature")
    return f"{text}\n{''.join(line + chr(10) for line in lines)}".encode()


def open_note(data: bytes, vkeys: Iterable[Vkey]) -> Note:
    """Return the text of a note that a key in `vkeys` has signed.

    Lines by other keys are ignored, as the format demands. Raises `NoteRejected` if no line is
    by a known key or if one that is does not verify, and `Malformed` for bytes that are no note.
    """
    known: dict[tuple[str, bytes], Vkey] = {}
    for vkey in vkeys:
        if known.setdefault((vkey.name, vkey.key_id), vkey) != vkey:
            raise NoteRejected(f"two different keys are both named {vkey.name!r} with one key id")
    text, lines = split_note(data)
    verified: dict[Vkey, VerifiedSignature] = {}
    unknown: list[SignatureLine] = []
    for line in lines:
        key = known.get((line.name, line.key_id))
        if key is None:
            unknown.append(line)
        else:
            # One bad signature by a known key sinks the note, also beside a good one.
            verified.setdefault(key, _verify(key, text.encode(), line.signature))
    if not verified:
        raise NoteRejected("no known key has signed this note")
    return Note(text, tuple(verified.values()), tuple(unknown))


def split_note(data: bytes) -> tuple[str, tuple[SignatureLine, ...]]:
    """Take a note apart without verifying it; raises `Malformed`."""
    if len(data) > MAX_NOTE_BYTES:
        raise Malformed(f"a note may have at most {MAX_NOTE_BYTES} bytes")
    whole = parse_utf8(data)
    _require_text(whole)
    head, empty_line, block = whole.rpartition("\n\n")
    if not empty_line or not block:
        raise Malformed("a note has a text, an empty line and signatures")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed(f"a note may have at most {MAX_SIGNATURES} signatures")
    return head + "\n", tuple(_parse_line(line) for line in lines)


def require_key_name(name: str) -> None:
    """Return if `name` can name a key: not empty, without spaces, plus or control characters."""
    if not name or any(mark.isspace() or mark == "+" or mark < " " for mark in name):
        raise Malformed(f"not a key name: {name[:80]!r}")
    require_encodable(name)


def _require_text(text: str) -> None:
    if not text.endswith("\n"):
        raise Malformed("a note's text ends with a line feed")
    if any(mark < " " and mark != "\n" for mark in text):
        raise Malformed("a note holds a control character")
    require_encodable(text)


def _parse_line(line: str) -> SignatureLine:
    if not line.startswith(_DASH):
        raise Malformed(f"not a signature line: {line[:80]!r}")
    parts = line[len(_DASH) :].split(" ")
    if len(parts) != 2:
        raise Malformed(f"not a signature line: {line[:80]!r}")
    name, encoded = parts
    require_key_name(name)
    signature = parse_base64(encoded)
    if len(signature) <= KEY_ID_BYTES:
        raise Malformed(f"the signature of {name!r} is too short")
    return SignatureLine(name, signature[:KEY_ID_BYTES], signature[KEY_ID_BYTES:])


def _verify(vkey: Vkey, text: bytes, signature: bytes) -> VerifiedSignature:
    timestamp, signed = None, text
    if vkey.type in COSIGNATURES:
        timestamp = int.from_bytes(signature[:TIMESTAMP_BYTES], "big")
        signed, signature = _cosigned(vkey, text, timestamp), signature[TIMESTAMP_BYTES:]
    length = SIGNATURE_BYTES
    if vkey.type is SignatureType.MLDSA44_COSIGNATURE:
        length = MLDSA44_SIGNATURE_BYTES
    if len(signature) != length:
        raise NoteRejected(f"the signature of {vkey.name!r} has the wrong length")
    try:
        if vkey.type is SignatureType.MLDSA44_COSIGNATURE:
            MLDSA44PublicKey.from_public_bytes(vkey.public_key).verify(signature, signed)
        else:
            Ed25519PublicKey.from_public_bytes(vkey.public_key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise NoteRejected(f"the signature of {vkey.name!r} is wrong") from None
    return VerifiedSignature(vkey, timestamp or None)


def _cosigned(vkey: Vkey, text: bytes, seconds: int) -> bytes:
    try:
        if vkey.type is SignatureType.MLDSA44_COSIGNATURE:
            return mldsa44_message(text, name=vkey.name, seconds=seconds)
        return ed25519_message(text, seconds=seconds)
    except Malformed as reason:
        raise NoteRejected(f"{vkey.name!r} cannot have cosigned this: {reason}") from None
