"""Cosignatures byte by byte: the worked example, both kinds of key, and what is refused."""

import pickle
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from audit.checkpoints import Checkpoint
from audit.cosignatures import ed25519_message, mldsa44_message, subtree_message
from audit.cosigners import Cosigner
from audit.errors import Malformed, NoteRejected
from audit.notes import SignatureType, Vkey, open_note, sign_note, split_note
from audit.policy import Policy
from tests.unit.audit.making import LOG, WITNESS

ROOT = bytes.fromhex("385da30f3917282c8939dff851957e519ab1846b1351a14c0adb3b11632742aa")
TEXT = Checkpoint("audit.example.com/demo", 3, ROOT).text
NAME, AT = "witness.example.net/w1", 1_700_000_000
LINE = (
    "— witness.example.net/w1 CrwfGQAAAABlU/EAjozXkBfRZYOfXJISIiSfwCdncsLhNbnEjdsuvlU8N7psMGn7mwxZ92yB"
    "/4EgSa3tJl01nCZ7//sntsU1bdulCA==\n"
)
WITNESS_VKEY = "witness.example.net/w1+0abc1f19+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
SUBTREE = (
    bytes.fromhex(
        "737562747265652f76310a00167769746e6573732e6578616d706c652e6e65742f7731000000006553f100"
        "1661756469742e6578616d706c652e636f6d2f64656d6f00000000000000000000000000000003"
    )
    + ROOT
)


def ed25519(name=NAME, *, at=AT):
    return Cosigner.ed25519(name, b"\x02" * 32, clock=lambda: at)


def mldsa44(name=NAME, *, at=AT):
    return Cosigner.mldsa44(name, b"\x02" * 32, clock=lambda: at)


def line_of(cosigner, signature):
    return f"— {cosigner.vkey.name} {b64encode(cosigner.vkey.key_id + signature).decode()}\n"


def signature_in(line):
    return b64decode(line.split(" ")[2])[4:]


def test_the_worked_example_is_signed_and_read_byte_for_byte():
    assert str(ed25519().vkey) == WITNESS_VKEY
    assert ed25519().sign(TEXT.encode()) == LINE
    (verified,) = open_note(f"{TEXT}\n{LINE}".encode(), [Vkey.parse(WITNESS_VKEY)]).verified
    assert (verified.name, verified.timestamp) == (NAME, AT)


def test_the_subtree_message_of_the_worked_example_has_its_114_bytes():
    message = mldsa44_message(TEXT.encode(), name=NAME, seconds=AT)
    assert (len(message), message) == (114, SUBTREE)
    assert message == subtree_message(
        name=NAME, seconds=AT, origin="audit.example.com/demo", start=0, end=3, root=ROOT
    )


def test_an_mldsa_cosignature_is_over_the_subtree_message_and_nothing_else():
    cosigner = mldsa44()
    signature = signature_in(cosigner.sign(TEXT.encode()))
    assert (len(signature), signature[:8]) == (8 + 2420, AT.to_bytes(8, "big"))
    MLDSA44PublicKey.from_public_bytes(cosigner.vkey.public_key).verify(signature[8:], SUBTREE)


def test_an_ed25519_cosignature_is_over_time_and_text():
    signature = signature_in(LINE)
    message = b"cosignature/v1\ntime 1700000000\n" + TEXT.encode()
    assert ed25519_message(TEXT.encode(), seconds=AT) == message
    Ed25519PublicKey.from_public_bytes(ed25519().vkey.public_key).verify(signature[8:], message)


def test_a_key_of_each_size_is_read_and_prints_as_it_was_read():
    for cosigner, kind, length in (
        (ed25519(), SignatureType.ED25519_COSIGNATURE, 32),
        (mldsa44(), SignatureType.MLDSA44_COSIGNATURE, 1312),
    ):
        read = Vkey.parse(str(cosigner.vkey))
        assert (read, read.type, len(read.public_key)) == (cosigner.vkey, kind, length)


@pytest.mark.parametrize(("kind", "length"), [(1, 1312), (4, 1312), (6, 32), (6, 1311), (6, 1313), (6, 0)])
def test_a_key_of_another_size_than_its_type_has_is_malformed(kind, length):
    made = Vkey("a", bytes(4), SignatureType(kind), bytes(length))
    with pytest.raises(Malformed, match="type or a length"):
        Vkey.parse(str(made))


def test_a_cosigners_name_fits_into_the_message():
    assert len(mldsa44("n" * 255).sign(TEXT.encode())) > 3_000
    for name in ("n" * 256, "ä" * 128):
        with pytest.raises(Malformed):
            mldsa44(name)
    assert ed25519("n" * 256).sign(TEXT.encode())


def test_what_is_signed_with_ml_dsa_is_a_checkpoint_whose_origin_fits():
    for text in ("no checkpoint\n", Checkpoint("o" * 256, 3, ROOT).text):
        with pytest.raises(Malformed):
            mldsa44().sign(text.encode())
        with pytest.raises(NoteRejected):
            open_note(f"{text}\n{line_of(mldsa44(), bytes(2428))}".encode(), [mldsa44().vkey])


CHANGED = {
    "size": Checkpoint("audit.example.com/demo", 4, ROOT).text,
    "root": Checkpoint("audit.example.com/demo", 3, bytes(32)).text,
    "origin": Checkpoint("audit.example.com/other", 3, ROOT).text,
}


@pytest.mark.parametrize("changed", CHANGED)
@pytest.mark.parametrize("make", [ed25519, mldsa44])
def test_a_cosignature_holds_for_one_checkpoint(make, changed):
    cosigner = make()
    line = cosigner.sign(TEXT.encode())
    open_note(f"{TEXT}\n{line}".encode(), [cosigner.vkey])
    with pytest.raises(NoteRejected):
        open_note(f"{CHANGED[changed]}\n{line}".encode(), [cosigner.vkey])


@pytest.mark.parametrize("make", [ed25519, mldsa44])
def test_time_and_every_byte_of_the_signature_count(make):
    cosigner = make()
    signature = signature_in(cosigner.sign(TEXT.encode()))
    for at in (0, 7, 8, len(signature) // 2, len(signature) - 1):
        flipped = bytes([*signature[:at], signature[at] ^ 1, *signature[at + 1 :]])
        with pytest.raises(NoteRejected):
            open_note(f"{TEXT}\n{line_of(cosigner, flipped)}".encode(), [cosigner.vkey])
    for other in (signature[:-1], signature + b"\0", signature[:7], signature[8:]):
        with pytest.raises(NoteRejected):
            open_note(f"{TEXT}\n{line_of(cosigner, other)}".encode(), [cosigner.vkey])


@pytest.mark.parametrize("make", [ed25519, mldsa44])
def test_a_time_beyond_63_bits_is_refused_and_none_is_no_time(make):
    with pytest.raises(Malformed):
        make(at=2**63).sign(TEXT.encode())
    timeless = make(at=0)
    (verified,) = open_note(sign_note(TEXT, [timeless]), [timeless.vkey]).verified
    assert verified.timestamp is None


def test_the_name_counts_with_ml_dsa_even_under_the_same_key():
    first, second = mldsa44("w.example/a"), mldsa44("w.example/b")
    swapped = line_of(second, signature_in(first.sign(TEXT.encode())))
    with pytest.raises(NoteRejected):
        open_note(f"{TEXT}\n{swapped}".encode(), [second.vkey])


def test_both_kinds_of_witness_count_towards_a_quorum_and_a_key_counts_once():
    log, w1, w2 = LOG.vkey, ed25519(), mldsa44("w.example/2")
    both = f"log {log}\nwitness a {w1.vkey}\nwitness b {w2.vkey}\ngroup g all a b\nquorum g\n"
    policy = Policy.parse(both)
    signed = policy.open_checkpoint(sign_note(TEXT, [LOG, w2, w1]))
    assert {each.name for each in signed.cosigners} == {NAME, "w.example/2"}
    for missing in ([LOG, w1], [LOG, w2], [LOG, w1, w1], [w1, w2]):
        with pytest.raises(NoteRejected):
            policy.open_checkpoint(sign_note(TEXT, missing))


@pytest.mark.parametrize("make", [ed25519, mldsa44])
def test_a_policy_refuses_one_key_under_two_names(make):
    one, other = make("w.example/a"), make("w.example/b")
    with pytest.raises(Malformed, match="twice"):
        Policy.parse(f"log {LOG.vkey}\nwitness a {one.vkey}\nwitness b {other.vkey}\nquorum none\n")


def test_a_log_is_not_its_own_witness():
    itself = Cosigner.ed25519(LOG.name, b"\x01" * 32)
    with pytest.raises(Malformed, match="twice"):
        Policy.parse(f"log {LOG.vkey}\nwitness a {itself.vkey}\nquorum a\n")


def test_a_line_that_nobody_knows_changes_nothing():
    note = sign_note(TEXT, [LOG, mldsa44(), WITNESS])
    opened = open_note(note, [Vkey.parse(LOG.vkey)])
    assert [each.name for each in opened.verified] == [LOG.name]
    assert len(split_note(note)[1]) == 3


def test_a_cosigner_keeps_its_key_to_itself():
    with pytest.raises(TypeError):
        pickle.dumps(ed25519())
    assert repr(ed25519()) == f"Cosigner({WITNESS_VKEY!r})"
    for make in (Cosigner.ed25519, Cosigner.mldsa44):
        with pytest.raises(ValueError, match="32 bytes"):
            make(NAME, b"\x02" * 31)
        with pytest.raises(Malformed):
            make("a+b", b"\x02" * 32)
