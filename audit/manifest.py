"""What a bundle says of itself, in manifest and README: nothing that is not proven by its other members.

A verifier builds both anew and compares. The verifiers that a bundle brings are the exception: their digests stand
in the manifest, so that no byte goes unexamined, and nothing else speaks for them.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from audit.checkpoints import Checkpoint
from audit.encoding import to_base64
from audit.leaf import Half, parse
from audit.stamped import FOLDER, Led
from audit.watched import PROOF, Known

FORMAT = "ringfence-audit-bundle/1"
FORMAT_WITH_VERIFIER = "ringfence-audit-bundle/2"
FORMAT_WITH_WITNESSES = "ringfence-audit-bundle/3"
FORMAT_WITH_PAGE = "ringfence-audit-bundle/4"
FORMAT_WITH_TIMESTAMPS = "ringfence-audit-bundle/5"
VERIFIER = "verify.py"
PAGE = "verify.html"
DIGEST_OF = {VERIFIER: "verifier", PAGE: "page"}
"""How the manifest names the digest of what a bundle brings."""

LIMITS = (
    "A log proves that what was logged was not changed, removed or reordered since.",
    "It cannot prove that everything that happened was logged.",
    "Times are those that the platform wrote down.",
)


class BundleKind(StrEnum):
    """What a bundle holds, and so what it can show."""

    WHOLE_LOG = "whole-log"
    SELECTION = "selection"


KIND_LIMITS = {
    BundleKind.WHOLE_LOG: "It holds every event of the log up to the checkpoint's size.",
    BundleKind.SELECTION: "It shows that these events were logged, not that only these were.",
}


@dataclass(frozen=True, slots=True)
class Brought:
    """The verifiers that a bundle brings: one file of Python, and one page for a browser."""

    verifier: bytes | None = field(default=None, repr=False)
    page: bytes | None = field(default=None, repr=False)

    @property
    def members(self) -> dict[str, bytes]:
        """Those that there are, by name, in the order of a bundle's members."""
        both = {PAGE: self.page, VERIFIER: self.verifier}
        return {name: content for name, content in both.items() if content is not None}


NOTHING = Brought()
"""What bundles of the first format bring."""


@dataclass(slots=True)
class Tally:
    """Counts what a bundle holds, in the same way when it is written and when it is verified."""

    count: int = 0
    first: int | None = None
    last: int | None = None
    first_ms: int | None = None
    last_ms: int | None = None
    disclosed: dict[Half, int] = field(default_factory=lambda: dict.fromkeys(Half, 0))

    def add(self, index: int, leaf: bytes) -> None:
        """Count one event; indexes ascend. Raises `Malformed` for a leaf of another shape."""
        at_ms = parse(leaf).at_ms
        if self.first is None:
            self.first, self.first_ms = index, at_ms
        self.last, self.last_ms = index, at_ms
        self.count += 1


def manifest(
    kind: BundleKind,
    signed: Checkpoint,
    policy: str,
    tally: Tally,
    since_size: int = 0,
    brought: Brought = NOTHING,
    known: Known | None = None,
    stamps: Sequence[Led] = (),
) -> bytes:
    """Return the manifest, which says nothing that is not proven by the other members."""
    content: dict[str, object] = {
        "format": format_of(brought, known, stamps),
        "kind": kind,
        "origin": signed.origin,
        "size": signed.size,
        "root": to_base64(signed.head),
        "since_size": since_size,
        "events": {
            "count": tally.count,
            "first_index": tally.first,
            "last_index": tally.last,
            "first_ms": tally.first_ms,
            "last_ms": tally.last_ms,
        },
        "disclosed": tally.disclosed,
        "policy_sha256": hashlib.sha256(policy.encode()).hexdigest(),
        "limits": [*LIMITS, KIND_LIMITS[kind]],
    }
    for name, member in brought.members.items():
        content[f"{DIGEST_OF[name]}_sha256"] = hashlib.sha256(member).hexdigest()
    if known is not None:
        content["witnessed_size"] = known.checkpoint.size
    if stamps:
        # The digest is of bytes that no signature covers too: an answer has such.
        content["timestamps"] = [
            {"size": each.checkpoint.size, "of": each.meta_size, "token_sha256": each.token_sha256}
            for each in stamps
        ]
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def format_of(brought: Brought, known: Known | None, stamps: Sequence[Led] = ()) -> str:
    """Return the name of the format: the newest that something in the bundle needs."""
    if stamps:
        return FORMAT_WITH_TIMESTAMPS
    if brought.page is not None:
        return FORMAT_WITH_PAGE
    if known is not None:
        return FORMAT_WITH_WITNESSES
    return FORMAT if brought.verifier is None else FORMAT_WITH_VERIFIER


def readme(
    kind: BundleKind,
    signed: Checkpoint,
    brought: Brought = NOTHING,
    known: Known | None = None,
    stamps: Sequence[Led] = (),
) -> bytes:
    """Return the text for people, built from what the checkpoint states."""
    how = "python -m audit.verify BUNDLE --pin PIN"
    if brought.verifier is not None:
        how = f"""python {VERIFIER} BUNDLE --pin PIN

It needs Python 3.11 and the package cryptography. A bundle that lies can bring a verifier that lies: read
{VERIFIER} before you run it, or use the one that you kept."""
    if brought.page is not None:
        how += f"""

Or open {PAGE} in a browser and give it BUNDLE and PIN. It opens no connection. What is said of {VERIFIER} holds for
it as well: take the page that you kept, for a page can say anything of the bundle that brings it."""
    seen = (
        ""
        if known is None
        else f"""
Witnesses know the first {known.checkpoint.size} events: {PROOF} is the proof under the log that they cosign.
"""
    )
    if stamps:
        most = max(each.checkpoint.size for each in stamps)
        seen += f"""
Time-stamps (RFC 3161) say when the first {most} events were there. With the authority's certificate, which you have
from the authority and not from us, the verifier checks them: --tsa FILE. So does, of each in {FOLDER}, other people's:

    openssl ts -verify -data N.checkpoint -in N.tsr -CAfile FILE
"""
    limits = "\n".join(f"- {limit}" for limit in (*LIMITS, KIND_LIMITS[kind]))
    return f"""Proof bundle of the audit log {signed.origin}

This file can be checked without us, on a machine that is not connected to anything:

    {how}

PIN is the file you kept on the first day, or after your last check. Without it the answer is
never "good": a bundle alone can only be consistent with itself.

The checkpoint covers {signed.size} events. The formats are those of c2sp.org: signed-note,
tlog-checkpoint, tlog-tiles, tlog-proof and tlog-policy; other people's tools can check them.
{seen}
What it shows, and what it does not:
{limits}
""".encode()
