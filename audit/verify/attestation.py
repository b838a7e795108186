"""Judges a neutrality attestation against a pin: `python -m audit.verify attestation FILE --pin PIN`."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from audit import leaf as leaves
from audit.attestation import Attestation, statement_of, written
from audit.attestation_file import AttestationFile
from audit.checkpoints import Checkpoint
from audit.errors import Equivocation, NoteRejected, ProofRejected, Unsound
from audit.notes import split_note
from audit.pins import Pin
from audit.verify.judge import Verdict
from audit.verify.words import instant, visible
from audit.watched import require_all_lines_known

GOOD = "GOOD: the log that your pin names has signed this attestation, and holds it."
NOT_ANCHORED = "NOT ANCHORED: this attestation is consistent with itself, and that is all it proves."
NO_PIN = "no pin was given, so whoever made this file could have made its keys too"
LATE = timedelta(minutes=10)
"""How far the time in the statement may be from the time of its entry in the log."""


@dataclass(frozen=True, slots=True)
class AttestationReport:
    """What an attestation shows. `why_not_anchored` is None for one that was held against a pin."""

    checkpoint: Checkpoint
    index: int
    at_ms: int
    said: Attestation
    why_not_anchored: str | None

    @property
    def verdict(self) -> Verdict:
        """Good only under a pin."""
        return Verdict.GOOD if self.why_not_anchored is None else Verdict.NOT_ANCHORED


def judge_attestation(data: bytes, pin: Pin | None, *, now: datetime) -> AttestationReport:
    """Verify an attestation as of `now`, with the pin of the customer's log if there is one.

    Raises:
        Malformed: the file is not the one encoding of what it holds.
        NoteRejected, ProofRejected: signature, path, opening or digest is wrong.
        Unsound: it says too little, contradicts itself, or has expired.
        Equivocation: the log has signed two roots for one size.
    """
    file = AttestationFile.parse(data)
    stated = _stated(file, pin)
    said = file.read(stated)
    at_ms = leaves.parse(file.leaf).at_ms
    if abs(at_ms - said.issued.timestamp() * 1000) > LATE.total_seconds() * 1000:
        raise Unsound(
            f"it says that it was issued at {written(said.issued)}, and its entry is of another time"
        )
    if now >= said.expires:
        raise Unsound(f"it expired on {written(said.expires)}; ask for a new one")
    if now < said.issued - LATE:
        raise Unsound(f"it was issued at {written(said.issued)}, which is still to come by this clock")
    return AttestationReport(stated, file.proof.index, at_ms, said, None if pin else NO_PIN)


def _stated(file: AttestationFile, pin: Pin | None) -> Checkpoint:
    """Return the checkpoint in the file; with a pin, its key must have signed both checkpoint and envelope."""
    note = file.proof.checkpoint
    if pin is None:
        return Checkpoint.parse(split_note(note)[0])
    signed = pin.policy.open_checkpoint(note)
    require_all_lines_known(signed.note)
    pinned = pin.signed.checkpoint
    if signed.checkpoint.origin != pinned.origin:
        raise ProofRejected(
            f"the attestation is of the log {signed.checkpoint.origin!r}, not of the pinned one"
        )
    keys = [log.vkey for log in pin.policy.logs if log.vkey.name == pinned.origin]
    if not keys:
        raise NoteRejected("the pin has no key of this log")
    for position, vkey in enumerate(keys):
        try:
            file.envelope.verify(vkey)
            break
        except NoteRejected:
            if position == len(keys) - 1:
                raise
    if signed.checkpoint.size == pinned.size and signed.checkpoint.head != pinned.head:
        reason = f"the log has signed two roots for its first {pinned.size} entries"
        raise Equivocation(reason, notes=(pin.checkpoint, note))
    return signed.checkpoint


def attestation_in_words(report: AttestationReport) -> list[str]:
    """Return the report as lines for a person: everything that is mandatory, whatever the numbers are."""
    said = report.said
    good = report.verdict is Verdict.GOOD
    lines = [GOOD] if good else [NOT_ANCHORED, f"  Why: {report.why_not_anchored}."]
    lines += ["", "Shown:" if good else "Shown only if the log's key is the right one:"]
    lines += [f"  {visible(line)}" for line in in_sentences(said)]
    lines.append(
        f"  Entry {report.index} of {report.checkpoint.size} in the log {visible(report.checkpoint.origin)},"
        f" made {instant(report.at_ms)}."
    )
    for title, found, none in (
        ("Not known:", said.unknowns, "Nothing in the graph was marked as unknown."),
        ("Walled-off teams:", tuple(map(_mitigation, said.mitigations)), "None."),
        ("Looser than the default:", said.looser, "No setting."),
        ("Not shown:", said.limits, ""),
    ):
        lines += ["", title, *(f"  {visible(each)}" for each in found or (none,))]
    return lines


def in_sentences(said: Attestation) -> list[str]:
    """Return what is attested in sentences, for the terminal and for pages."""
    population, results, graph = said.population, said.results, said.graph
    age = (
        ""
        if graph.oldest_days is None
        else f", the oldest {_count(graph.oldest_days, 'day')} old when issued"
    )
    return [
        f"Excluded: {'; '.join(said.excluded)}.",
        f"Period: from {written(said.period.start)} to {written(said.period.end)}, the end not included.",
        f"{_count(population.accesses, 'access', 'accesses')} by {_count(population.actors, 'person', 'people')}"
        f" and {_count(population.destinations, 'destination')};"
        f" {_count(population.subprocessors, 'subprocessor')}; {_count(population.decisions, 'decision')}"
        " of the gate.",
        f"{_count(results.violations, 'violation')}: accesses by somebody who was excluded by what was known"
        " at the time.",
        f"{_count(results.exposures, 'exposure')}: accesses by somebody who is excluded only by what is known"
        " since.",
        f"{results.denied:,} refused; {results.reviews:,} held for an answer of the customer.",
        f"{_count(said.planted.run, 'violation')} planted in the same period, {said.planted.detected:,} of them"
        " found.",
        *(_policy(each.version, each.digest, signed=each.signed) for each in said.verifier.policies),
        f"Graph version {graph.version} with {_count(graph.statements, 'statement')},"
        f" {graph.unknown:,} of them with an unknown{age}.",
        f"Counted over the first {said.log.size:,} entries of the log, by {said.verifier.id}.",
        f"Issued {written(said.issued)}; expires {written(said.expires)}.",
    ]


def attestation_as_json(report: AttestationReport) -> str:
    """Return the report as one JSON object for programs."""
    content: dict[str, Any] = {
        "verdict": report.verdict.name.lower(),
        "exit_code": int(report.verdict),
        "why": report.why_not_anchored,
        "origin": report.checkpoint.origin,
        "size": report.checkpoint.size,
        "index": report.index,
        "at_ms": report.at_ms,
        "statement": statement_of(report.said),
    }
    return json.dumps(content, indent=2)


def moment_of(text: str) -> datetime:
    """Read `--at`: a day or an instant in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _policy(version: int, digest: bytes, *, signed: bool) -> str:
    if signed:
        return f"Policy version {version}, signed by the customer; SHA-256 {digest.hex()}."
    which = "the default template" if version == 0 else f"version {version}"
    return f"Policy UNSIGNED: {which}, which the customer has not signed; SHA-256 {digest.hex()}."


def _mitigation(plan: Any) -> str:
    return (
        f"Plan {plan.plan}: {_count(plan.people, 'person', 'people')} until {plan.until}, for {plan.purpose}."
    )


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"
