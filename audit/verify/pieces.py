"""Judges single pieces of evidence against a pin: an inclusion proof, a proof of growth, a signed checkpoint."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest

from audit.checkpoints import Checkpoint
from audit.encoding import to_base64
from audit.errors import Equivocation, Malformed, ProofRejected
from audit.leaf import parse
from audit.merkle import check_consistency, check_inclusion, leaf_hash
from audit.meta import parse_leaf
from audit.notes import VerifiedSignature, split_note
from audit.pins import Pin
from audit.proofs import ConsistencyProof, TlogProof
from audit.verify.judge import Verdict
from audit.verify.words import instant, visible

NO_PIN = "no pin was given, so whoever made this file could have made its keys too"
HEADLINE = "GOOD: the log that your pin names has signed this, and it holds."
UNANCHORED = "NOT ANCHORED: this file is consistent with itself, and that is all it proves."


@dataclass(frozen=True, slots=True)
class PieceReport:
    """What one piece shows. `grown` says that its checkpoint was proven to extend the pin's."""

    checkpoint: Checkpoint
    note: bytes
    cosigners: tuple[VerifiedSignature, ...]
    shown: tuple[str, ...]
    limits: tuple[str, ...]
    why_not_anchored: str | None
    grown: bool

    @property
    def verdict(self) -> Verdict:
        """Good only under a pin."""
        return Verdict.GOOD if self.why_not_anchored is None else Verdict.NOT_ANCHORED


def judge_proof(data: bytes, pin: Pin | None, *, leaf: bytes | None, promised: bytes | None) -> PieceReport:
    """Verify a .tlog-proof of one leaf: `leaf`, or the file's own extra data.

    A leaf that is itself a signed checkpoint is one of the pinned log, in a meta-log over it.
    `promised` is the leaf hash in a receipt. Raises as `judge` does.
    """
    proof = TlogProof.parse(data)
    if proof.to_bytes() != data:
        raise Malformed("not the one encoding of a proof")
    if leaf is None:
        leaf = proof.extra
    if leaf is None:
        raise Malformed("the proof does not bring its leaf; give it with --leaf")
    if promised is not None and not compare_digest(leaf_hash(leaf), promised):
        raise ProofRejected("the receipt promises another leaf than this proof is about")
    if _is_checkpoint(leaf):
        return _judge_below(proof, leaf, pin)
    stated, cosigners = _stated(proof.checkpoint, pin)
    check_inclusion(proof.path, index=proof.index, size=stated.size, leaf=leaf_hash(leaf), head=stated.head)
    shown = [
        f"An event of {instant(parse(leaf).at_ms)} stands at index {proof.index}; leaf {to_base64(leaf_hash(leaf))}."
    ]
    if promised is not None:
        shown.append("It is what the receipt promised.")
    limits = (
        "What the event says, and who did it: a leaf holds commitments, and this file does not open them.",
        *_not_compared(stated, pin),
    )
    return _report(stated, proof.checkpoint, cosigners, shown, limits, None if pin else NO_PIN, pin)


def _is_checkpoint(leaf: bytes) -> bool:
    try:
        parse_leaf(leaf)
    except Malformed:
        return False
    return True


def _judge_below(proof: TlogProof, leaf: bytes, pin: Pin | None) -> PieceReport:
    """Judge the log's own checkpoint by the pin. Of the tree above it the root alone counts: a stamp is over that."""
    above = Checkpoint.parse(split_note(proof.checkpoint)[0])
    stated, cosigners = _stated(leaf, pin)
    check_inclusion(proof.path, index=proof.index, size=above.size, leaf=leaf_hash(leaf), head=above.head)
    shown = [
        f"This checkpoint of it stands at index {proof.index} below a checkpoint of {above.size} leaves"
        f" of {visible(above.origin)}."
    ]
    limits = (
        "Who signed and cosigned the checkpoint above, and since when it exists. A time-stamp of it is not checked"
        " here; check with: openssl ts -verify -data checkpoint -in checkpoint.tsr -CAfile roots.pem",
        *_not_compared(stated, pin),
    )
    return _report(stated, leaf, cosigners, shown, limits, None if pin else NO_PIN, pin)


def judge_consistency(data: bytes, pin: Pin | None) -> PieceReport:
    """Verify a proof of growth (tlog-witness's `add-checkpoint` body) that starts at the pin's size.

    Raises as `judge` does.
    """
    proof = ConsistencyProof.parse(data)
    if proof.to_bytes() != data:
        raise Malformed("not the one encoding of a consistency proof")
    stated, cosigners = _stated(proof.checkpoint, pin)
    limits = ("What the new events say: this file holds none of them.",)
    pinned = pin.signed.checkpoint if pin else None
    if pinned is None or proof.old_size != pinned.size:
        # Without the older root there is nothing to compare: the path alone proves nothing.
        why = (
            NO_PIN
            if pinned is None
            else (
                f"the proof starts at {proof.old_size} events and your pin covers {pinned.size};"
                f" ask for old={pinned.size}"
            )
        )
        return _report(stated, proof.checkpoint, cosigners, (), limits, why, pin)
    check_consistency(
        proof.path, old_size=pinned.size, old_head=pinned.head, new_size=stated.size, new_head=stated.head
    )
    shown = [f"Nothing of the {pinned.size} events in your pin was changed or removed."]
    return _report(stated, proof.checkpoint, cosigners, shown, limits, None, pin, grown=True)


def judge_note(data: bytes, pin: Pin | None) -> PieceReport:
    """Verify a signed checkpoint alone. Raises as `judge` does."""
    stated, cosigners = _stated(data, pin)
    why = None if pin else NO_PIN
    same = pin is not None and pin.signed.checkpoint.size == stated.size
    shown = ["It is the tree that your pin has."] if same else []
    return _report(stated, data, cosigners, shown, _not_compared(stated, pin), why, pin)


def _stated(note: bytes, pin: Pin | None) -> tuple[Checkpoint, tuple[VerifiedSignature, ...]]:
    """Return the checkpoint, signed as the pin's policy wants it where there is a pin."""
    if pin is None:
        return Checkpoint.parse(split_note(note)[0]), ()
    signed = pin.policy.open_checkpoint(note)
    pinned, stated = pin.signed.checkpoint, signed.checkpoint
    if stated.origin != pinned.origin:
        raise ProofRejected(f"this is of the log {stated.origin!r}, not of the pinned one")
    if stated.size == pinned.size and stated.head != pinned.head:
        reason = f"the log has signed two roots for its first {pinned.size} events"
        raise Equivocation(reason, notes=(pin.checkpoint, note))
    return stated, signed.cosigners


def _not_compared(stated: Checkpoint, pin: Pin | None) -> tuple[str, ...]:
    if pin is None or pin.signed.checkpoint.size == stated.size:
        return ()
    size = pin.signed.checkpoint.size
    return (
        f"That this tree and the one in your pin ({size} events) are of one history: ask for the consistency.",
    )


def _report(
    stated: Checkpoint,
    note: bytes,
    cosigners: tuple[VerifiedSignature, ...],
    shown: Sequence[str],
    limits: Sequence[str],
    why: str | None,
    pin: Pin | None,
    *,
    grown: bool = False,
) -> PieceReport:
    since = () if pin is None else (f"Since your pin of {pin.signed.checkpoint.size} events.",)
    return PieceReport(stated, note, cosigners, (*shown, *since), tuple(limits), why, grown)


def piece_in_words(report: PieceReport) -> list[str]:
    """Return the report as lines for a person."""
    good = report.verdict is Verdict.GOOD
    lines = [HEADLINE] if good else [UNANCHORED, f"  Why: {report.why_not_anchored}."]
    return [
        *lines,
        "",
        "Shown:" if good else "Shown only if the log's key is the right one:",
        f"  Log {visible(report.checkpoint.origin)} with {report.checkpoint.size} events.",
        f"  Root {to_base64(report.checkpoint.head)}.",
        *(f"  {each}" for each in report.shown),
        *(f"  Cosigned by {visible(each.name)}." for each in report.cosigners),
        "",
        "Not shown:",
        *(f"  {each}" for each in (*report.limits, "That everything that happened was logged.")),
    ]


def piece_as_json(report: PieceReport) -> str:
    """Return the report as one JSON object for programs."""
    content = {
        "verdict": report.verdict.name.lower(),
        "exit_code": int(report.verdict),
        "why": report.why_not_anchored,
        "origin": report.checkpoint.origin,
        "size": report.checkpoint.size,
        "root": to_base64(report.checkpoint.head),
        "shown": report.shown,
        "limits": report.limits,
        "cosigners": [{"name": each.name, "time": each.timestamp} for each in report.cosigners],
    }
    return json.dumps(content, indent=2)
