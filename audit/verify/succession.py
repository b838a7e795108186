"""Leads a pin to the log that succeeds the pinned one: what was given up, and what still holds."""

import json
from dataclasses import dataclass, field

from audit.checkpoints import Checkpoint
from audit.encoding import to_base64
from audit.errors import NoteRejected, ProofRejected
from audit.merkle import check_consistency
from audit.notes import Vkey, open_note
from audit.pins import Pin, succeeded_pin
from audit.succession import KEYLESS, STANDINGS, Succession, SuccessionFile, open_succession
from audit.verify.judge import Verdict
from audit.verify.words import visible

GOOD = "GOOD: the log that your pin names says which one succeeds it, and that one holds all that you have pinned."
UNANCHORED = "NOT ANCHORED: your pin does not lead to the log that succeeds the pinned one."


@dataclass(frozen=True, slots=True)
class SuccessionReport:
    """What a succession shows. `next_pin` is the pin for the log that goes on; None where yours does not lead there."""

    steps: tuple[Succession, ...]
    checkpoint: Checkpoint
    pinned: Checkpoint | None
    why_not_anchored: str | None
    next_pin: bytes | None = field(repr=False)

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
        steps = _followed(found, None)
        why = "no pin was given, so whoever made this file could have made its keys too"
        return SuccessionReport(steps, _newest(found, steps), None, why, None)
    pin = Pin.parse(kept)
    pinned = pin.signed.checkpoint
    old = next(log.vkey for log in pin.policy.logs if log.vkey.name == pinned.origin)
    steps = _followed(found, old)
    stated = _newest(found, steps)
    why_not = _given_up(steps, pinned) or _grown(found, steps, pinned, stated)
    if why_not is not None:
        return SuccessionReport(steps, stated, pinned, why_not, None)
    moved = succeeded_pin(kept, old=str(old), new=str(steps[-1].vkey), checkpoint=found.growth.checkpoint)
    return SuccessionReport(steps, stated, pinned, None, moved)


def _followed(found: SuccessionFile, old: Vkey | None) -> tuple[Succession, ...]:
    """Return the steps from `old` on; those before it, in a line that a pin joined later, are passed over."""
    steps: list[Succession] = []
    for note in found.notes:
        if old is not None and not steps and open_succession(note, None).origin != old.name:
            continue
        said = open_succession(note, old)
        steps.append(said)
        old = said.vkey
    if not steps:
        raise NoteRejected("none of these successions is of the log that your pin names")
    return tuple(steps)


def _newest(found: SuccessionFile, steps: tuple[Succession, ...]) -> Checkpoint:
    newest = steps[-1].vkey
    stated = Checkpoint.parse(open_note(found.growth.checkpoint, [newest]).text)
    if stated.origin != newest.name or stated.size <= steps[-1].kept.size:
        raise ProofRejected("the newest checkpoint is not one of the log that goes on")
    return stated


def _given_up(steps: tuple[Succession, ...], pinned: Checkpoint) -> str | None:
    for said in steps:
        if said.standing == KEYLESS:
            return f"the key of {visible(said.origin)} is lost, so it cannot say who succeeds it: ask for a new pin"
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
        promised, kept = said.promised, said.kept
        lines += [
            f"  {visible(said.origin)} was held to {promised.size} events, root {to_base64(promised.root)}.",
            f"  It could not go on: {STANDINGS[said.standing]}.",
            f"  {visible(said.vkey.name)} succeeds it from {kept.size} events on, root {to_base64(kept.root)}.",
        ]
    lines += [f"  It has {report.checkpoint.size} events now.", ""]
    if good:
        where = f"It was written to {visible(written)}." if written else "Take it with --next FILE."
        lines += [f"From now on judge by the next pin. {where}", ""]
    return [
        *lines,
        "Not shown:",
        "  What the events said that were given up, and whether the loss was an accident.",
    ]


def succession_as_json(report: SuccessionReport) -> str:
    """Return the report as one JSON object for programs."""
    steps = [
        {
            "origin": said.origin,
            "successor": said.vkey.name,
            "vkey": str(said.vkey),
            "standing": said.standing,
            "promised": {"size": said.promised.size, "root": to_base64(said.promised.root)},
            "kept": {"size": said.kept.size, "root": to_base64(said.kept.root)},
        }
        for said in report.steps
    ]
    content = {
        "verdict": report.verdict.name.lower(),
        "exit_code": int(report.verdict),
        "why": report.why_not_anchored,
        "pinned_size": report.pinned.size if report.pinned else None,
        "origin": report.checkpoint.origin,
        "size": report.checkpoint.size,
        "root": to_base64(report.checkpoint.head),
        "successions": steps,
    }
    return json.dumps(content, indent=2)
