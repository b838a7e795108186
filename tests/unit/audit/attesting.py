"""Attestations made for tests, in a log in memory, all deterministic but for the salts of leaves."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from audit import leaf
from audit.attestation import (
    Attestation,
    GraphUsed,
    LogState,
    Mitigation,
    Period,
    Planted,
    PolicyUsed,
    Population,
    Results,
    Verifier,
)
from audit.attestation_file import AttestationFile
from audit.checkpoints import Checkpoint
from audit.dsse import IN_TOTO, Envelope, keyid_of, pae
from audit.merkle import consistency_path, inclusion_path, leaf_hash, tree_head
from audit.notes import Vkey, sign_note
from audit.pins import Pin, write_pin
from audit.proofs import TlogProof
from tests.unit.audit.making import LOG, Signer

ISSUED = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
BEFORE = [
    leaf.build({"verb": "item.delivered", "n": n}, {"actor": str(n)}, 1_770_000_000_000) for n in range(7)
]
COUNTED = [leaf_hash(each.encoded) for each in BEFORE]


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def attestation(**changes: Any) -> Attestation:
    """Return one that is sound, with parts replaced."""
    sound: dict[str, Any] = {
        "verifier": Verifier(
            id="isolation-checker@0.1.0",
            policies=(PolicyUsed(digest=digest("policy"), version=3, signed=True),),
        ),
        "period": Period(start=datetime(2026, 4, 1, tzinfo=UTC), end=datetime(2026, 7, 1, tzinfo=UTC)),
        "log": LogState(origin=LOG.name, size=len(COUNTED), root=tree_head(COUNTED)),
        "graph": GraphUsed(version=812, digest=digest("graph"), statements=412, unknown=3, oldest_days=61),
        "excluded": ("lei:0123456789ABCDEFGHIJ (Excluded Co.)",),
        "population": Population(accesses=5, actors=2, destinations=0, subprocessors=0, decisions=6),
        "results": Results(violations=0, exposures=0, denied=1, reviews=0),
        "planted": Planted(run=58, detected=58, report=digest("report")),
        "unknowns": ("3 statements name no holder",),
        "mitigations": (Mitigation(plan="plan-1", people=4, purpose="image quality", until="2026-12-31"),),
        "looser": ("cooling-off 200 days, default 365",),
        "limits": ("declared affiliations",),
        "issued": ISSUED,
        "expires": ISSUED + timedelta(days=90),
    }
    return Attestation(**sound | changes)


def envelope(payload: bytes, signer: Signer = LOG, payload_type: str = IN_TOTO) -> Envelope:
    keyid = keyid_of(Vkey.parse(signer.vkey))
    return Envelope(payload_type, payload, keyid, signer.raw(pae(payload_type, payload)))


def file_of(
    payload: bytes,
    *,
    signer: Signer = LOG,
    noted_by: Signer = LOG,
    logged: bytes | None = None,
    verb: str = "attestation.issued",
    later: int = 4,
    issued: datetime = ISSUED,
) -> AttestationFile:
    """Return the file of a payload whose entry stands at 7, or of `logged` in its place."""
    entry = leaf.build(
        {"verb": verb, "detail": {"payload_sha256": hashlib.sha256(logged or payload).hexdigest()}},
        {"actor": "somebody"},
        int(issued.timestamp() * 1000),
    )
    hashes = [*COUNTED, leaf_hash(entry.encoded), *(leaf_hash(b"%d" % n) for n in range(later))]
    note = sign_note(Checkpoint(noted_by.name, len(hashes), tree_head(hashes)).text, [noted_by])
    proof = TlogProof(7, tuple(inclusion_path(hashes, 7)), note, extra=entry.encoded)
    grown = tuple(consistency_path(hashes, 7))
    return AttestationFile(envelope(payload, signer), entry.core_opening, grown, proof)


def pin(signer: Signer = LOG) -> bytes:
    """Return the pin that the customer kept when the log had three entries."""
    note = sign_note(Checkpoint(signer.name, 3, tree_head(COUNTED[:3])).text, [signer])
    return write_pin(f"log {signer.vkey}\nquorum none\n", note)


PIN = Pin.parse(pin())

__all__ = ["COUNTED", "ISSUED", "PIN", "attestation", "digest", "envelope", "file_of", "pin", "replace"]
