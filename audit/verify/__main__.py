"""The offline verifier: `python -m audit.verify BUNDLE --pin PIN`; `… work RECEIPT --pin PIN` for labelers;
`… attestation FILE --pin PIN` for whoever is shown an attestation.

Exit codes: 0 good, 1 proof wrong, 2 malformed (or unreadable), 3 equivocation, 4 not anchored.
Needs Python and `cryptography`; no server, no database, no network.
"""

import argparse
import hashlib
import mmap
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from audit.errors import Equivocation, EvidenceRefused, Malformed
from audit.pins import Pin
from audit.verify.attestation import (
    attestation_as_json,
    attestation_in_words,
    judge_attestation,
    moment_of,
)
from audit.verify.judge import Verdict, judge
from audit.verify.words import HEADLINES, as_json, in_words, refusal_as_json, visible
from audit.verify.work import judge_work, work_as_json, work_in_words

MOST_EVENTS = 1_000
FILES = {"": "proof bundle", "work": "work receipt", "attestation": "attestation"}
"""First argument, followed by a file, and what that file is; without such a word it is a bundle."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify one bundle, work receipt or attestation, say what was found, and return the exit code."""
    options = _parse(arguments)
    # A terminal that cannot show a character must not stop a verdict.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        pin = Pin.parse(options.pin.read_bytes()) if options.pin else None
        if options.kind:
            verdict, text = _judge_file(bytes(_open(options.bundle)), pin, options)
            sys.stdout.write(text + "\n")
            return verdict
        report = judge(_open(options.bundle), pin)
    except OSError as error:
        unreadable = error.filename or options.bundle
        return _refuse(Verdict.MALFORMED, f"cannot read {unreadable}: {error.strerror}", options)
    except Malformed as error:
        return _refuse(Verdict.MALFORMED, str(error), options)
    except Equivocation as error:
        kept = _keep_evidence(error, options.evidence or options.bundle.absolute().parent)
        return _refuse(Verdict.EQUIVOCATION, f"{error}. {kept}", options)
    except EvidenceRefused as error:
        return _refuse(Verdict.PROOF_WRONG, str(error), options)
    if options.json:
        sys.stdout.write(as_json(report, most_events=options.events) + "\n")
    else:
        sys.stdout.writelines(line + "\n" for line in in_words(report, most_events=options.events))
    return report.verdict


def _judge_file(data: bytes, pin: Pin | None, options: argparse.Namespace) -> tuple[Verdict, str]:
    if options.kind == "work":
        work = judge_work(data, pin)
        return work.verdict, work_as_json(work) if options.json else "\n".join(work_in_words(work))
    said = judge_attestation(data, pin, now=options.at or datetime.now(UTC))
    return said.verdict, attestation_as_json(said) if options.json else "\n".join(attestation_in_words(said))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    given = list(sys.argv[1:] if arguments is None else arguments)
    # A bundle may itself be called "work": alone, the word is a file's name.
    named = given[:1] and given[0] in FILES and any(not each.startswith("-") for each in given[1:2])
    kind = given[0] if named else ""
    parser = argparse.ArgumentParser(
        prog=f"python -m audit.verify{f' {kind}' if kind else ''}",
        description=f"Verify {'an' if kind == 'attestation' else 'a'} {FILES[kind]} offline.",
        epilog="Exit codes: 0 good, 1 proof wrong, 2 malformed, 3 equivocation, 4 not anchored.",
    )
    metavar = {"": "BUNDLE", "work": "RECEIPT", "attestation": "ATTESTATION"}[kind]
    parser.add_argument("bundle", type=Path, metavar=metavar)
    parser.add_argument("--pin", type=Path, metavar="FILE", help="the pin file you kept")
    parser.add_argument("--json", action="store_true", help="answer for a program")
    parser.add_argument("--evidence", type=Path, metavar="DIR", help="where both notes of a fork are put")
    parser.add_argument(
        "--events", type=int, default=MOST_EVENTS, metavar="N", help=f"list at most N events ({MOST_EVENTS})"
    )
    if kind == "attestation":
        parser.add_argument(
            "--at", type=moment_of, metavar="TIME", help="judge as of this day or time in UTC, not of now"
        )
    options = parser.parse_args(given[1:] if kind else given)
    options.kind = kind
    if options.events < 0:
        parser.error("--events takes a number of at least 0")
    return options


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
        if options.kind:
            article = "an" if options.kind == "attestation" else "a"
            headline = headline.replace("a bundle", f"{article} {FILES[options.kind]}")
            headline = headline.replace("bundle", FILES[options.kind])
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
