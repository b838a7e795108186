"""The Merkle tree of RFC 6962: hashes, proofs and their checks, as pure functions.

A *node* (level, index) is the root of the 2**level leaves that start at index * 2**level; a
`NodeReader` gives the hash of a whole node, so that proofs need never hold a tree in memory.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from audit.encoding import HASH_BYTES
from audit.errors import ProofRejected

__all__ = [
    "EMPTY_HEAD",
    "NodeReader",
    "ProofRejected",
    "check_consistency",
    "check_inclusion",
    "consistency_path",
    "consistency_path_from",
    "head_from",
    "inclusion_path",
    "inclusion_path_from",
    "leaf_hash",
    "node_hash",
    "tree_head",
]

NodeReader: TypeAlias = Callable[[int, int], bytes]

EMPTY_HEAD = hashlib.sha256(b"").digest()

_sha256 = hashlib.sha256


def leaf_hash(data: bytes) -> bytes:
    """Hash one entry: SHA-256(0x00 || data). Source: RFC 6962 section 2.1."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees: SHA-256(0x01 || left || right). Source: RFC 6962 section 2.1."""
    return _sha256(b"\x01" + left + right).digest()


def tree_head(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over `leaf_hashes`, in order; SHA-256 of nothing for an empty tree."""
    level = list(leaf_hashes)
    if not level:
        return EMPTY_HEAD
    while len(level) > 1:
        level = _level_above(level, keep_odd=True)
    return level[0]


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of leaf `index` (from 0), its sibling first.

    Raises `ProofRejected` for an index outside the tree. Source: RFC 6962 section 2.1.1.
    """
    return inclusion_path_from(_reader_over(leaf_hashes), index=index, size=len(leaf_hashes))


def consistency_path(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the tree over `leaf_hashes` extends its first `old_size` leaves.

    Raises `ProofRejected` for an old size above the tree's. Source: RFC 6962 section 2.1.2.
    """
    return consistency_path_from(_reader_over(leaf_hashes), old_size=old_size, new_size=len(leaf_hashes))


def head_from(read: NodeReader, size: int) -> bytes:
    """Return the root of the first `size` leaves, reading at most 63 nodes."""
    return _range_hash(read, 0, size) if size else EMPTY_HEAD


def inclusion_path_from(read: NodeReader, *, index: int, size: int) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves that `read` knows."""
    if not 0 <= index < size:
        raise ProofRejected(f"there is no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(read, middle, end))
            end = middle
        else:
            path.append(_range_hash(read, start, middle))
            start = middle
    path.reverse()
    return path


def consistency_path_from(read: NodeReader, *, old_size: int, new_size: int) -> list[bytes]:
    """Return the consistency proof between two sizes of the tree that `read` knows."""
    if not 0 <= old_size <= new_size:
        raise ProofRejected(f"a tree of {new_size} leaves does not extend one of {old_size}")
    if old_size in (0, new_size):
        return []
    path: list[bytes] = []
    start, end = 0, new_size
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_range_hash(read, middle, end))
            end = middle
        else:
            path.append(_range_hash(read, start, middle))
            start = middle
    if start:
        path.append(_range_hash(read, start, end))
    path.reverse()
    return path


def check_inclusion(path: Sequence[bytes], *, index: int, size: int, leaf: bytes, head: bytes) -> None:
    """Return if `path` shows that `leaf` is leaf `index` of the tree with root `head`.

    Args:
        path: at most ceil(log2(size)) hashes of 32 bytes, leaf's sibling first.
        index: position of the leaf, counted from 0.
        size: number of leaves, at least 1. A path does not bind the size: take it, with
            `head`, from one checkpoint that the caller has verified.
        leaf: `leaf_hash` of the entry, 32 bytes.
        head: the root hash, 32 bytes.

    Raises:
        ProofRejected: wrong length, wrong position or wrong root.

    Source: RFC 9162 section 2.1.3.2, with the tree shape of RFC 6962 section 2.1.
    """
    _require_hashes(path, leaf, head)
    nodes = [leaf, *(node for _, node in climb(path, index=index, size=size, leaf=leaf))]
    if nodes[-1] != head:
        raise ProofRejected("the inclusion proof leads to another root")


def climb(path: Sequence[bytes], *, index: int, size: int, leaf: bytes) -> Iterator[tuple[bool, bytes]]:
    """Yield, for each hash of an inclusion path, whether it stands left of ours, and the node above both.

    The last node is the root of a tree of `size` leaves. Raises `ProofRejected` for a wrong length or position.
    Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofRejected(f"there is no leaf {index} in a tree of {size}")
    position, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofRejected("the inclusion proof is too long")
        left = bool(position & 1) or position == last
        if left:
            node = node_hash(sibling, node)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        position >>= 1
        last >>= 1
        yield left, node
    if last != 0:
        raise ProofRejected("the inclusion proof is too short")


def check_consistency(
    path: Sequence[bytes], *, old_size: int, old_head: bytes, new_size: int, new_head: bytes
) -> None:
    """Return if `path` shows that the new tree extends the old one without changing a leaf.

    Sizes and roots come in pairs from two verified checkpoints; the path alone binds neither
    size. Raises `ProofRejected` otherwise. Source: RFC 9162 section 2.1.4.2.
    """
    _require_hashes(path, old_head, new_head)
    if not 0 <= old_size <= new_size:
        raise ProofRejected(f"a tree of {new_size} leaves does not extend one of {old_size}")
    if old_size == new_size:
        if path or old_head != new_head:
            raise ProofRejected("two trees of one size have different roots, or a proof too many")
        return
    if old_size == 0:
        if path or old_head != EMPTY_HEAD:
            raise ProofRejected("the empty tree has another root, or a proof too many")
        return
    if not path:
        raise ProofRejected("the consistency proof is empty")
    hashes = list(path)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_head)
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_root = new_root = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofRejected("the consistency proof is too long")
        if position & 1 or position == last:
            old_root = node_hash(sibling, old_root)
            new_root = node_hash(sibling, new_root)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            new_root = node_hash(new_root, sibling)
        position >>= 1
        last >>= 1
    if last != 0:
        raise ProofRejected("the consistency proof is too short")
    if old_root != old_head or new_root != new_head:
        raise ProofRejected("the consistency proof leads to other roots")


def _require_hashes(path: Sequence[bytes], *others: bytes) -> None:
    for each in (*path, *others):
        if len(each) != HASH_BYTES:
            raise ProofRejected(f"a hash has {len(each)} bytes, not {HASH_BYTES}")


def _split(count: int) -> int:
    """Return the largest power of two below `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def _level_above(level: list[bytes], *, keep_odd: bool) -> list[bytes]:
    above = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    if keep_odd and len(level) & 1:
        above.append(level[-1])
    return above


def _range_hash(read: NodeReader, start: int, end: int) -> bytes:
    """Return the hash over leaves [start, end): a subtree that RFC 6962 makes, not any range.

    Such a range starts at a multiple of the power of two at or above its length, so the binary
    digits of its length name the whole nodes in it, largest first.
    """
    nodes: list[bytes] = []
    for level in range((end - start).bit_length() - 1, -1, -1):
        if (end - start) >> level & 1:
            nodes.append(read(level, start >> level))
            start += 1 << level
    root = nodes.pop()
    while nodes:
        root = node_hash(nodes.pop(), root)
    return root


def _reader_over(leaf_hashes: Sequence[bytes]) -> NodeReader:
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        levels.append(_level_above(levels[-1], keep_odd=False))
    return lambda level, index: levels[level][index]
