"""A log that tells one history or two, and what a witness answers to it."""

from pathlib import Path

from audit.checkpoints import Checkpoint
from audit.merkle import consistency_path, leaf_hash, tree_head
from audit.notes import open_note, sign_note
from audit.proofs import ConsistencyProof
from audit.witness.judging import Refused, trusted_logs
from tests.unit.audit.making import LOG

REPO = Path(__file__).parents[3]
NAME = "w.example/1"
NOW = 1_800_000_000
TRUSTED = trusted_logs([LOG.vkey])
HASHES = [leaf_hash(b"%d" % n) for n in range(40)]
FORK = [*HASHES[:7], *(leaf_hash(b"fork %d" % n) for n in range(33))]


def text_of(size, hashes=HASHES, *, origin=LOG.name):
    return Checkpoint(origin, size, tree_head(hashes[:size])).text


def body(old, new, hashes=HASHES, *, signers=(LOG,), path=None, text=None):
    if path is None:
        path = consistency_path(hashes[:new], old) if 0 < old < new else []
    note = sign_note(text or text_of(new, hashes), signers)
    return ConsistencyProof(old, tuple(path), note).to_bytes()


def answer(witness, submitted):
    """Return status and body as the server would send them."""
    try:
        return 200, witness.add_checkpoint(submitted)
    except Refused as refused:
        return refused.status, refused.body


def holds(witness, text, lines, *, at=NOW):
    note = open_note(f"{text}\n".encode() + lines, witness.vkeys)
    return {each.timestamp for each in note.verified} == {at} and len(note.verified) == 2
