"""Leads a pin to the log that succeeds the pinned one: what was given up, and what still holds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from audit.checkpoints import Checkpoint
from audit.encoding import to_base64
from audit.errors import NoteRejected, ProofRejected
from audit.merkle import check_consistency
from audit.notes import Vkey, open_note, split_note
from audit.pins import Pin, succeeded_pin
from audit.succession import KEYLESS, STANDINGS, Succession, SuccessionFile, open_succession
from audit.verify.judge import Verdict
from audit.verify.words import visible

GOOD = "GOOD: the logs that your pin names say which ones succeed them, and all that you have pinned is held."
UNANCHORED = "NOT ANCHORED: your pin does not lead to the log that succeeds the pinned one."


@dataclass(frozen=True, slots=True)
class SuccessionReport:
    """What a succession shows. `next_pin` is the pin for the log that goes on; None where yours does not lead there."""

    steps: tuple[Succession, ...]
    checkpoint: Checkpoint
    pinned: Checkpoint | None
    why_not_anchored: str | None
    next_pin: bytes | None = field(repr=False)
    meta_steps: tuple[Succession, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Good only where the pinned head is the beginning of the log that goes on."""
        return Verdict.GOOD if self.why_not_anchored is None else Verdict.NOT_ANCHORED


def judge_succession(data: bytes, kept: bytes | None) -> SuccessionReport:
    """Verify a file of `GET .../audit/succession` against the bytes of a pin file.

    Each statement must be signed by the log before it, the first one by the pinned log, and the head that the pin has
    must be the beginning of the newest log. Raises `Malformed`, `NoteRejected` and `ProofRejected`.
    """
    found = SuccessionFile.parse(data)
    if kept is None:
        steps, metas = _followed(found.notes, None), _followed(found.metas, None)
        why = "no pin was given, so whoever made this file could have made its keys too"
        newest = steps[-1].vkey if steps else None
        return SuccessionReport(steps, _newest(found, steps, newest), None, why, None, metas)
    pin = Pin.parse(kept)
    pinned = pin.signed.checkpoint
    old = next(log.vkey for log in pin.policy.logs if log.vkey.name == pinned.origin)
    watched = pin.meta.logs[0].vkey if pin.meta else None
    steps = _followed(found.notes, old)
    metas = _followed(found.metas, watched) if watched else ()
    if not steps and not metas:
        raise NoteRejected("none of these successions is of the log that your pin names")
    newest = steps[-1].vkey if steps else old
    stated = _newest(found, steps, newest)
    why_not = _given_up(steps, pinned) or _grown(found, steps, pinned, stated) or _keyless(metas)
    if why_not is not None:
        return SuccessionReport(steps, stated, pinned, why_not, None, metas)
    keys = {str(old): str(newest)} | ({str(watched): str(metas[-1].vkey)} if metas else {})
    moved = succeeded_pin(kept, keys=keys, checkpoint=found.growth.checkpoint)
    return SuccessionReport(steps, stated, pinned, None, moved, metas)


def _followed(notes: Sequence[bytes], old: Vkey | None) -> tuple[Succession, ...]:
    """Return the steps from `old` on; those before it, in a line that a pin joined later, are passed over."""
    steps: list[Succession] = []
    for note in notes:
        if old is not None and not steps and open_succession(note, None).origin != old.name:
            continue
        said = open_succession(note, old)
        steps.append(said)
        old = said.vkey
    return tuple(steps)


def _newest(found: SuccessionFile, steps: tuple[Succession, ...], newest: Vkey | None) -> Checkpoint:
    """Return the checkpoint that the growth leads to, by the key `newest`; None where nothing says whose it is."""
    note = found.growth.checkpoint
    stated = Checkpoint.parse(open_note(note, [newest]).text if newest else split_note(note)[0])
    least = steps[-1].kept.size if steps else -1
    if (newest and stated.origin != newest.name) or stated.size <= least:
        raise ProofRejected("the newest checkpoint is not one of the log that goes on")
    return stated


def _keyless(steps: tuple[Succession, ...]) -> str | None:
    for said in steps:
        if said.standing == KEYLESS:
            return f"the key of {visible(said.origin)} is lost, so it cannot say who succeeds it: ask for a new pin"
    return None


def _given_up(steps: tuple[Succession, ...], pinned: Checkpoint) -> str | None:
    for said in steps:
        if (lost := _keyless((said,))) is not None:
            return lost
        if said.kept.size < pinned.size:
            return (
                f"{pinned.size - said.kept.size} of the {pinned.size} events in your pin were given up: the log goes on"
                f" from the first {said.kept.size}"
            )
    return None


def _grown(
    found: SuccessionFile, steps: tuple[Succession, ...], pinned: Checkpoint, stated: Checkpoint
) -> str | None:
    growth = found.growth
    if growth.old_size != pinned.size:
        return (
            f"the growth starts at {growth.old_size} events and your pin covers {pinned.size}:"
            f" ask for old={pinned.size}"
        )
    try:
        check_consistency(
            growth.path,
            old_size=pinned.size,
            old_head=pinned.head,
            new_size=stated.size,
            new_head=stated.head,
        )
    except ProofRejected:
        # A log that forked has other events where the promised ones stood, and says so under its own key.
        if not any(said.standing == "forked" for said in steps):
            raise
        return f"other events than yours stand among the first {pinned.size}: they were given up when the log forked"
    return None


def succession_in_words(report: SuccessionReport, written: str | None) -> list[str]:
    """Return the report as lines for a person; `written` is where the next pin was put."""
    good = report.verdict is Verdict.GOOD
    lines = [GOOD] if good else [UNANCHORED, f"  Why: {report.why_not_anchored}."]
    lines += [
        "",
        "Stated by the logs themselves:" if report.pinned else "Stated by keys that nothing vouches for:",
    ]
    for said in report.steps:
        lines += _step_in_words(said, "events")
    lines += [f"  Your log has {report.checkpoint.size} events now.", ""]
    if report.meta_steps:
        lines.append("Of the meta-log, which the witnesses in your pin watch:")
        for said in report.meta_steps:
            lines += _step_in_words(said, "leaves")
        lines.append("")
    if good:
        where = f"It was written to {visible(written)}." if written else "Take it with --next FILE."
        lines += [f"From now on judge by the next pin. {where}", ""]
    return [
        *lines,
        "Not shown:",
        "  What the events said that were given up, and whether the loss was an accident.",
    ]


def _step_in_words(said: Succession, what: str) -> list[str]:
    promised, kept = said.promised, said.kept
    return [
        f"  {visible(said.origin)} was held to {promised.size} {what}, root {to_base64(promised.root)}.",
        f"  It could not go on: {STANDINGS[said.standing]}.",
        f"  {visible(said.vkey.name)} succeeds it from {kept.size} {what} on, root {to_base64(kept.root)}.",
    ]


def succession_as_json(report: SuccessionReport) -> str:
    """Return the report as one JSON object for programs."""
    content = {
        "verdict": report.verdict.name.lower(),
        "exit_code": int(report.verdict),
        "why": report.why_not_anchored,
        "pinned_size": report.pinned.size if report.pinned else None,
        "origin": report.checkpoint.origin,
        "size": report.checkpoint.size,
        "root": to_base64(report.checkpoint.head),
        "successions": [_step_as_json(said) for said in report.steps],
        "meta_successions": [_step_as_json(said) for said in report.meta_steps],
    }
    return json.dumps(content, indent=2)


def _step_as_json(said: Succession) -> dict[str, object]:
    return {
        "origin": said.origin,
        "successor": said.vkey.name,
        "vkey": str(said.vkey),
        "standing": said.standing,
        "promised": {"size": said.promised.size, "root": to_base64(said.promised.root)},
        "kept": {"size": said.kept.size, "root": to_base64(said.kept.root)},
    }
