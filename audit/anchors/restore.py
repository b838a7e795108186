"""Writes a log out of the bucket into a folder, as tlog-tiles lay it out, once it has the root that was promised."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from audit.anchors.bucket import Place
from audit.anchors.rebuild import Found, leaves_in
from audit.merkle import leaf_hash
from audit.tiles import TILE_WIDTH, Edge, build_entry_bundle, tile_path


def restore_to(folder: Path, client: Any, place: Place, *, log_id: UUID, head: Found) -> int:
    """Write checkpoint, entry bundles and tiles of `head` below a new folder; return how many events.

    The checkpoint is written last: a folder without it was cut off. Raises `FileExistsError` for a folder that is
    there, `ProofRejected` unless the leaves have the root of the checkpoint, and `BucketTrouble`.
    """
    folder.mkdir(parents=True)
    edge = Edge()
    for number, leaves in _bundled(leaves_in(client, place, log_id=log_id, head=head)):
        edge, full = edge.append([leaf_hash(leaf) for leaf in leaves])
        width = None if len(leaves) == TILE_WIDTH else len(leaves)
        _write(folder / tile_path("entries", number, width), build_entry_bundle(leaves))
        for tile in full:
            _write(folder / tile.path, tile.hashes)
    for tile in edge.partial_tiles:
        _write(folder / tile.path, tile.hashes)
    _write(folder / "checkpoint", head.note)
    return edge.size


def _bundled(leaves: Iterator[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    number, held = 0, list[bytes]()
    for leaf in leaves:
        held.append(leaf)
        if len(held) == TILE_WIDTH:
            yield number, held
            number, held = number + 1, []
    if held:
        yield number, held


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
