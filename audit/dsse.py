"""Signed envelopes (DSSE 1.0.2): a payload of a named type, and one Ed25519 signature over both. Pure.

    {"payload":<base64>,"payloadType":<type>,"signatures":[{"keyid":<name of the key>,"sig":<base64>}]}

What is signed is PAE(type, payload) = "DSSEv1" SP len(type) SP type SP len(payload) SP payload, lengths in
ASCII decimal. Ours is canonical JSON with one signature, so that an envelope has one encoding.

Source: https://github.com/secure-systems-lab/dsse, protocol.md and envelope.md.
"""

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.encoding import parse_base64, to_base64
from audit.errors import Malformed, NoteRejected
from audit.leaf import canonical_json, parse_canonical_json
from audit.notes import SIGNATURE_BYTES, SignatureType, Vkey

IN_TOTO = "application/vnd.in-toto+json"
MOST_PAYLOAD_BYTES = 1_000_000
MOST_ENVELOPE_BYTES = 2_000_000
MOST_KEYID_CHARACTERS = 300


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: type and payload, each with its length before it."""
    written = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(written), written, len(payload), payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload and a signature over it that nobody has verified yet. `keyid` is a hint, signed by nothing."""

    payload_type: str
    payload: bytes = field(repr=False)
    keyid: str
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> "Envelope":
        """Read an envelope; raises `Malformed` unless it is the one encoding of its content."""
        if len(data) > MOST_ENVELOPE_BYTES:
            raise Malformed(f"an envelope may have at most {MOST_ENVELOPE_BYTES:,} bytes")
        match parse_canonical_json(data):
            case {
                "payload": str(payload),
                "payloadType": str(payload_type),
                "signatures": [{"keyid": str(keyid), "sig": str(signature), **more}],
                **rest,
            } if not rest and not more:
                opened = cls(payload_type, parse_base64(payload), keyid, parse_base64(signature))
            case _:
                raise Malformed("an envelope has a payload, its type and exactly one signature")
        opened.check_shape()
        return opened

    def to_bytes(self) -> bytes:
        """Write the envelope."""
        self.check_shape()
        signature = {"keyid": self.keyid, "sig": to_base64(self.signature)}
        return canonical_json(
            {
                "payload": to_base64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [signature],
            }
        )

    def check_shape(self) -> None:
        """Return if the parts have lengths that an envelope of ours can have; raises `Malformed`."""
        if not 0 < len(self.payload) <= MOST_PAYLOAD_BYTES:
            raise Malformed(f"a payload has 1 to {MOST_PAYLOAD_BYTES:,} bytes")
        if len(self.signature) != SIGNATURE_BYTES:
            raise Malformed(f"an Ed25519 signature has {SIGNATURE_BYTES} bytes")
        if not self.keyid or len(self.keyid) > MOST_KEYID_CHARACTERS:
            raise Malformed("an envelope names the key that signed it")

    def verify(self, vkey: Vkey) -> bytes:
        """Return the payload, if `vkey` has signed it. Raises `NoteRejected`."""
        if vkey.type is not SignatureType.ED25519:
            raise NoteRejected(f"the key of {vkey.name!r} does not sign envelopes")
        if self.keyid != keyid_of(vkey):
            raise NoteRejected(f"the envelope names the key {self.keyid[:120]!r}, not {keyid_of(vkey)!r}")
        try:
            Ed25519PublicKey.from_public_bytes(vkey.public_key).verify(
                self.signature, pae(self.payload_type, self.payload)
            )
        except (InvalidSignature, ValueError):
            raise NoteRejected(f"the signature of {vkey.name!r} over the envelope is wrong") from None
        return self.payload


def keyid_of(vkey: Vkey) -> str:
    """Return how envelopes name a key: `<name>+<key id, 8 lowercase hex>`, as its vkey begins."""
    return f"{vkey.name}+{vkey.key_id.hex()}"
