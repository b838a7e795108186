"""Note signatures: published and frozen vectors, every changed byte, and a private key that stays private."""

import copy
import pickle
from base64 import b64decode
from dataclasses import replace

import pytest

from ringfence.crypto.errors import SignatureWrong, VerifierKeyMalformed
from ringfence.crypto.signing import NoteSigner, VerifierKey, key_id

# The example in the text of C2SP signed-note.
PUBLISHED_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
PUBLISHED_TEXT = b"This is an example message.\n"
PUBLISHED_SIGNATURE = b64decode(
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
)

NAME = "audit.example.com/demo"
SEED = b"\x01" * 32
VKEY = "audit.example.com/demo+7af2d428+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
CHECKPOINT = b"audit.example.com/demo\n3\nOF2jDzkXKCyJOd/4UZV+UZqxhGsTUaFMCts7EWMnQqo=\n"
LINE = (
    "— audit.example.com/demo evLUKDYm15gjm8mGARblvXT2kc7CgmBXWIeNo+X7EEQKZYImADJyG/"
    "kArRH9AXlHgdc7wVTzXzYv8HO43AJcX37QYA8=\n"
)


def test_the_published_signature_verifies():
    verifier = VerifierKey.from_vkey(PUBLISHED_VKEY)

    assert PUBLISHED_SIGNATURE[:4] == verifier.key_id
    verifier.verify(PUBLISHED_TEXT, PUBLISHED_SIGNATURE[4:])
    assert verifier.vkey == PUBLISHED_VKEY


def test_the_frozen_key_and_signature_line_are_reproduced():
    signer = NoteSigner(NAME, SEED)

    assert signer.vkey == VKEY
    assert signer.sign(CHECKPOINT) == LINE
    assert VerifierKey.from_vkey(VKEY) == signer.verifier


def test_every_changed_byte_of_text_or_signature_is_wrong():
    verifier = VerifierKey.from_vkey(PUBLISHED_VKEY)
    signature = PUBLISHED_SIGNATURE[4:]
    for place in range(len(PUBLISHED_TEXT)):
        changed = bytearray(PUBLISHED_TEXT)
        changed[place] ^= 1
        with pytest.raises(SignatureWrong):
            verifier.verify(bytes(changed), signature)
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1
        with pytest.raises(SignatureWrong):
            verifier.verify(PUBLISHED_TEXT, bytes(changed))


@pytest.mark.parametrize("signature", [b"", PUBLISHED_SIGNATURE, PUBLISHED_SIGNATURE[4:-1], bytes(64)])
def test_a_signature_of_another_shape_is_wrong(signature):
    with pytest.raises(SignatureWrong):
        VerifierKey.from_vkey(PUBLISHED_VKEY).verify(PUBLISHED_TEXT, signature)


def test_another_key_finds_the_signature_wrong():
    with pytest.raises(SignatureWrong):
        VerifierKey.from_vkey(VKEY).verify(PUBLISHED_TEXT, PUBLISHED_SIGNATURE[4:])


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        PUBLISHED_VKEY.replace("530d903a", "530d903b"),  # another key id
        PUBLISHED_VKEY.replace("530d903a", "530D903A"),  # upper case
        PUBLISHED_VKEY.replace("foo", "fox"),  # another name
        PUBLISHED_VKEY.replace("+Aeky", "+Beky"),  # another type byte
        PUBLISHED_VKEY[:-4],
        PUBLISHED_VKEY + "AAAA",
        PUBLISHED_VKEY + "\n",
        PUBLISHED_VKEY.replace("U2k", "U2k="),
        PUBLISHED_VKEY.replace("Aeky", "Ae ky"),
        "+530d903a+" + PUBLISHED_VKEY.split("+")[2],
        PUBLISHED_VKEY.replace("example.com/foo", "example.com/ foo"),
    ],
)
def test_a_malformed_verifier_key_is_refused(vkey):
    with pytest.raises(VerifierKeyMalformed):
        VerifierKey.from_vkey(vkey)


def test_a_cosigner_key_is_refused_for_its_type():
    cosigner = "witness.example.net/w1+0abc1f19+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
    with pytest.raises(VerifierKeyMalformed, match="not for plain Ed25519"):
        VerifierKey.from_vkey(cosigner)


def test_a_name_with_a_plus_sign_is_refused_even_with_a_key_id_that_fits():
    public = VerifierKey.from_vkey(VKEY).public
    with pytest.raises(VerifierKeyMalformed):
        VerifierKey("a+b", key_id("a+b", public), public)


def test_a_verifier_key_with_another_key_id_cannot_exist():
    with pytest.raises(VerifierKeyMalformed):
        replace(VerifierKey.from_vkey(VKEY), key_id=b"\x00" * 4)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\u2028b", "a\x00b"])
def test_a_name_that_a_note_cannot_carry_is_refused(name):
    with pytest.raises(VerifierKeyMalformed):
        NoteSigner(name, SEED)


@pytest.mark.parametrize("text", [b"", b"no line feed", b"tab\there\n", b"null\x00\n", b"\xff\n", b"cr\r\n"])
def test_a_text_that_is_no_note_is_not_signed(text):
    with pytest.raises(ValueError, match=r"note|decode"):
        NoteSigner(NAME, SEED).sign(text)


@pytest.mark.parametrize("seed", [b"", SEED[:-1], SEED + b"\x00", "1" * 32])
def test_a_seed_of_another_length_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        NoteSigner(NAME, seed)


def test_a_signer_shows_its_verifier_key_and_nothing_else():
    signer = NoteSigner(NAME, SEED)

    assert repr(signer) == f"NoteSigner({VKEY!r})"
    assert not hasattr(signer, "__dict__")
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled"):
            attempt(signer)
