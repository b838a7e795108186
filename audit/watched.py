"""What a bundle brings of its witnesses: two members, checked in the same way when written and when read. Pure.

    witnessed.tlog-proof   a checkpoint of this log as a leaf of the cosigned meta-log; the leaf is its extra data
    witnessed.growth       the path from that checkpoint to the bundle's: tlog-witness's add-checkpoint body

Witnesses see the meta-log, and so a checkpoint some seconds after it was signed: the bundle's own is often newer.
"""

from dataclasses import dataclass, field

from audit.checkpoints import Checkpoint
from audit.errors import Equivocation, Malformed, ProofRejected
from audit.merkle import check_consistency
from audit.meta import parse_leaf, requirement_in
from audit.notes import Note, VerifiedSignature, split_note
from audit.policy import Policy
from audit.proofs import ConsistencyProof, TlogProof

PROOF = "witnessed.tlog-proof"
GROWTH = "witnessed.growth"


@dataclass(frozen=True, slots=True)
class Known:
    """What witnesses know of a log: this checkpoint, since they cosigned a tree that holds it."""

    checkpoint: Checkpoint
    cosigners: tuple[VerifiedSignature, ...]
    note: Note


@dataclass(frozen=True, slots=True)
class Watched:
    """The two members."""

    proof: bytes = field(repr=False)
    growth: bytes = field(repr=False)

    def check(self, own: Policy, requirement: Policy, checkpoint: bytes) -> Known:
        """Return what is shown about the log of `checkpoint`, a note that `own` has accepted.

        Args:
            own: the policy of the log itself.
            requirement: the meta-log's.

        Raises `Malformed`, `NoteRejected` where too few cosigned, `ProofRejected`, and `Equivocation` for another root
        of this size: then the log has told them another history than the bundle's.
        """
        known = check_nested(self.proof, own, requirement)
        leaf = TlogProof.parse(self.proof).extra or b""
        check_led_here(GROWTH, self.growth, known.checkpoint, leaf, checkpoint)
        return known


def check_led_here(name: str, written: bytes, known: Checkpoint, leaf: bytes, checkpoint: bytes) -> None:
    """Return if the log of the note `checkpoint` only grew since `known`, which `leaf` states.

    Args:
        name: the member that holds the proof `written`.

    Raises `Malformed`, `ProofRejected`, and `Equivocation` for two roots of one size.
    """
    current = Checkpoint.parse(split_note(checkpoint)[0])
    growth = ConsistencyProof.parse(written)
    if growth.to_bytes() != written:
        raise Malformed(f"{name} is not the one encoding of a consistency proof")
    if known.origin != current.origin or growth.checkpoint != checkpoint:
        raise ProofRejected(f"{name} is about another log or checkpoint")
    if known.size == current.size and known.head != current.head:
        reason = f"the log has signed two roots for its first {current.size} events"
        raise Equivocation(reason, notes=(leaf, checkpoint))
    if growth.old_size != known.size:
        raise ProofRejected(f"{name} does not begin at the checkpoint from which it should lead")
    check_consistency(
        growth.path,
        old_size=known.size,
        old_head=known.head,
        new_size=current.size,
        new_head=current.head,
    )


def check_nested(data: bytes, own: Policy, requirement: Policy) -> Known:
    """Return what a nested proof alone shows. Raises `Malformed`, `NoteRejected` and `ProofRejected`."""
    proof = TlogProof.parse(data)
    if proof.to_bytes() != data or proof.extra is None:
        raise Malformed("not the one encoding of a proof that brings its leaf")
    parse_leaf(proof.extra)
    signed = proof.check(proof.extra, requirement)
    return Known(own.open_checkpoint(proof.extra).checkpoint, signed.cosigners, signed.note)


def known_to_witnesses(watched: Watched | None, policy: str, checkpoint: bytes) -> Known | None:
    """Return what the bundle's own policy and members show of its witnesses; None for a bundle that brings nothing."""
    if watched is None:
        return None
    requirement = requirement_in(policy)
    if requirement is None:
        raise Malformed("a bundle brings what witnesses know, and its policy names none")
    known = watched.check(Policy.parse(policy), requirement, checkpoint)
    require_all_lines_known(known.note)
    return known


def require_all_lines_known(note: Note) -> Note:
    """Return `note`; raises `Malformed` if it has a signature line that no key of ours covers.

    A note in a bundle carries no such line: nobody would notice a change in it.
    """
    if note.unknown:
        raise Malformed(f"the signature of {note.unknown[0].name!r} is by a key that no policy names")
    return note
