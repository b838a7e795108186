"""Reads a log back out of the bucket: its newest checkpoint that holds, and every leaf below it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audit.anchors.bucket import Place, locked_versions, versions_of
from audit.anchors.names import AnchoredHead, checkpoints_of, parse_checkpoint_name, tile_name
from audit.checkpoints import Checkpoint
from audit.errors import EvidenceRefused, Malformed, ProofRejected
from audit.frontier import Frontier
from audit.merkle import leaf_hash
from audit.notes import Vkey, open_note
from audit.tiles import TILE_WIDTH, parse_entry_bundle, tile_widths


@dataclass(frozen=True, slots=True)
class Found:
    """A checkpoint in the bucket, signed by the log's own key."""

    size: int
    root: bytes
    note: bytes = field(repr=False)


def checkpoints_in(client: Any, place: Place, *, log_id: UUID, origin: str, vkey: Vkey) -> list[Found]:
    """Return the log's checkpoints that stand in the bucket under lock and its own signature, smallest first.

    What somebody else put beside them counts for nothing. Raises `BucketTrouble`.
    """
    names = {name for name, _ in versions_of(client, place, checkpoints_of(log_id))}
    found: dict[tuple[int, bytes], Found] = {}
    for name in sorted(names):
        each = _signed(client, place, name, origin=origin, vkey=vkey)
        if each is not None:
            found[each.size, each.root] = each
    return [found[key] for key in sorted(found)]


def newest_in(client: Any, place: Place, *, log_id: UUID, origin: str, vkey: Vkey) -> Found | None:
    """Return the checkpoint of the most events among `checkpoints_in`, reading no more than it needs."""
    heads: list[tuple[int, str]] = []
    for name in {name for name, _ in versions_of(client, place, checkpoints_of(log_id))}:
        try:
            heads.append((parse_checkpoint_name(name).size, name))
        except Malformed:
            continue
    for _, name in sorted(heads, reverse=True):
        found = _signed(client, place, name, origin=origin, vkey=vkey)
        if found is not None:
            return found
    return None


def has_any(client: Any, place: Place, log_id: UUID) -> bool:
    """Say whether something stands under lock where the log's checkpoints stand, whoever signed it.

    Raises `BucketTrouble`.
    """
    names = {name for name, _ in versions_of(client, place, checkpoints_of(log_id))}
    return any(locked_versions(client, place, name) for name in sorted(names) if _is_checkpoint(name))


def leaves_in(client: Any, place: Place, *, log_id: UUID, head: Found) -> Iterator[bytes]:
    """Yield the leaves of a checkpoint in order; raises `ProofRejected` at the end unless they have its root.

    So nothing that was yielded may be used before the last one has been. Raises `BucketTrouble`.
    """
    frontier = Frontier()
    for number, width in tile_widths(head.size, 0):
        name = tile_name(log_id, "entries", number, None if width == TILE_WIDTH else width)
        leaves = _bundle(client, place, name, width)
        frontier = frontier.append(leaf_hash(leaf) for leaf in leaves)
        yield from leaves
    if (frontier.size, frontier.head) != (head.size, head.root):
        raise ProofRejected("the bundles in the bucket do not have the root of the checkpoint")


def _is_checkpoint(name: str) -> bool:
    try:
        parse_checkpoint_name(name)
    except Malformed:
        return False
    return True


def _signed(client: Any, place: Place, name: str, *, origin: str, vkey: Vkey) -> Found | None:
    try:
        head = parse_checkpoint_name(name)
    except Malformed:
        return None
    for kept in locked_versions(client, place, name):
        try:
            _require_of(head, origin, open_note(kept.content, [vkey]).text)
        except EvidenceRefused:
            continue
        return Found(head.size, head.root, kept.content)
    return None


def _bundle(client: Any, place: Place, name: str, width: int) -> list[bytes]:
    for kept in locked_versions(client, place, name):
        try:
            leaves = parse_entry_bundle(kept.content)
        except Malformed:
            continue
        if len(leaves) == width:
            return leaves
    raise ProofRejected(f"the bucket has no whole {name}")


def _require_of(head: AnchoredHead, origin: str, text: str) -> None:
    stated = Checkpoint.parse(text)
    if (stated.origin, stated.size, stated.head) != (origin, head.size, head.root):
        raise ProofRejected("a stored checkpoint is not the one of its name")
