"""The offline verifier: `python -m audit.verify BUNDLE --pin PIN`.

Exit codes: 0 good, 1 proof wrong, 2 malformed (or unreadable), 3 equivocation, 4 not anchored.
Needs Python and `cryptography`; no server, no database, no network.
"""

import argparse
import hashlib
import mmap
import sys
from collections.abc import Sequence
from pathlib import Path

from audit.errors import Equivocation, EvidenceRefused, Malformed
from audit.pins import Pin
from audit.verify.judge import Verdict, judge
from audit.verify.words import HEADLINES, as_json, in_words, refusal_as_json, visible

MOST_EVENTS = 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify one bundle, say what was found, and return the exit code."""
    options = _parse(arguments)
    # A terminal that cannot show a character must not stop a verdict.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        pin = Pin.parse(options.pin.read_bytes()) if options.pin else None
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


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m audit.verify",
        description="Verify a proof bundle offline.",
        epilog="Exit codes: 0 good, 1 proof wrong, 2 malformed, 3 equivocation, 4 not anchored.",
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("--pin", type=Path, metavar="FILE", help="the pin file you kept")
    parser.add_argument("--json", action="store_true", help="answer for a program")
    parser.add_argument("--evidence", type=Path, metavar="DIR", help="where both notes of a fork are put")
    parser.add_argument(
        "--events", type=int, default=MOST_EVENTS, metavar="N", help=f"list at most N events ({MOST_EVENTS})"
    )
    options = parser.parse_args(arguments)
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
        sys.stdout.write(f"{HEADLINES[verdict]}\n  Why: {visible(reason)}\n")
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
