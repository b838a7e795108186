"""DSSE envelopes: the bytes that are signed, one encoding, and agreement with another implementation."""

import json
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.signer import SSlibKey

from audit.dsse import IN_TOTO, Envelope, keyid_of, pae
from audit.errors import Malformed, NoteRejected
from audit.leaf import canonical_json
from audit.notes import Vkey
from ringfence.crypto.signing import NoteSigner
from tests.unit.audit.attesting import attestation, envelope
from tests.unit.audit.making import FORGER, LOG

VKEY = Vkey.parse(LOG.vkey)
# Written by hand after protocol.md; signed once with the key of seed 01 x 32, and frozen.
PAYLOAD = b'{"_type":"https://in-toto.io/Statement/v1"}'
FROZEN = (
    b'{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==","payloadType":'
    b'"application/vnd.in-toto+json","signatures":[{"keyid":"audit.example.com/demo+7af2d428","sig":"'
    b'na4KUAOU273e7aNiTfRtScPbVeszIazKO/KWoTvTVFB5Ph1fGHweyiDDVyPTHs25wKlH4aFAeAaH8wlTN0zpBw=="}]}'
)


def test_the_bytes_that_are_signed_are_those_of_the_protocol() -> None:
    # The protocol's own example.
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("", b"") == b"DSSEv1 0  0 "
    # Lengths are bytes, not characters.
    assert pae("ä", "é\n".encode()) == b"DSSEv1 2 \xc3\xa4 3 \xc3\xa9\n"


def test_no_two_contents_have_the_same_bytes_to_sign() -> None:
    assert pae("a", b"b 1 c") != pae("a 5 b", b"c")
    assert pae("ab", b"c") != pae("a", b"bc")


def test_an_envelope_is_what_it_was_when_it_was_frozen() -> None:
    assert envelope(PAYLOAD).to_bytes() == FROZEN
    opened = Envelope.parse(FROZEN)
    assert opened.verify(VKEY) == PAYLOAD
    assert opened.to_bytes() == FROZEN


def test_the_signers_own_key_makes_the_same_envelope() -> None:
    signer = NoteSigner(LOG.name, b"\x01" * 32)
    assert signer.sign_envelope(pae(IN_TOTO, PAYLOAD)) == Envelope.parse(FROZEN).signature


@pytest.mark.parametrize(
    "text", [b"audit.example.com/demo\n3\nabc\n", b"DSSEv1 1 a 2 b\n", b"DSSEv2 1 a 1 b"]
)
def test_the_key_of_a_log_signs_as_an_envelope_nothing_that_could_be_a_note(text: bytes) -> None:
    with pytest.raises(ValueError, match="DSSEv1"):
        NoteSigner(LOG.name, b"\x01" * 32).sign_envelope(text)


def test_another_implementation_opens_ours_and_we_open_theirs() -> None:
    payload = attestation().to_bytes()
    ours = envelope(payload)
    public = Ed25519PublicKey.from_public_bytes(VKEY.public_key)
    key = SSlibKey.from_crypto(public, keyid=keyid_of(VKEY))

    theirs = TheirEnvelope.from_dict(json.loads(ours.to_bytes()))
    assert theirs.pae() == pae(IN_TOTO, payload)
    assert theirs.payload == payload
    assert set(theirs.verify([key], threshold=1)) == {keyid_of(VKEY)}

    private = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    made = {
        "payload": b64encode(payload).decode(),
        "payloadType": IN_TOTO,
        "signatures": [{"keyid": keyid_of(VKEY), "sig": b64encode(private.sign(theirs.pae())).decode()}],
    }
    assert Envelope.parse(canonical_json(made)).verify(VKEY) == payload


def changed(**parts: object) -> bytes:
    return canonical_json(json.loads(FROZEN) | parts)


SIGNATURE = json.loads(FROZEN)["signatures"][0]
REFUSED = {
    "a second signature": changed(signatures=[SIGNATURE, SIGNATURE]),
    "no signature": changed(signatures=[]),
    "a name too many": changed(note="hello"),
    "a name too many beside the signature": changed(signatures=[SIGNATURE | {"cert": ""}]),
    "no name of the key": changed(signatures=[SIGNATURE | {"keyid": ""}]),
    "a short signature": changed(signatures=[SIGNATURE | {"sig": b64encode(b"x" * 63).decode()}]),
    "no payload": changed(payload=""),
    "base64 for addresses": changed(payload="_-__"),
    "base64 without padding": changed(payload=json.loads(FROZEN)["payload"].rstrip("=")),
    "other spacing": FROZEN.replace(b'"payload":', b'"payload": '),
    "a line feed behind": FROZEN + b"\n",
    "no JSON": b"DSSEv1 1 a 1 b",
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_envelope_has_one_encoding(what: str) -> None:
    with pytest.raises(Malformed):
        Envelope.parse(REFUSED[what])


def test_a_changed_type_or_payload_is_not_what_was_signed() -> None:
    good = Envelope.parse(FROZEN)
    for other in (
        Envelope(good.payload_type, good.payload + b" ", good.keyid, good.signature),
        Envelope("application/json", good.payload, good.keyid, good.signature),
        Envelope(good.payload_type, good.payload, good.keyid, bytes(64)),
    ):
        with pytest.raises(NoteRejected, match="wrong"):
            other.verify(VKEY)


def test_another_key_is_named_and_refused() -> None:
    forged = envelope(PAYLOAD, FORGER)
    with pytest.raises(NoteRejected, match="names the key"):
        forged.verify(VKEY)
    with pytest.raises(NoteRejected, match="wrong"):
        Envelope(forged.payload_type, forged.payload, keyid_of(VKEY), forged.signature).verify(VKEY)


def test_a_flipped_bit_anywhere_is_noticed() -> None:
    for position in range(len(FROZEN)):
        damaged = bytearray(FROZEN)
        damaged[position] ^= 1
        with pytest.raises((Malformed, NoteRejected)):
            Envelope.parse(bytes(damaged)).verify(VKEY)
    assert b64decode(json.loads(FROZEN)["payload"]) == PAYLOAD
