"""Judges a bundle against a customer's pin: good, wrong, equivocation, or not anchored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from cryptography.x509 import Certificate

from audit.archive import read_archive
from audit.checkpoints import Checkpoint
from audit.errors import Equivocation, Malformed, NoteRejected, ProofRejected
from audit.manifest import KIND_LIMITS, LIMITS, BundleKind, Tally
from audit.merkle import check_consistency
from audit.notes import VerifiedSignature, open_note
from audit.pins import Pin
from audit.verify.contents import CheckedBundle, Event, SealedBundle, check_contents, disclosed_events, unseal
from audit.verify.stamped import Judged, judge_stamps
from audit.verify.watched import another_meta_log, judge_watched
from audit.watched import Known


class Verdict(IntEnum):
    """The answers of the verifier; each is its exit code."""

    GOOD = 0
    PROOF_WRONG = 1
    MALFORMED = 2
    EQUIVOCATION = 3
    NOT_ANCHORED = 4


@dataclass(frozen=True, slots=True)
class Report:
    """What a bundle proves to the owner of a pin. `why_not_anchored` is None for a good one."""

    bundle: SealedBundle = field(repr=False)
    tally: Tally
    cosigners: tuple[VerifiedSignature, ...]
    pinned: Checkpoint | None
    why_not_anchored: str | None
    remarks: tuple[str, ...]
    known: Known | None = None
    """What witnesses know: by the pin's policy where there is one, else by the bundle's own."""
    stamps: tuple[Judged, ...] = ()
    """Time-stamps that hold, the oldest first."""

    @property
    def verdict(self) -> Verdict:
        """Good only if the bundle is tied to a pin."""
        return Verdict.GOOD if self.why_not_anchored is None else Verdict.NOT_ANCHORED

    @property
    def limits(self) -> tuple[str, ...]:
        """What the bundle does not show, in words."""
        return (*LIMITS, KIND_LIMITS[self.bundle.kind])

    def events(self) -> Iterator[Event]:
        """Yield the disclosed events, in the order of the log."""
        return disclosed_events(self.bundle)


def judge(
    content: bytes | memoryview, pin: Pin | None, *, oldest: int = 0, trusted: Sequence[Certificate] = ()
) -> Report:
    """Verify a bundle, with the owner's pin if there is one.

    Args:
        oldest: the POSIX time before which a cosignature does not count, for a pin that wants witnesses.
        trusted: certificates of time-stamping authorities; with any, one time-stamp must lead to one of them.

    Raises:
        Malformed: the bundle is not the one encoding of what it holds.
        NoteRejected, ProofRejected: something in it is not what the pinned log has signed.
        Equivocation: the pinned log has signed two histories; only conclusive cases are called so.
    """
    bundle = unseal(read_archive(memoryview(content)))
    if pin is None:
        checked = check_contents(bundle, old_size=None)
        reason = "no pin was given, so whoever made this bundle could have made its keys too"
        stamps, _ = judge_stamps(bundle.stamped, checked.stamps, None, bundle.note("checkpoint"), trusted)
        return Report(bundle, checked.tally, bundle.signed.cosigners, None, reason, (), checked.known, stamps)

    pinned = pin.signed.checkpoint
    # The pin's keys judge; the bundle's own policy has only shown that it agrees with itself.
    if bundle.checkpoint.origin not in {log.vkey.name for log in pin.policy.logs}:
        raise NoteRejected(
            f"the bundle is of the log {bundle.checkpoint.origin!r}, and your pin names another; where that log is said"
            " to succeed yours, ask for the succession and judge it: verify succession FILE --pin PIN --next NEW-PIN"
        )
    signed = pin.policy.open_checkpoint(bundle.note("checkpoint"))
    if signed.checkpoint.origin != pinned.origin:
        raise ProofRejected(f"the bundle is of the log {signed.checkpoint.origin!r}, not of the pinned one")
    _refuse_another_root(pin, bundle)
    checked = check_contents(bundle, old_size=pinned.size)
    reason_not = _anchor(pin, bundle, checked)
    moved = another_meta_log(pin, bundle.policy_text)
    if moved is None:
        known, unwatched = judge_watched(bundle.watched, pin, bundle.note("checkpoint"), oldest=oldest)
    else:
        # What was stamped needs no key of the meta-log: the token is over it.
        known, unwatched, pin = None, moved, replace(pin, meta=None)
    stamps, unstamped = judge_stamps(bundle.stamped, checked.stamps, pin, bundle.note("checkpoint"), trusted)
    why, remarks = reason_not or unwatched or unstamped, _remarks(pin, bundle)
    return Report(bundle, checked.tally, signed.cosigners, pinned, why, remarks, known, stamps)


def require_whole_log(report: Report) -> None:
    """Return if the bundle holds every event up to its checkpoint; raises `Malformed` for a selection."""
    if report.bundle.kind is not BundleKind.WHOLE_LOG:
        raise Malformed("the bundle is a selection, and a full check needs the whole log")


def _refuse_another_root(pin: Pin, bundle: SealedBundle) -> None:
    """Raise `Equivocation` if a note in the bundle has the pin's size and another root."""
    pinned = pin.signed.checkpoint
    _compare(pin, bundle.checkpoint, bundle.note("checkpoint"))
    if bundle.since is not None:
        logs = [log.vkey for log in pin.policy.logs if log.vkey.name == pinned.origin]
        open_note(bundle.note("since"), logs)
        _compare(pin, bundle.since, bundle.note("since"))


def _compare(pin: Pin, other: Checkpoint, note: bytes) -> None:
    pinned = pin.signed.checkpoint
    if other.size == pinned.size and other.head != pinned.head:
        reason = f"the log has signed two roots for its first {pinned.size} events"
        raise Equivocation(reason, notes=(pin.checkpoint, note))


def _anchor(pin: Pin, bundle: SealedBundle, checked: CheckedBundle) -> str | None:
    """Return None if the bundle's log extends the pinned one, or the reason why nobody can tell."""
    pinned, current, since = pin.signed.checkpoint, bundle.checkpoint, bundle.since
    if pinned.size > current.size:
        return (
            f"the pin covers {pinned.size} events and this bundle only {current.size}: it was made before "
            "the pin, or the log was set back; ask for a new bundle, and worry if that is smaller too"
        )
    if pinned.size == current.size or (since is not None and since.size == pinned.size):
        return None
    if pinned.size == 0:
        check_consistency([], old_size=0, old_head=pinned.head, new_size=current.size, new_head=current.head)
        return None
    if bundle.kind is BundleKind.SELECTION:
        return f"the bundle has no proof that starts at your pin; ask for one made for size {pinned.size}"
    if checked.old_head != pinned.head:
        reason = f"the log has signed two histories of its first {pinned.size} events"
        raise Equivocation(reason, notes=(pin.checkpoint, bundle.note("checkpoint")))
    return None


def _remarks(pin: Pin, bundle: SealedBundle) -> tuple[str, ...]:
    named = set(pin.policy.vkeys)
    remarks = []
    unpinned = [each.name for each in bundle.signed.note.verified if each.vkey not in named]
    if unpinned:
        names = ", ".join(unpinned)
        remarks.append(f"Signatures by keys that are not in your pin count for nothing: {names}.")
    if brought := " and ".join(bundle.brought.members):
        remarks.append(
            f"Nothing proves the {brought} that the bundle brings: judge by one that you have read."
        )
    return tuple(remarks)
