"""The offline verifier: `python -m audit.verify BUNDLE --pin PIN`, and a word before the file for other files.

    [bundle] BUNDLE     a proof bundle; `--item ID` lists who was sent one object, and `--within HOURS`
                        says how old cosignatures of witnesses may be; `--tsa FILE` names the time-stamping
                        authorities that are trusted
    full BUNDLE         the same, of a whole log and of nothing less
    proof FILE          a .tlog-proof; `--receipt` or `--leaf` says of what
    consistency FILE    the proof that the log only grew since the pin
    note FILE           a signed checkpoint
    succession FILE     that another log goes on in place of the pinned one; `--next` writes the pin for it
    work FILE           a labeler's work receipt
    attestation FILE    a neutrality attestation

`--state FILE` is a pin that moves forward when a good answer proves growth. Exit codes: 0 good, 1 proof wrong,
2 malformed (or unreadable), 3 equivocation, 4 not anchored. Needs Python and `cryptography`; no server, no
database, no network.
"""

import argparse
import hashlib
import mmap
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from audit.errors import Equivocation, EvidenceRefused, Malformed
from audit.pins import Pin
from audit.timestamps.trust import parse_trusted
from audit.verify.attestation import (
    attestation_as_json,
    attestation_in_words,
    judge_attestation,
)
from audit.verify.deliveries import deliveries_as_json, deliveries_in_words, deliveries_of
from audit.verify.judge import Verdict, judge, require_whole_log
from audit.verify.options import ARTICLES, FILES, parse_options
from audit.verify.pieces import (
    PieceReport,
    judge_consistency,
    judge_note,
    judge_proof,
    piece_as_json,
    piece_in_words,
)
from audit.verify.state import advance
from audit.verify.succession import judge_succession, succession_as_json, succession_in_words
from audit.verify.words import HEADLINES, as_json, in_words, refusal_as_json, visible
from audit.verify.work import judge_work, work_as_json, work_in_words


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify one file, say what was found, and return the exit code."""
    options = parse_options(sys.argv[1:] if arguments is None else arguments)
    # A terminal that cannot show a character must not stop a verdict.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        kept = options.pin or options.state
        pin = Pin.parse(kept.read_bytes()) if kept else None
        verdict, text, grown = _judge(options, pin)
        if pin and grown and verdict is Verdict.GOOD and options.state:
            moved = advance(options.state, judged_by=pin, checkpoint=grown)
            if moved and not options.json:
                text += f"\n\nThe state in {options.state} was moved forward to this checkpoint."
    except OSError as error:
        unreadable = error.filename or options.bundle
        return _refuse(Verdict.MALFORMED, f"cannot read or write {unreadable}: {error.strerror}", options)
    except Malformed as error:
        return _refuse(Verdict.MALFORMED, str(error), options)
    except Equivocation as error:
        kept_in = _keep_evidence(error, options.evidence or options.bundle.absolute().parent)
        return _refuse(Verdict.EQUIVOCATION, f"{error}. {kept_in}", options)
    except EvidenceRefused as error:
        return _refuse(Verdict.PROOF_WRONG, str(error), options)
    sys.stdout.write(text + "\n")
    return verdict


def _judge(options: argparse.Namespace, pin: Pin | None) -> tuple[Verdict, str, bytes | None]:
    """Return the verdict, what to print, and the checkpoint that was proven to extend the pin, if one was."""
    content = _open(options.bundle)
    if options.kind in ("", "bundle", "full"):
        return _judge_bundle(content, options, pin)
    data = bytes(content)
    match options.kind:
        case "succession":
            return _judge_succession(data, options)
        case "work":
            work = judge_work(data, pin)
            return work.verdict, work_as_json(work) if options.json else _lines(work_in_words(work)), None
        case "attestation":
            said = judge_attestation(data, pin, now=options.at or datetime.now(UTC))
            text = attestation_as_json(said) if options.json else _lines(attestation_in_words(said))
            return said.verdict, text, None
    piece = _judge_piece(data, options, pin)
    text = piece_as_json(piece) if options.json else _lines(piece_in_words(piece))
    return piece.verdict, text, piece.note if piece.grown else None


def _judge_bundle(
    content: memoryview, options: argparse.Namespace, pin: Pin | None
) -> tuple[Verdict, str, bytes | None]:
    oldest = int(time.time()) - options.within if options.within else 0
    trusted = parse_trusted(options.tsa.read_bytes()) if options.tsa else []
    report = judge(content, pin, oldest=oldest, trusted=trusted)
    if options.kind == "full":
        require_whole_log(report)
    grown = report.bundle.note("checkpoint")
    listed = deliveries_of(report, options.item) if options.item else None
    if options.json:
        more = {"item": deliveries_as_json(listed)} if listed else None
        return report.verdict, as_json(report, most_events=options.events, more=more), grown
    lines = in_words(report, most_events=0 if listed else options.events)
    return report.verdict, _lines(lines + (deliveries_in_words(listed) if listed else [])), grown


def _judge_succession(data: bytes, options: argparse.Namespace) -> tuple[Verdict, str, bytes | None]:
    report = judge_succession(data, options.pin.read_bytes() if options.pin else None)
    written = None
    if options.next and report.next_pin is not None:
        # A pin that is there may be the only proof of what was seen: it is never written over.
        with options.next.open("xb") as file:
            file.write(report.next_pin)
        written = str(options.next)
    text = succession_as_json(report) if options.json else _lines(succession_in_words(report, written))
    return report.verdict, text, None


def _judge_piece(data: bytes, options: argparse.Namespace, pin: Pin | None) -> PieceReport:
    if options.kind == "consistency":
        return judge_consistency(data, pin)
    if options.kind == "note":
        return judge_note(data, pin)
    leaf = bytes(_open(options.leaf)) if options.leaf else None
    return judge_proof(data, pin, leaf=leaf, promised=options.receipt)


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _open(path: Path) -> memoryview:
    with path.open("rb") as file:
        try:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:
            raise Malformed("the file is empty") from None


def _refuse(verdict: Verdict, reason: str, options: argparse.Namespace) -> int:
    if options.json:
        sys.stdout.write(refusal_as_json(verdict, reason) + "\n")
    else:
        headline = HEADLINES[verdict]
        if options.kind not in ("", "bundle", "full"):
            named = FILES[options.kind]
            headline = headline.replace("a bundle", f"{ARTICLES.get(options.kind, 'a')} {named}")
            headline = headline.replace("bundle", named)
        sys.stdout.write(f"{headline}\n  Why: {visible(reason)}\n")
    return verdict


def _keep_evidence(found: Equivocation, directory: Path) -> str:
    """Write both notes under names that tell them apart, and say where."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        names = [f"equivocation-{hashlib.sha256(note).hexdigest()[:16]}.note" for note in found.notes]
        for name, note in zip(names, found.notes, strict=True):
            (directory / name).write_bytes(note)
    except OSError as error:
        return f"The two notes could not be kept in {directory}: {error.strerror}"
    return f"Both signed notes are kept in {directory}: {' and '.join(names)}. Show them to anyone."


if __name__ == "__main__":
    sys.exit(main())
