"""One example, byte by byte: keys, leaves, roots, an entry bundle, a proof with a cosignature."""

import pytest

from audit import merkle, tiles
from audit.checkpoints import Checkpoint
from audit.encoding import to_base64
from audit.errors import Malformed, NoteRejected, ProofRejected
from audit.notes import SignatureType, Vkey, open_note, sign_note
from audit.policy import Policy
from audit.proofs import ConsistencyProof, TlogProof
from tests.unit.audit.making import LOG, WITNESS

VKEY = "audit.example.com/demo+7af2d428+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
WITNESS_VKEY = "witness.example.net/w1+0abc1f19+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
ENTRIES = (b"alpha", b"beta", b"gamma")
POLICY = f"log {VKEY}\nwitness w1 {WITNESS_VKEY}\nquorum w1\n"
PROOF = b"""\
c2sp.org/tlog-proof@v1
index 1
KhWNiv1I4/iMtBld/bKp5IF9lfpX/TREDZP5quXE+Cs=
THnQ1i989cqIdBVfLTuHXyYl2iuzq8hrvWgz8lupDlE=

audit.example.com/demo
3
OF2jDzkXKCyJOd/4UZV+UZqxhGsTUaFMCts7EWMnQqo=

\xe2\x80\x94 audit.example.com/demo \
evLUKDYm15gjm8mGARblvXT2kc7CgmBXWIeNo+X7EEQKZYImADJyG/kArRH9AXlHgdc7wVTzXzYv8HO43AJcX37QYA8=
\xe2\x80\x94 witness.example.net/w1 \
CrwfGQAAAABlU/EAjozXkBfRZYOfXJISIiSfwCdncsLhNbnEjdsuvlU8N7psMGn7mwxZ92yB/4EgSa3tJl01nCZ7//sntsU1bdulCA==
"""


def test_the_same_seeds_make_the_same_bytes():
    assert (LOG.vkey, WITNESS.vkey) == (VKEY, WITNESS_VKEY)
    hashes = [merkle.leaf_hash(entry) for entry in ENTRIES]
    checkpoint = Checkpoint(LOG.name, 3, merkle.tree_head(hashes))
    note = sign_note(checkpoint.text, [LOG, WITNESS])
    assert TlogProof(1, tuple(merkle.inclusion_path(hashes, 1)), note).to_bytes() == PROOF
    assert tiles.build_entry_bundle(ENTRIES).hex() == "0005616c70686100046265746100" + "0567616d6d61"


def test_the_proof_holds_under_the_policy():
    signed = TlogProof.parse(PROOF).check(b"beta", Policy.parse(POLICY))

    assert (signed.checkpoint.origin, signed.checkpoint.size) == ("audit.example.com/demo", 3)
    assert [each.name for each in signed.note.verified] == [LOG.name, WITNESS.name]
    assert [each.timestamp for each in signed.cosigners] == [1_700_000_000]
    assert TlogProof.parse(PROOF).to_bytes() == PROOF


@pytest.mark.parametrize("leaf", [b"alpha", b"gamma", b"beta ", b""])
def test_the_proof_holds_for_no_other_leaf(leaf):
    with pytest.raises(ProofRejected):
        TlogProof.parse(PROOF).check(leaf, Policy.parse(POLICY))


def test_every_byte_of_the_proof_matters():
    policy = Policy.parse(POLICY)
    for at in range(len(PROOF)):
        for flip in (0x01, 0x20, 0x80):
            changed = PROOF[:at] + bytes([PROOF[at] ^ flip]) + PROOF[at + 1 :]
            with pytest.raises((Malformed, NoteRejected, ProofRejected)):
                TlogProof.parse(changed).check(b"beta", policy)


def test_a_proof_without_its_witness_misses_the_quorum():
    without = PROOF[: PROOF.index(b"\xe2\x80\x94 witness")]
    with pytest.raises(NoteRejected):
        TlogProof.parse(without).check(b"beta", Policy.parse(POLICY))
    TlogProof.parse(without).check(b"beta", Policy.parse(f"log {VKEY}\nquorum none\n"))


def test_consistency_from_two_to_three_as_an_add_checkpoint_body():
    note = TlogProof.parse(PROOF).checkpoint
    body = b"old 2\nTHnQ1i989cqIdBVfLTuHXyYl2iuzq8hrvWgz8lupDlE=\n\n" + note
    proof = ConsistencyProof.parse(body)
    assert (proof.old_size, [to_base64(each) for each in proof.path]) == (
        2,
        ["THnQ1i989cqIdBVfLTuHXyYl2iuzq8hrvWgz8lupDlE="],
    )
    assert proof.to_bytes() == body


def test_the_verifier_key_of_the_signed_note_text():
    vkey = Vkey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    note = (
        "This is an example message.\n\n"
        "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1"
        "ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    ).encode()
    opened = open_note(note, [vkey])
    assert (opened.text, [each.name for each in opened.verified]) == (
        "This is an example message.\n",
        ["example.com/foo"],
    )
    assert vkey.type is SignatureType.ED25519
