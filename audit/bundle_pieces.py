"""A proof bundle made in steps: pieces that, sorted and joined, are the file that `audit.bundle` writes at once.

A step takes the next events and gives one piece to each section that they touch. Members of one section stand in
the file in the order of steps, and sections in the order of `Section`, so the file is all pieces in order of
(section, step), then the directory. What a step needs of those before it is its `Place`. Pure.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from io import BytesIO

from audit.archive import ArchiveWriter, BundleTooLarge
from audit.bundle import (
    MAX_SELECTED,
    Entry,
    add_bodies,
    add_stamps,
    add_watched,
    check_growth,
    checked_proof,
    in_chunks,
    numbered,
    open_ours,
)
from audit.bundle_plan import BundlePlan
from audit.errors import Malformed, ProofRejected
from audit.frontier import Frontier
from audit.leaf import Half
from audit.manifest import Brought, BundleKind, Tally, manifest, readme
from audit.merkle import leaf_hash
from audit.proofs import ConsistencyProof
from audit.stamped import opened_in
from audit.tiles import TILE_WIDTH, Edge, Tile, build_entry_bundle, tile_path
from audit.watched import known_to_witnesses


class Section(IntEnum):
    """Where members stand in the file: the order of their names. Level n of the tiles is `TILES` + n."""

    README = 0
    BODIES = 10
    CHECKPOINT = 20
    LEAVES = 30
    MANIFEST = 40
    PROOFS = 50
    SINCE = 60
    TILES = 70
    ENTRIES = 170
    TIMESTAMPS = 175
    BROUGHT = 180
    DIRECTORY = 190


Pieces = Mapping[int, bytes]
"""Section -> bytes of the file. A section of `Section.TILES` + level is a number without a name."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a bundle is: what was counted, and the edge of the tree of the events before. A selection has no tree."""

    tally: Tally = field(default_factory=Tally)
    frontier: Frontier = field(default_factory=Frontier)
    edge: Edge = field(default_factory=Edge)

    def to_bytes(self) -> bytes:
        """Return it as JSON, to be kept with the pieces before it."""
        parts = (self.frontier.to_bytes(), self.edge.to_bytes())
        frontier, edge = (base64.b64encode(each).decode() for each in parts)
        return json.dumps({"tally": asdict(self.tally), "frontier": frontier, "edge": edge}).encode()

    @classmethod
    def parse(cls, encoded: bytes) -> "Place":
        """Read what `to_bytes` wrote. Raises `Malformed` for anything else."""
        try:
            body = json.loads(encoded)
            tally = Tally(**body["tally"])
            tally.disclosed = {Half(half): count for half, count in tally.disclosed.items()}
            frontier = Frontier.from_bytes(base64.b64decode(body["frontier"], validate=True))
            edge = Edge.from_bytes(base64.b64decode(body["edge"], validate=True), size=frontier.size)
        except (ValueError, KeyError, TypeError) as reason:
            raise Malformed("these are not the bytes of a place") from reason
        return cls(tally, frontier, edge)

    def counted(self) -> Tally:
        """Return a tally to count on with, so that a step that fails leaves this one as it was."""
        mine = Tally(**asdict(self.tally))
        mine.disclosed = dict(self.tally.disclosed)
        return mine


def add_events(plan: BundlePlan, place: Place, entries: Iterable[Entry]) -> tuple[Place, Pieces]:
    """Return the pieces of the plan's next events, and the place behind them.

    A step ends where a tile ends (`index` % 256 is 255), or at the plan's last event. Raises `ProofRejected` for
    events with a gap, or that are not those of the checkpoint, and `BundleTooLarge`.
    """
    made = _Made()
    if plan.kind is BundleKind.WHOLE_LOG:
        after = _add_whole(made, place, entries)
    else:
        after = _add_selected(made, plan, place, entries)
    return after, made.pieces()


def close_bundle(plan: BundlePlan, place: Place, brought: Brought) -> Pieces:
    """Return the pieces that follow from the whole, all but the directory.

    Raises `ProofRejected` unless the events were those of the checkpoint, or what its notes raise.
    """
    signed, tally = open_ours(plan.policy, plan.checkpoint), place.tally
    known = known_to_witnesses(plan.watched, plan.policy, plan.checkpoint)
    stamps = opened_in(plan.stamped, plan.policy, plan.checkpoint)
    since_size = check_growth(plan.policy, plan.since, plan.consistency, signed)
    if tally.count != len(plan.indexes):
        raise ProofRejected("the bundle does not have all the events that it should")
    made = _Made()
    if plan.kind is BundleKind.WHOLE_LOG:
        if (place.frontier.size, place.frontier.head) != (signed.size, signed.head):
            raise ProofRejected("the entries do not have the size and root of the checkpoint")
        _add_tiles(made, place.edge.partial_tiles)
    made.at(Section.README).add("README.txt", readme(plan.kind, signed, brought, known, stamps))
    made.at(Section.CHECKPOINT).add("checkpoint", plan.checkpoint)
    if plan.since is not None:
        growth = ConsistencyProof(since_size, plan.consistency, plan.checkpoint)
        made.at(Section.CHECKPOINT).add("consistency", growth.to_bytes())
        made.at(Section.SINCE).add("since", plan.since)
    stated = manifest(plan.kind, signed, plan.policy, tally, since_size, brought, known, stamps)
    made.at(Section.MANIFEST).add("manifest.json", stated)
    made.at(Section.MANIFEST).add("policy", plan.policy.encode())
    if plan.stamped:
        add_stamps(made.at(Section.TIMESTAMPS), plan.stamped)
    for name, content in brought.members.items():
        made.at(Section.BROUGHT).add(name, content)
    add_watched(made.at(Section.BROUGHT), plan.watched)
    return made.pieces()


class _Made:
    """The pieces of one step, by section."""

    def __init__(self) -> None:
        self._streams: dict[int, BytesIO] = {}
        self._writers: dict[int, ArchiveWriter] = {}

    def at(self, section: int) -> ArchiveWriter:
        """Return what writes members of a section; it is never closed, for the directory is made in the end."""
        if section not in self._writers:
            self._streams[section] = BytesIO()
            self._writers[section] = ArchiveWriter(self._streams[section])
        return self._writers[section]

    def pieces(self) -> dict[int, bytes]:
        """Return them; none is empty."""
        found = {section: stream.getvalue() for section, stream in sorted(self._streams.items())}
        return {section: content for section, content in found.items() if content}


def _add_whole(made: _Made, place: Place, entries: Iterable[Entry]) -> Place:
    tally, frontier, edge = place.counted(), place.frontier, place.edge
    for number, chunk in in_chunks(entries):
        if chunk[0].index != frontier.size or len(chunk) != chunk[-1].index - chunk[0].index + 1:
            raise ProofRejected("the entries of a whole log have no gap")
        hashes = [leaf_hash(entry.leaf) for entry in chunk]
        frontier = frontier.append(hashes)
        edge, full = edge.append(hashes)
        add_bodies(made.at(Section.BODIES), number, chunk, tally)
        width = None if len(chunk) == TILE_WIDTH else len(chunk)
        leaves = build_entry_bundle([each.leaf for each in chunk])
        made.at(Section.ENTRIES).add(tile_path("entries", number, width), leaves)
        _add_tiles(made, full)
    return Place(tally, frontier, edge)


def _add_selected(made: _Made, plan: BundlePlan, place: Place, entries: Iterable[Entry]) -> Place:
    tally, signed = place.counted(), open_ours(plan.policy, plan.checkpoint)
    for number, chunk in in_chunks(entries):
        add_bodies(made.at(Section.BODIES), number, chunk, tally)
        if tally.count > MAX_SELECTED:
            raise BundleTooLarge(f"a selection holds at most {MAX_SELECTED} events; take the whole log")
        for entry in chunk:
            proof = checked_proof(entry, plan.checkpoint, signed)
            made.at(Section.LEAVES).add(numbered("leaves", entry.index), entry.leaf)
            made.at(Section.PROOFS).add(numbered("proofs", entry.index, ".tlog-proof"), proof.to_bytes())
    return Place(tally)


def _add_tiles(made: _Made, tiles: Iterable[Tile]) -> None:
    for tile in tiles:
        made.at(Section.TILES + tile.level).add(tile.path, tile.hashes)
