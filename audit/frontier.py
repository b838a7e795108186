"""The compact range of a tree: at most 63 hashes, and all that is needed to append to it."""

from collections.abc import Iterable
from dataclasses import dataclass

from audit.encoding import HASH_BYTES, LARGEST_NUMBER
from audit.errors import Malformed
from audit.merkle import EMPTY_HEAD, node_hash

SIZE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Frontier:
    """The whole subtrees that tile a tree of `size` leaves, largest (leftmost) first.

    Serialised as size (8 bytes, big-endian) followed by the hashes, 32 bytes each; there is one
    hash for each binary 1 of the size.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= LARGEST_NUMBER:
            raise Malformed(f"a tree cannot have {self.size} leaves")
        if len(self.nodes) != self.size.bit_count() or any(len(node) != HASH_BYTES for node in self.nodes):
            raise Malformed(f"these are not the subtrees of a tree of {self.size} leaves")

    def append(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """Return the frontier after `leaf_hashes`, in order."""
        size, nodes = self.size, list(self.nodes)
        for leaf in leaf_hashes:
            node, carry = leaf, size
            while carry & 1:
                node = node_hash(nodes.pop(), node)
                carry >>= 1
            nodes.append(node)
            size += 1
        return Frontier(size, tuple(nodes))

    @property
    def head(self) -> bytes:
        """The root hash of the tree."""
        if not self.nodes:
            return EMPTY_HEAD
        *left, root = self.nodes
        for node in reversed(left):
            root = node_hash(node, root)
        return root

    def to_bytes(self) -> bytes:
        """Serialise for the head row."""
        return self.size.to_bytes(SIZE_BYTES, "big") + b"".join(self.nodes)

    @classmethod
    def from_bytes(cls, content: bytes) -> "Frontier":
        """Read what `to_bytes` wrote; raises `Malformed` for anything else."""
        content = bytes(content)
        if len(content) < SIZE_BYTES or (len(content) - SIZE_BYTES) % HASH_BYTES:
            raise Malformed("a frontier has a size of 8 bytes and hashes of 32")
        hashes = range(SIZE_BYTES, len(content), HASH_BYTES)
        size = int.from_bytes(content[:SIZE_BYTES], "big")
        return cls(size, tuple(content[at : at + HASH_BYTES] for at in hashes))
