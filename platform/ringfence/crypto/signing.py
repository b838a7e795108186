"""Ed25519 signatures of signed notes: key ids, verifier keys, signature lines.

    key id = SHA-256(key name || LF || 0x01 || public key)[:4]
    vkey   = key name "+" 8 lowercase hex digits of the key id "+" base64(0x01 || public key)
    line   = U+2014 SP key name SP base64(key id || signature) LF

Source: https://c2sp.org/signed-note, signature type 0x01.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ringfence.crypto.errors import SignatureWrong, VerifierKeyMalformed

SEED_BYTES: Final = 32
PUBLIC_KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 4
SIGNATURE_PREFIX: Final = "\u2014 "

_ED25519: Final = b"\x01"
_ENVELOPE: Final = b"DSSEv1 "
_FIRST_PRINTABLE: Final = 0x20


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs under. One that exists has a key id that fits both."""

    name: str
    key_id: bytes
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != PUBLIC_KEY_BYTES:
            raise VerifierKeyMalformed(f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes")
        if self.key_id != key_id(self.name, self.public):
            raise VerifierKeyMalformed(f"the key id of {self.name} does not fit its name and public key")

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """Parse the text that `vkey` returns, and no other spelling of it.

        Raises:
            VerifierKeyMalformed: wrong parts, base64, signature type, length or key id.
        """
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise VerifierKeyMalformed("a verifier key is name+key id+base64")
        try:
            claimed_id, typed = bytes.fromhex(parts[1]), b64decode(parts[2], validate=True)
        except ValueError as error:
            raise VerifierKeyMalformed("a verifier key's id is hex, and its key base64") from error
        if typed[:1] != _ED25519:
            raise VerifierKeyMalformed("the verifier key is not for plain Ed25519 signatures")
        verifier = cls(parts[0], claimed_id, typed[1:])
        if verifier.vkey != vkey:  # both decoders take more than one spelling
            raise VerifierKeyMalformed("the verifier key is not spelt canonically")
        return verifier

    @property
    def vkey(self) -> str:
        """The key as one line of text, for policies and for the customer's own files."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(_ED25519 + self.public).decode('ascii')}"

    def verify(self, text: bytes, signature: bytes) -> None:
        """Return if `signature`, 64 bytes without the key id, is this key's over `text`.

        Args:
            text: the note's text with its final LF, without the empty line after it.

        Raises:
            SignatureWrong: it is not.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            raise SignatureWrong from None


class NoteSigner:
    """A private key with the name it signs under. It is not printed, pickled or copied."""

    __slots__ = ("_private", "verifier")

    def __init__(self, name: str, seed: bytes) -> None:
        """Hold the key of RFC 8032's 32-byte secret `seed`."""
        _check_name(name)
        if not isinstance(seed, bytes) or len(seed) != SEED_BYTES:
            raise ValueError(f"a seed is {SEED_BYTES} bytes")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes_raw()
        self.verifier = VerifierKey(name, key_id(name, public), public)

    def __repr__(self) -> str:
        return f"NoteSigner({self.verifier.vkey!r})"

    def __reduce__(self) -> str:
        raise TypeError("a note signer holds a private key and is neither pickled nor copied")

    @property
    def vkey(self) -> str:
        """The verifier key that others need."""
        return self.verifier.vkey

    def sign(self, text: bytes) -> str:
        """Return the signature line over `text`, with its final LF. The same text gives the same line.

        Raises:
            ValueError: `text` cannot be a note: not UTF-8, no final LF, or another control character.
        """
        _check_note_text(text)
        signed = self.verifier.key_id + self._private.sign(text)
        return f"{SIGNATURE_PREFIX}{self.verifier.name} {b64encode(signed).decode('ascii')}\n"

    def sign_envelope(self, pae: bytes) -> bytes:
        """Return the 64 bytes of the signature over a DSSE envelope's pre-authentication encoding.

        No note can be mistaken for an envelope signed by the same key, nor the other way round: a note's
        text ends with a line feed, and what is signed here never does (ADR 39).

        Raises:
            ValueError: not such an encoding, or one that could be a note's text.
        """
        if not pae.startswith(_ENVELOPE) or pae.endswith(b"\n"):
            raise ValueError("an envelope's encoding begins with DSSEv1 and does not end with a line feed")
        return self._private.sign(pae)


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes by which a note says which key signed; a hint, not an identity."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:KEY_ID_BYTES]


def _check_name(name: str) -> None:
    if not name or "+" in name or not name.isprintable() or any(character.isspace() for character in name):
        raise VerifierKeyMalformed("a key name is not empty and has no space, control character or plus sign")


def _check_note_text(text: bytes) -> None:
    if not text.endswith(b"\n"):
        raise ValueError("a note's text ends with a line feed")
    if any(byte < _FIRST_PRINTABLE and byte != ord("\n") for byte in text):
        raise ValueError("a note's text has no control characters but line feeds")
    text.decode("utf-8")
