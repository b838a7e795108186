"""Tiles and frontiers as the database keeps them: full tiles, and the partial ones of the newest head."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from audit.frontier import Frontier
from audit.merkle import NodeReader
from audit.tiles import Edge, node_reader

EDGE = "SELECT size, partials FROM audit.edge WHERE tenant_id = %s"
TILE = "SELECT hashes FROM audit.tile WHERE tenant_id = %s AND level = %s AND idx = %s"

FetchRow = Callable[[str, Sequence[object]], tuple[Any, ...] | None]
"""Runs one statement and returns its first row, or None."""


def stored_nodes(fetch: FetchRow, tenant_id: UUID, *, size: int) -> NodeReader:
    """Return a reader of the nodes of the first `size` events of a tenant's log.

    The edge is read before any tile: a tile that it lacks was full by then. What is read is
    authenticated by the caller's check against a signed head. Reading raises `ProofRejected` for
    what is not there, and `Malformed` for an edge that is damaged.
    """
    partial: dict[tuple[int, int], bytes] = {}
    edge = fetch(EDGE, [tenant_id])
    if edge is not None:
        tiles = Edge.from_bytes(bytes(edge[1]), size=edge[0]).partial_tiles
        partial = {(tile.level, tile.index): tile.hashes for tile in tiles}

    def read_tile(level: int, index: int, width: int) -> bytes:
        if (level, index) in partial:
            return partial[level, index]
        row = fetch(TILE, [tenant_id, level, index])
        # Empty content is too short for any width, and is refused as such.
        return b"" if row is None else bytes(row[0])

    return node_reader(read_tile, size=size)


def frontier_from(read: NodeReader, size: int) -> Frontier:
    """Return the frontier of the first `size` events, from at most 63 nodes. Not authenticated."""
    nodes: list[bytes] = []
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            nodes.append(read(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(nodes))
