"""Judges what witnesses know of a log, by the pin's own policy."""

from datetime import UTC, datetime

from audit.errors import NoteRejected
from audit.meta import requirement_in
from audit.notes import split_note
from audit.pins import Pin
from audit.policy import Policy
from audit.proofs import TlogProof
from audit.watched import Known, Watched


def judge_watched(
    watched: Watched | None, pin: Pin, checkpoint: bytes, *, oldest: int
) -> tuple[Known | None, str | None]:
    """Return what the pin's witnesses know, and why that is not enough; both None for a pin that wants none.

    Too few is no proof of anything wrong: a witness can be away. A proof that does not hold is, and raises.
    """
    if pin.meta is None:
        return None, None
    needed = pin.meta.groups[pin.meta.quorum].threshold if pin.meta.quorum in pin.meta.groups else 1
    wants = f"your pin wants {needed} of {len(pin.meta.witnesses)} witnesses"
    if watched is None:
        return None, f"{wants}, and the bundle brings nothing from any: ask again in a minute"
    try:
        known = watched.check(pin.policy, pin.meta, checkpoint)
    except NoteRejected as reason:
        return None, f"{wants}: {reason}"
    if not _enough_since(watched, pin.meta, oldest):
        limit = datetime.fromtimestamp(oldest, UTC).isoformat(sep=" ").replace("+00:00", "Z")
        return known, f"{wants} since {limit}, and what they cosigned is older"
    return known, None


def another_meta_log(pin: Pin, policy: str) -> str | None:
    """Return what keeps the pin's witnesses from judging: a bundle's policy names another meta-log than they watch."""
    theirs = requirement_in(policy)
    if pin.meta is None or theirs is None:
        return None
    old, new = pin.meta.logs[0].vkey.name, theirs.logs[0].vkey.name
    if old == new:
        return None
    return (
        f"the witnesses in your pin watch the meta-log {old!r}, and the bundle names {new!r}; where that"
        " one is said to succeed yours, ask for the succession: verify succession FILE --pin PIN --next NEW-PIN"
    )


def _enough_since(watched: Watched, meta: Policy, oldest: int) -> bool:
    """Say whether the quorum is reached without the cosignatures from before `oldest`."""
    if not oldest:
        return True
    note = TlogProof.parse(watched.proof).checkpoint
    late = {each.vkey for each in meta.open_checkpoint(note).cosigners if (each.timestamp or 0) < oldest}
    dropped = {(vkey.name, vkey.key_id) for vkey in late}
    text, lines = split_note(note)
    kept = "".join(str(line) for line in lines if (line.name, line.key_id) not in dropped)
    try:
        meta.open_checkpoint(f"{text}\n{kept}".encode())
    except NoteRejected:
        return False
    return True
