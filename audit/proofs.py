"""Transparent proofs: tlog-proof files, and the add-checkpoint body that proves consistency."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.encoding import parse_base64, parse_decimal, parse_hash, parse_utf8, to_base64
from audit.errors import Malformed
from audit.merkle import check_inclusion, leaf_hash
from audit.policy import Policy, SignedCheckpoint

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES = 1_100_000
MAX_PATH_HASHES = 63


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The evidence that one leaf is in a log. `extra` is authenticated by nothing.

    Source: c2sp.org/tlog-proof.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    @classmethod
    def parse(cls, data: bytes) -> "TlogProof":
        """Read a .tlog-proof file; raises `Malformed`. Nothing is verified yet."""
        lines, checkpoint = _split_at_empty_line(data)
        if lines[0] != PROOF_HEADER:
            raise Malformed(f"a proof begins with {PROOF_HEADER!r}")
        rest = lines[1:]
        extra = None
        if rest and rest[0].startswith("extra "):
            extra = parse_base64(rest.pop(0).removeprefix("extra "))
            if not extra:
                raise Malformed("empty extra data is written by leaving the line out")
        if not rest or not rest[0].startswith("index "):
            raise Malformed("a proof names the index of its leaf")
        index = parse_decimal(rest.pop(0).removeprefix("index "))
        return cls(index, _parse_path(rest), checkpoint, extra)

    def to_bytes(self) -> bytes:
        """Write the file form."""
        lines = [PROOF_HEADER]
        if self.extra:
            lines.append(f"extra {to_base64(self.extra)}")
        lines.append(f"index {self.index}")
        return _join(lines, self.path, self.checkpoint)

    def check(self, leaf: bytes, policy: Policy) -> SignedCheckpoint:
        """Return the checkpoint under which `leaf` (the entry's bytes) is shown to be logged.

        Raises `Malformed` for a checkpoint that does not parse, `NoteRejected` if log or
        witnesses of the policy have not signed it, `ProofRejected` if the leaf is not in its tree.
        """
        signed = policy.open_checkpoint(self.checkpoint)
        check_inclusion(
            self.path,
            index=self.index,
            size=signed.checkpoint.size,
            leaf=leaf_hash(leaf),
            head=signed.checkpoint.head,
        )
        return signed


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """The body of tlog-witness `add-checkpoint`: an old size, a path, and the new checkpoint."""

    old_size: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    @classmethod
    def parse(cls, data: bytes) -> "ConsistencyProof":
        """Read the body; raises `Malformed`. Nothing is verified yet."""
        lines, checkpoint = _split_at_empty_line(data)
        if not lines[0].startswith("old "):
            raise Malformed("a consistency proof begins with its old size")
        return cls(parse_decimal(lines[0].removeprefix("old ")), _parse_path(lines[1:]), checkpoint)

    def to_bytes(self) -> bytes:
        """Write the body."""
        return _join([f"old {self.old_size}"], self.path, self.checkpoint)


def _split_at_empty_line(data: bytes) -> tuple[list[str], bytes]:
    if len(data) > MAX_PROOF_BYTES:
        raise Malformed(f"a proof may have at most {MAX_PROOF_BYTES} bytes")
    head, empty_line, checkpoint = bytes(data).partition(b"\n\n")
    if not empty_line or not checkpoint:
        raise Malformed("a proof has lines, an empty line and a checkpoint")
    return parse_utf8(head).split("\n"), checkpoint


def _parse_path(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > MAX_PATH_HASHES:
        raise Malformed(f"a proof has at most {MAX_PATH_HASHES} hashes")
    return tuple(parse_hash(line) for line in lines)


def _join(lines: list[str], path: Sequence[bytes], checkpoint: bytes) -> bytes:
    head = "".join(f"{line}\n" for line in (*lines, *(to_base64(each) for each in path)))
    return head.encode() + b"\n" + checkpoint
