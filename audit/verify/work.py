"""Judges a labeler's work receipt against the pin of the work log: `python -m audit.verify work FILE --pin PIN`."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audit import leaf as leaves
from audit.checkpoints import Checkpoint
from audit.encoding import to_base64
from audit.errors import Equivocation, ProofRejected
from audit.merkle import check_inclusion, leaf_hash
from audit.notes import split_note
from audit.pins import Pin
from audit.verify.judge import Verdict
from audit.verify.words import instant, visible
from audit.watched import require_all_lines_known
from audit.work import Work, WorkReceipt, open_person, open_work

GOOD = "GOOD: the work log that your pin names has signed this entry."
LIMITS = (
    "Whether the answer was any good, or was accepted: the log holds a commitment to it, made when it was submitted.",
    "For which customer it was: that is in no entry of this log.",
    "That the active time is true to the second: it is what the labeler's browser measured.",
)


@dataclass(frozen=True, slots=True)
class WorkReport:
    """What a work receipt shows. `why_not_anchored` is None for one that was held against a pin."""

    checkpoint: Checkpoint
    index: int
    at_ms: int
    work: Work
    person: UUID | None
    why_not_anchored: str | None

    @property
    def verdict(self) -> Verdict:
        """Good only under a pin."""
        return Verdict.GOOD if self.why_not_anchored is None else Verdict.NOT_ANCHORED


def judge_work(data: bytes, pin: Pin | None) -> WorkReport:
    """Verify a work receipt, with the pin of the work log if there is one.

    Raises:
        Malformed: the file is not the one encoding of what it holds.
        NoteRejected, ProofRejected: an opening, the path or the signature is wrong.
        Equivocation: the log has signed two roots for one size.
    """
    receipt = WorkReceipt.parse(data)
    work = open_work(receipt.leaf, receipt.work)
    person = None if receipt.person is None else open_person(receipt.leaf, receipt.person)
    stated = _stated(receipt, pin)
    check_inclusion(
        receipt.proof.path,
        index=receipt.proof.index,
        size=stated.size,
        leaf=leaf_hash(receipt.leaf),
        head=stated.head,
    )
    why = None if pin else "no pin was given, so whoever made this file could have made its keys too"
    return WorkReport(stated, receipt.proof.index, leaves.parse(receipt.leaf).at_ms, work, person, why)


def _stated(receipt: WorkReceipt, pin: Pin | None) -> Checkpoint:
    """Return the checkpoint in the receipt, signed by the pinned key where there is a pin."""
    note = receipt.proof.checkpoint
    if pin is None:
        return Checkpoint.parse(split_note(note)[0])
    signed = pin.policy.open_checkpoint(note)
    require_all_lines_known(signed.note)
    pinned = pin.signed.checkpoint
    if signed.checkpoint.origin != pinned.origin:
        raise ProofRejected(f"the receipt is of the log {signed.checkpoint.origin!r}, not of the pinned one")
    if signed.checkpoint.size == pinned.size and signed.checkpoint.head != pinned.head:
        reason = f"the log has signed two roots for its first {pinned.size} entries"
        raise Equivocation(reason, notes=(pin.checkpoint, note))
    return signed.checkpoint


def work_in_words(report: WorkReport) -> list[str]:
    """Return the report as lines for a person."""
    good = report.verdict is Verdict.GOOD
    headline = (
        GOOD if good else "NOT ANCHORED: this receipt is consistent with itself, and that is all it proves."
    )
    whose = f"by the member {report.person}" if report.person else "by somebody whom this file does not name"
    lines = [headline, *([] if good else [f"  Why: {report.why_not_anchored}."]), ""]
    return [
        *lines,
        "Shown:" if good else "Shown only if the log's key is the right one:",
        f"  An answer was submitted {whose}, at {instant(report.at_ms)}.",
        f"  Active time {report.work.active_ms / 1000:.1f} s.",
        f"  SHA-256 of the answer {to_base64(report.work.answer)}.",
        f"  Entry {report.work.entry}, number {report.index} of {report.checkpoint.size}"
        f" in the log {visible(report.checkpoint.origin)}.",
        "",
        "Not shown:",
        *(f"  {limit}" for limit in LIMITS),
    ]


def work_as_json(report: WorkReport) -> str:
    """Return the report as one JSON object for programs."""
    content: dict[str, Any] = {
        "verdict": report.verdict.name.lower(),
        "exit_code": int(report.verdict),
        "why": report.why_not_anchored,
        "origin": report.checkpoint.origin,
        "size": report.checkpoint.size,
        "index": report.index,
        "at_ms": report.at_ms,
        "entry": str(report.work.entry),
        "answer_sha256": to_base64(report.work.answer),
        "active_ms": report.work.active_ms,
        "person": str(report.person) if report.person else None,
        "limits": LIMITS,
    }
    return json.dumps(content, indent=2)
