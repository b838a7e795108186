"""Signed notes and checkpoints: what is refused, and as what."""

import hashlib
from base64 import b64encode

import pytest

from audit.checkpoints import Checkpoint
from audit.errors import Malformed, NoteRejected
from audit.merkle import EMPTY_HEAD
from audit.notes import MAX_SIGNATURES, Vkey, open_note, sign_note
from ringfence.crypto import signing
from tests.unit.audit.making import FORGER, LOG, WITNESS, Signer

TEXT = "audit.example.com/demo\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
KEY = Vkey.parse(LOG.vkey)
LINE = LOG.sign(TEXT.encode())
OTHERS = [Signer(f"other.example/{n}", bytes([9, n] * 16)) for n in range(MAX_SIGNATURES)]


def test_a_note_opens_to_what_was_signed():
    note = open_note(sign_note(TEXT, [LOG]), [KEY])
    assert (note.text, [each.name for each in note.verified], note.unknown) == (TEXT, [LOG.name], ())


def test_lines_by_unknown_keys_are_ignored_up_to_the_limit():
    note = sign_note(TEXT, [LOG, *OTHERS[: MAX_SIGNATURES - 1]])
    assert len(open_note(note, [KEY]).unknown) == MAX_SIGNATURES - 1
    with pytest.raises(Malformed):
        open_note(sign_note(TEXT, [LOG, *OTHERS]), [KEY])


@pytest.mark.parametrize("signers", [OTHERS[:1], [FORGER]])
def test_a_note_that_no_known_key_signed_is_rejected(signers):
    with pytest.raises(NoteRejected):
        open_note(sign_note(TEXT, signers), [KEY])


@pytest.mark.parametrize("bad_first", [True, False])
def test_a_wrong_signature_by_a_known_key_sinks_the_note_beside_a_right_one(bad_first):
    wrong = f"— {LOG.name} {b64encode(LOG.key_id + LOG.raw(b'another text')).decode()}\n"
    lines = wrong + LINE if bad_first else LINE + wrong
    open_note(f"{TEXT}\n{LINE}{LINE}".encode(), [KEY])
    with pytest.raises(NoteRejected):
        open_note(f"{TEXT}\n{lines}".encode(), [KEY])


@pytest.mark.parametrize("length", [1, 63, 65, 72])
@pytest.mark.parametrize("signer", [LOG, WITNESS])
def test_a_known_signature_of_another_length_is_rejected(signer, length):
    whole = signer.raw(TEXT.encode()) + b"\0" * 9
    if length == 72 and signer is WITNESS:
        length = 73
    line = f"— {signer.name} {b64encode(signer.key_id + whole[:length]).decode()}\n"
    with pytest.raises(NoteRejected):
        open_note(f"{TEXT}\n{line}".encode(), [Vkey.parse(signer.vkey)])


def test_a_cosignature_is_not_a_plain_signature():
    plain = f"— {WITNESS.name} {b64encode(WITNESS.key_id + WITNESS.raw(TEXT.encode())[8:]).decode()}\n"
    with pytest.raises(NoteRejected):
        open_note(f"{TEXT}\n{plain}".encode(), [Vkey.parse(WITNESS.vkey)])
    assert open_note(sign_note(TEXT, [WITNESS]), [Vkey.parse(WITNESS.vkey)]).verified[0].timestamp


MALFORMED_NOTES = {
    "nothing": b"",
    "no signature": TEXT.encode(),
    "no empty line": (TEXT + LINE).encode(),
    "empty signature block": (TEXT + "\n").encode(),
    "two empty lines": (TEXT + "\n\n").encode(),
    "last line feed missing": f"{TEXT}\n{LINE}"[:-1].encode(),
    "carriage returns": f"{TEXT}\n{LINE}".replace("\n", "\r\n").encode(),
    "a tab": f"{TEXT}\n{LINE}".replace("0\n", "0\t\n", 1).encode(),
    "a NUL": f"{TEXT}\n{LINE}".replace("0\n", "0\0\n", 1).encode(),
    "not UTF-8": f"{TEXT}\n{LINE}".encode() + b"\xff\n",
    "a surrogate": b"\xed\xa0\x80\n\n" + LINE.encode(),
    "a hyphen for the dash": f"{TEXT}\n{LINE.replace('—', '-')}".encode(),
    "two spaces": f"{TEXT}\n{LINE.replace('— ', '—  ')}".encode(),
    "a trailing space": f"{TEXT}\n{LINE[:-1]} \n".encode(),
    "a trailing word": f"{TEXT}\n{LINE[:-1]} x\n".encode(),
    "no padding": f"{TEXT}\n{LINE.replace('=', '')}".encode(),
    "junk in base64": f"{TEXT}\n{LINE.replace('=', '*=', 1)}".encode(),
    "a name with a plus": f"{TEXT}\n— a+b {LINE.split(' ')[2]}".encode(),
    "a name with a wide space": f"{TEXT}\n— a\u3000b {LINE.split(' ')[2]}".encode(),
    "no name": f"{TEXT}\n—  {LINE.split(' ')[2]}".encode(),
    "only a key id": f"{TEXT}\n— a AAAAAA==\n".encode(),
    "too large": b"a" * 1_000_001,
}


@pytest.mark.parametrize("what", MALFORMED_NOTES)
def test_bytes_that_are_no_note_are_malformed(what):
    with pytest.raises(Malformed):
        open_note(MALFORMED_NOTES[what], [KEY])


def test_base64_with_other_trailing_bits_is_malformed():
    # 68 bytes end in "x=" where x has two unused bits; three other letters decode alike.
    last = LINE[-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    alike = alphabet[alphabet.index(last) + 1]
    with pytest.raises(Malformed):
        open_note(f"{TEXT}\n{LINE[:-3]}{alike}=\n".encode(), [KEY])


def key_with_its_id(typed):
    key_id = hashlib.sha256(b"a\n" + typed).hexdigest()[:8]
    return f"a+{key_id}+{b64encode(typed).decode()}"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "a+b",
        LOG.vkey.replace("7af2d428", "7AF2D428"),
        LOG.vkey.replace("7af2d428", "7af2d429"),
        LOG.vkey.replace("demo", "other"),
        LOG.vkey[:-1],
        LOG.vkey + "=",
        LOG.vkey + "\n",
        " " + LOG.vkey,
        LOG.vkey.replace("audit", "au dit"),
        "+7af2d428" + LOG.vkey[LOG.vkey.rindex("+A") :],
        # ECDSA and a private type are not known here, nor is a key of 31 bytes.
        *(
            key_with_its_id(typed)
            for typed in (b"\x02" + bytes(32), b"\xff" + bytes(32), b"\x01" + bytes(31))
        ),
    ],
)
def test_a_verifier_key_has_one_spelling(wrong):
    with pytest.raises(Malformed):
        Vkey.parse(wrong)


def test_a_verifier_key_prints_as_it_was_read():
    for text in (LOG.vkey, WITNESS.vkey, key_with_its_id(b"\x01" + bytes(32))):
        assert str(Vkey.parse(text)) == text


def test_a_text_is_signed_only_if_it_can_be_a_note():
    for text in ("", "no line feed", "a\rb\n", "half \ud800\n"):
        with pytest.raises(Malformed):
            sign_note(text, [LOG])
    with pytest.raises(NoteRejected):
        sign_note(TEXT, [])


def test_a_checkpoint_is_read_and_written_alike():
    for text in (
        TEXT,
        TEXT + "extension 1\nextension 2\n",
        TEXT.replace("audit.example.com/demo", "go.sum db"),
    ):
        assert Checkpoint.parse(text).text == text
    assert Checkpoint.parse(TEXT) == Checkpoint("audit.example.com/demo", 0, EMPTY_HEAD)


@pytest.mark.parametrize(
    "size",
    [
        "",
        "+5",
        "-0",
        "-1",
        "1_0",
        " 1",
        "1 ",
        "01",
        "00",
        "0x1",
        "١",
        "１",
        "1.0",
        "1e3",
        str(2**63),
        "9" * 5000,
    ],
)
def test_a_size_is_a_plain_decimal(size):
    with pytest.raises(Malformed):
        Checkpoint.parse(TEXT.replace("\n0\n", f"\n{size}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        TEXT[:-1],
        TEXT + "\n",
        "\n" + TEXT[TEXT.index("\n") + 1 :],
        TEXT[: TEXT.index("47DE")],
        TEXT.replace("47DE", "47DE\n"),
        TEXT.replace("=\n", "\n"),
        TEXT.replace("U=\n", "V=\n"),
        # A validly spelt root of 31 bytes, which some verifiers let through.
        f"audit.example.com/demo\n0\n{b64encode(bytes(31)).decode()}\n",
        f"audit.example.com/demo\n0\n{b64encode(bytes(33)).decode()}\n",
        TEXT.replace("demo", "demo\udc80"),
        # U+2028 ends a line for str.splitlines(), not here.
        TEXT.replace("\n0\n", "\u20280\u2028"),
        TEXT.replace("\n0", "\r\n0"),
    ],
)
def test_a_checkpoint_of_another_shape_is_malformed(text):
    with pytest.raises(Malformed):
        Checkpoint.parse(text)


def test_the_signers_keys_and_lines_are_the_ones_opened_here():
    signer = signing.NoteSigner(LOG.name, b"\x01" * 32)
    assert signer.vkey == LOG.vkey
    assert sign_note(TEXT, [signer]) == sign_note(TEXT, [LOG])
