"""Tiles (c2sp.org/tlog-tiles): the tree cut into files of 256 hashes, and the paths that name them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from audit.encoding import HASH_BYTES, LARGEST_NUMBER
from audit.errors import Malformed, ProofRejected
from audit.merkle import NodeReader, tree_head

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63
MAX_LEAF_BYTES = 65_535
LENGTH_BYTES = 2

Level: TypeAlias = int | Literal["entries"]
TileReader: TypeAlias = Callable[[int, int, int], bytes]

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<groups>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


class TilePath(NamedTuple):
    """The name of a tile, or of an entry bundle; `width` is None for a full one (256)."""

    level: Level
    index: int  # type: ignore[assignment]  # a tuple's own index() is of no use here
    width: int | None


@dataclass(frozen=True, slots=True)
class Tile:
    """The hashes of one tile, concatenated: 8,192 bytes, or fewer if it is partial."""

    level: int
    index: int
    hashes: bytes

    @property
    def width(self) -> int:
        """How many hashes the tile holds, 1 to 256."""
        return len(self.hashes) // HASH_BYTES

    @property
    def path(self) -> str:
        """The path under which the tile is served."""
        return tile_path(self.level, self.index, None if self.width == TILE_WIDTH else self.width)


def tile_path(level: Level, index: int, width: int | None = None) -> str:
    """Name a tile, as in `tile/0/x001/000` or `tile/entries/000.p/3`; raises `Malformed`."""
    if level != "entries" and not 0 <= level <= MAX_LEVEL:
        raise Malformed(f"there is no tile level {level}")
    if not 0 <= index <= LARGEST_NUMBER:
        raise Malformed(f"there is no tile {index}")
    if width is not None and not 1 <= width < TILE_WIDTH:
        raise Malformed(f"a partial tile cannot have the width {width}")
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    partial = "" if width is None else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def parse_tile_path(path: str) -> TilePath:
    """Read the name of a tile; raises `Malformed` unless it is the one name that tile has."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise Malformed(f"not the path of a tile: {path[:80]!r}")
    level: Level = "entries" if match["level"] == "entries" else int(match["level"])
    index = int(match["groups"].replace("x", "").replace("/", ""))
    width = None if match["width"] is None else int(match["width"])
    if tile_path(level, index, width) != path:
        raise Malformed(f"not the path of a tile: {path[:80]!r}")
    return TilePath(level, index, width)


def parse_entry_bundle(data: bytes) -> list[bytes]:
    """Return the 1 to 256 leaves of an entry bundle, in order; raises `Malformed`.

    Each leaf is preceded by its length, 2 bytes big-endian.
    """
    leaves: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise Malformed("an entry bundle ends inside an entry")
        leaves.append(bytes(data[start:at]))
    if not 1 <= len(leaves) <= TILE_WIDTH:
        raise Malformed(f"an entry bundle cannot hold {len(leaves)} entries")
    return leaves


def build_entry_bundle(leaves: Sequence[bytes]) -> bytes:
    """Return the entry bundle of 1 to 256 leaves; raises `Malformed` if they do not fit."""
    if not 1 <= len(leaves) <= TILE_WIDTH or any(len(leaf) > MAX_LEAF_BYTES for leaf in leaves):
        raise Malformed("an entry bundle holds 1 to 256 leaves of at most 65,535 bytes")
    return b"".join(len(leaf).to_bytes(LENGTH_BYTES, "big") + leaf for leaf in leaves)


def tile_widths(size: int, level: int) -> Iterator[tuple[int, int]]:
    """Yield (index, width) of each tile at `level` of a tree of `size` leaves, in order."""
    hashes = size >> TILE_HEIGHT * level
    for index in range(hashes // TILE_WIDTH):
        yield index, TILE_WIDTH
    if hashes % TILE_WIDTH:
        yield hashes // TILE_WIDTH, hashes % TILE_WIDTH


@dataclass(frozen=True, slots=True)
class Edge:
    """The partial tiles at the right edge of a tree of `size` leaves, level 0 first.

    `partials[l]` holds floor(size / 256**l) mod 256 hashes; it ends at the highest level that
    has had a hash. Serialised as the concatenation: the size tells the lengths.
    """

    size: int = 0
    partials: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if tuple(len(hashes) for hashes in self.partials) != _edge_lengths(self.size):
            raise Malformed(f"these are not the partial tiles of a tree of {self.size} leaves")

    def append(self, leaf_hashes: Iterable[bytes]) -> tuple["Edge", list[Tile]]:
        """Return the edge after `leaf_hashes` and the tiles that became full, lowest level first.

        Pure: the same edge and leaves give the same tiles, so a batch can be repeated.
        """
        added = b"".join(leaf_hashes)
        if len(added) % HASH_BYTES:
            raise Malformed("a leaf hash does not have 32 bytes")
        new_size = self.size + len(added) // HASH_BYTES
        partials: list[bytes] = []
        full: list[Tile] = []
        for level in range(len(_edge_lengths(new_size))):
            hashes = (self.partials[level] if level < len(self.partials) else b"") + added
            first = self.size >> TILE_HEIGHT * (level + 1)
            whole = len(hashes) // (TILE_WIDTH * HASH_BYTES)
            cut = range(0, whole * TILE_WIDTH * HASH_BYTES, TILE_WIDTH * HASH_BYTES)
            tiles = [hashes[at : at + TILE_WIDTH * HASH_BYTES] for at in cut]
            full += [Tile(level, first + n, tile) for n, tile in enumerate(tiles)]
            added = b"".join(tree_head(split_hashes(tile)) for tile in tiles)
            partials.append(hashes[whole * TILE_WIDTH * HASH_BYTES :])
        return Edge(new_size, tuple(partials)), full

    @property
    def partial_tiles(self) -> list[Tile]:
        """The partial tiles to serve beside the full ones; none that is empty."""
        return [
            Tile(level, self.size >> TILE_HEIGHT * (level + 1), hashes)
            for level, hashes in enumerate(self.partials)
            if hashes
        ]

    def to_bytes(self) -> bytes:
        """Serialise for the head row, without the size."""
        return b"".join(self.partials)

    @classmethod
    def from_bytes(cls, content: bytes, *, size: int) -> "Edge":
        """Read what `to_bytes` wrote for a tree of `size` leaves; raises `Malformed`."""
        content, at = bytes(content), 0
        partials: list[bytes] = []
        for length in _edge_lengths(size):
            partials.append(content[at : at + length])
            at += length
        if at != len(content):
            raise Malformed(f"these are not the partial tiles of a tree of {size} leaves")
        return cls(size, tuple(partials))


def node_reader(read_tile: TileReader, *, size: int) -> NodeReader:
    """Return a reader of whole nodes for the proofs of `audit.merkle`, over tiles.

    `read_tile(level, index, width)` gives the concatenated hashes; `width` is what a tree of
    `size` leaves has there, and a longer stored tile may be given. Each tile is read once.
    Nothing is authenticated here: whoever serves a proof made from tiles checks it, with
    `check_inclusion` or `check_consistency`, against a signed head, which covers every tile read.
    """
    kept: dict[tuple[int, int], list[bytes]] = {}

    def tile(level: int, index: int) -> list[bytes]:
        if (level, index) not in kept:
            width = min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH)
            content = bytes(read_tile(level, index, width))
            if width < 1 or len(content) < width * HASH_BYTES:
                raise ProofRejected(f"tile {index} of level {level} does not have {width} hashes")
            kept[level, index] = split_hashes(content[: width * HASH_BYTES])
        return kept[level, index]

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, first = divmod(index << height, TILE_WIDTH)
        hashes = tile(tile_level, tile_index)[first : first + (1 << height)]
        if len(hashes) != 1 << height:
            raise ProofRejected(f"node {index} of level {level} is not in a tree of {size}")
        return tree_head(hashes)

    return read


def split_hashes(hashes: bytes) -> list[bytes]:
    """Return the 32-byte hashes of a tile."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def _edge_lengths(size: int) -> tuple[int, ...]:
    """Return the length in bytes of each partial tile of a tree of `size` leaves."""
    if not 0 <= size <= LARGEST_NUMBER:
        raise Malformed(f"a tree cannot have {size} leaves")
    lengths: list[int] = []
    while size:
        lengths.append(size % TILE_WIDTH * HASH_BYTES)
        size //= TILE_WIDTH
    return tuple(lengths)
