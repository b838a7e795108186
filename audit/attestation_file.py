"""The file that a customer takes away: an attestation, and the proof that the log holds its digest. Pure.

    ringfence-attestation/1
    envelope <DSSE envelope, canonical JSON>     for other tools: cut this line out
    core <base64 opening>                        what the entry of the log says
    grown <base64 hash>                          from the log that was counted to the checkpoint; 0 to 63 lines
                                                 an empty line
    <c2sp.org/tlog-proof, whose extra data is the leaf>

The entry's core is the event `attestation.issued`, whose detail has the SHA-256 of the payload. Its other
half, which names who asked for it, is not in the file.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from audit.attestation import Attestation
from audit.checkpoints import Checkpoint
from audit.dsse import IN_TOTO, Envelope
from audit.encoding import parse_base64, parse_hash, parse_utf8, to_base64
from audit.errors import Malformed, ProofRejected
from audit.leaf import Half, check_opening
from audit.merkle import check_consistency, check_inclusion, leaf_hash
from audit.proofs import MAX_PATH_HASHES, TlogProof

HEADER = "ringfence-attestation/1"
ISSUED = "attestation.issued"
DIGEST = "payload_sha256"
MOST_FILE_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class AttestationFile:
    """The parts of the file. `grown` is the consistency path from the log's size in the statement on."""

    envelope: Envelope
    core: bytes = field(repr=False)
    grown: tuple[bytes, ...]
    proof: TlogProof

    @property
    def leaf(self) -> bytes:
        """The leaf, as the proof carries it; good only once the proof was checked."""
        return self.proof.extra or b""

    @classmethod
    def parse(cls, data: bytes) -> "AttestationFile":
        """Read the file; raises `Malformed` for any other encoding of it. Nothing is verified yet."""
        if len(data) > MOST_FILE_BYTES:
            raise Malformed(f"an attestation may have at most {MOST_FILE_BYTES:,} bytes")
        head, empty_line, rest = bytes(data).partition(b"\n\n")
        lines = parse_utf8(head).split("\n")
        if lines[0] != HEADER or not empty_line:
            raise Malformed(f"an attestation begins with {HEADER!r}")
        if len(lines) < 3 or not lines[1].startswith("envelope ") or not lines[2].startswith("core "):
            raise Malformed("an attestation has an envelope and the opening of its entry")
        if len(lines) - 3 > MAX_PATH_HASHES or not all(line.startswith("grown ") for line in lines[3:]):
            raise Malformed("an attestation says with a few hashes how its log has grown, and nothing else")
        found = cls(
            Envelope.parse(lines[1].removeprefix("envelope ").encode()),
            parse_base64(lines[2].removeprefix("core ")),
            tuple(parse_hash(line.removeprefix("grown ")) for line in lines[3:]),
            TlogProof.parse(rest),
        )
        if found.to_bytes() != data:
            raise Malformed("not the one encoding of an attestation")
        return found

    def to_bytes(self) -> bytes:
        """Write the file."""
        lines = [
            HEADER,
            f"envelope {self.envelope.to_bytes().decode()}",
            f"core {to_base64(self.core)}",
            *(f"grown {to_base64(each)}" for each in self.grown),
        ]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.proof.to_bytes()

    def read(self, stated: Checkpoint) -> Attestation:
        """Return what is attested, if the log of the checkpoint `stated` holds it.

        Who has signed envelope and checkpoint is the caller's question. Raises `Malformed`, `Unsound`, and
        `ProofRejected` for an entry that is not in the log, is of something else, or a log that has
        not grown from the one that was counted.
        """
        if self.envelope.payload_type != IN_TOTO:
            raise Malformed(f"the envelope holds no in-toto statement: {self.envelope.payload_type[:80]!r}")
        said = Attestation.parse(self.envelope.payload)
        check_inclusion(
            self.proof.path,
            index=self.proof.index,
            size=stated.size,
            leaf=leaf_hash(self.leaf),
            head=stated.head,
        )
        check_entry(self.leaf, self.core, self.envelope.payload)
        if said.log.origin != stated.origin:
            raise ProofRejected("the statement speaks of another log than the one that holds it")
        if self.proof.index < said.log.size:
            raise ProofRejected("the statement counts a log that already holds its own entry")
        check_consistency(
            self.grown,
            old_size=said.log.size,
            old_head=said.log.root,
            new_size=stated.size,
            new_head=stated.head,
        )
        return said


def check_entry(leaf: bytes, core: bytes, payload: bytes) -> None:
    """Return if `leaf` is of the event that issued `payload`. Raises `ProofRejected` or `Malformed`.

    `core` is the opening of the leaf's first half.
    """
    event: dict[str, Any] = check_opening(leaf, Half.CORE, core)
    detail = event.get("detail")
    if event.get("verb") != ISSUED or not isinstance(detail, dict):
        raise ProofRejected("the entry of the log is of another event: it issued no attestation")
    if detail.get(DIGEST) != hashlib.sha256(payload).hexdigest():
        raise ProofRejected("the entry of the log is of another attestation than this one")
