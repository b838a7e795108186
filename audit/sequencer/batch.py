"""One batch of leaf hashes at the end of one log, as a pure function."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.errors import ProofRejected
from audit.frontier import Frontier
from audit.merkle import head_from
from audit.tiles import Edge, Tile, node_reader


@dataclass(frozen=True, slots=True)
class End:
    """The right-hand end of a log: all that is needed to append to it."""

    frontier: Frontier
    edge: Edge

    @property
    def size(self) -> int:
        """Number of events in the log."""
        return self.frontier.size

    def extend(self, leaf_hashes: Sequence[bytes]) -> tuple["End", list[Tile]]:
        """Return the end after `leaf_hashes`, and the tiles that became full, lowest level first.

        The same end and hashes give the same result, so a batch that crashed is simply done again.
        """
        edge, full = self.edge.append(leaf_hashes)
        return End(self.frontier.append(leaf_hashes), edge), full


def checked_end(frontier: bytes, partials: bytes, *, size: int, root: bytes) -> End:
    """Return the end that the database keeps, if frontier, partial tiles and root belong together.

    The nodes of the frontier are in the partial tiles, or above them, so damage to either shows
    before anything is built on it. Raises `Malformed` or `ProofRejected`.
    """
    end = End(Frontier.from_bytes(frontier), Edge.from_bytes(partials, size=size))
    if (end.frontier.size, end.frontier.head) != (size, root):
        raise ProofRejected(f"the frontier of {size} events does not have their root")
    partial = {(tile.level, tile.index): tile.hashes for tile in end.edge.partial_tiles}
    read = node_reader(lambda level, index, width: partial[level, index], size=size)
    if size and head_from(read, size) != root:
        raise ProofRejected(f"the partial tiles of {size} events do not have their root")
    return end
