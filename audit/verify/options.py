"""What the verifier is asked on its command line."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from audit.encoding import parse_hash
from audit.errors import Malformed
from audit.verify.attestation import moment_of

MOST_EVENTS = 1_000
FILES = {
    "": "proof bundle",
    "bundle": "proof bundle",
    "full": "proof bundle",
    "proof": "inclusion proof",
    "consistency": "consistency proof",
    "note": "signed checkpoint",
    "succession": "succession",
    "work": "work receipt",
    "attestation": "attestation",
}
"""First argument, followed by a file, and what that file is; without such a word it is a bundle."""

ARTICLES = {"attestation": "an", "proof": "an"}


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options; `kind` is a word of `FILES`. Ends the process, with 2, for what it cannot read."""
    given = list(arguments)
    # A bundle may itself be called "work": alone, the word is a file's name.
    named = given[:1] and given[0] in FILES and any(not each.startswith("-") for each in given[1:2])
    kind = given[0] if named else ""
    parser = argparse.ArgumentParser(
        prog=f"python -m audit.verify{f' {kind}' if kind else ''}",
        description=f"Verify {ARTICLES.get(kind, 'a')} {FILES[kind]} offline.",
        epilog="Exit codes: 0 good, 1 proof wrong, 2 malformed, 3 equivocation, 4 not anchored."
        f" Words before the file: {', '.join(word for word in FILES if word)}.",
    )
    metavar = {"work": "RECEIPT", "attestation": "ATTESTATION"}.get(kind, "FILE" if kind else "BUNDLE")
    parser.add_argument("bundle", type=Path, metavar=metavar)
    held = parser.add_mutually_exclusive_group()
    held.add_argument("--pin", type=Path, metavar="FILE", help="the pin file you kept")
    held.add_argument(
        "--state", type=Path, metavar="FILE", help="a pin file that is moved forward when growth was proven"
    )
    parser.add_argument("--json", action="store_true", help="answer for a program")
    parser.add_argument("--evidence", type=Path, metavar="DIR", help="where both notes of a fork are put")
    parser.add_argument(
        "--events", type=int, default=MOST_EVENTS, metavar="N", help=f"list at most N events ({MOST_EVENTS})"
    )
    if kind in ("", "bundle", "full"):
        parser.add_argument("--item", type=UUID, metavar="ID", help="list who was sent this item")
    if kind in ("", "bundle", "full"):
        parser.add_argument(
            "--within",
            type=_hours,
            metavar="HOURS",
            help="cosignatures must be younger than that, where the pin wants witnesses",
        )
        parser.add_argument(
            "--tsa",
            type=Path,
            metavar="FILE",
            help="PEM of the time-stamping authorities that you trust: roots, or their own certificates",
        )
    if kind == "proof":
        parser.add_argument(
            "--leaf", type=Path, metavar="FILE", help="the leaf, if the proof does not bring it"
        )
        parser.add_argument(
            "--receipt", type=_leaf_hash_of, metavar="TEXT", help="the Audit-Receipt that is to be honoured"
        )
    if kind == "succession":
        parser.add_argument(
            "--next", type=Path, metavar="FILE", help="where to put the pin for the log that goes on"
        )
    if kind == "attestation":
        parser.add_argument(
            "--at", type=moment_of, metavar="TIME", help="judge as of this day or time in UTC, not of now"
        )
    options = parser.parse_args(given[1:] if kind else given)
    options.kind = kind
    if kind == "succession" and options.state:
        parser.error("a succession changes the log's key: keep your pin, and take the next one with --next")
    if options.events < 0:
        parser.error("--events takes a number of at least 0")
    return options


def _hours(text: str) -> int:
    """Return a number of hours as seconds."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError("a number of hours, at least 1")
    return int(text) * 3_600


def _leaf_hash_of(receipt: str) -> bytes:
    """Return the leaf hash in `<event id>;<base64 leaf hash>`; the id is in no leaf."""
    try:
        return parse_hash(receipt.partition(";")[2])
    except Malformed:
        raise argparse.ArgumentTypeError("a receipt is <event id>;<base64 leaf hash>") from None
