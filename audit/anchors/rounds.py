"""Anchoring: each log's newest checkpoint goes to the bucket, after everything that rebuilds the log up to it.

The checkpoint is written last, so whoever finds one finds the leaves and tiles below it. A round may end anywhere:
names say what their content is, so the next round writes the same names with the same bytes, and finds them there.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audit.anchors.bucket import BucketTrouble, Kept, NotWorm, Place, connect, put_object
from audit.anchors.comparing import Memory
from audit.anchors.names import checkpoint_name, tile_name
from audit.anchors.rebuild import Found
from audit.checkpoints import Checkpoint
from audit.database import Database
from audit.errors import EvidenceRefused, ProofRejected
from audit.frontier import Frontier
from audit.merkle import leaf_hash
from audit.notes import Vkey, open_note
from audit.stored_tiles import frontier_from, stored_nodes
from audit.tiles import TILE_HEIGHT, TILE_WIDTH, Edge, build_entry_bundle, split_hashes
from ringfence.kernel.registry import leaves_by

ROUND_SECONDS = 3_600.0

LOGS = """
SELECT l.tenant_id, l.id, l.origin, l.vkey, c.size, c.note, coalesce(a.size, 0), a.root
  FROM audit.log l
 CROSS JOIN LATERAL (
    SELECT size, note FROM audit.checkpoint WHERE tenant_id = l.tenant_id AND size > l.after_size
     ORDER BY size DESC LIMIT 1
 ) AS c
  LEFT JOIN LATERAL (
    SELECT size, root FROM audit.anchor WHERE log_id = l.id ORDER BY size DESC LIMIT 1
 ) AS a ON true
 WHERE l.vkey IS NOT NULL AND c.size IS DISTINCT FROM a.size AND (%s::uuid IS NULL OR l.tenant_id = %s)
 ORDER BY l.tenant_id
"""
LEAVES = "SELECT seq, leaf FROM audit.entry WHERE tenant_id = %s AND seq >= %s AND seq < %s ORDER BY seq"
NOTE = "SELECT audit.add_anchor(%s, %s, %s, %s, %s, %s)"

logger = logging.getLogger("ringfence.audit.anchors")


@dataclass(frozen=True, slots=True)
class Due:
    """A log whose newest checkpoint is not in the bucket."""

    tenant_id: UUID
    log_id: UUID
    origin: str
    vkey: str
    size: int
    note: bytes
    anchored: int
    anchored_root: bytes | None


@dataclass(slots=True)
class Anchorer:
    """Writes what is due. Believes nothing that it has not recomputed: what is written stays for years."""

    place: Place
    troubles: dict[UUID, str] = field(default_factory=dict)
    frozen: int = 0
    """How many logs were found to lack what stands in the bucket."""
    _client: Any = field(default=None, repr=False)
    _memory: Memory | None = field(default=None, repr=False)

    def run_round(self, database: Database, tenant_id: UUID | None = None) -> int:
        """Anchor every log that is due, or one tenant's; return how many checkpoints were written.

        First every log is held against what stands in the bucket: one that lacks it is frozen, and stays unanchored.
        """
        done = 0
        self._compare(database, tenant_id)
        for row in database.execute(LOGS, [tenant_id, tenant_id]).fetchall():
            tenant, log_id, origin, vkey, size, note, anchored, root = row
            due = Due(
                tenant,
                log_id,
                origin,
                vkey,
                size,
                bytes(note),
                anchored,
                None if root is None else bytes(root),
            )
            try:
                self._anchor(database, due)
            except (BucketTrouble, NotWorm, EvidenceRefused) as trouble:
                if self.troubles.get(due.log_id) != str(trouble):
                    logger.error("log %s is not anchored: %s", due.origin, trouble)
                self.troubles[due.log_id] = str(trouble)
            else:
                self.troubles.pop(due.log_id, None)
                done += 1
        return done

    def trouble(self) -> str:
        """Say what keeps logs from being anchored."""
        return "; ".join(sorted(set(self.troubles.values())))[:500]

    def _compare(self, database: Database, tenant_id: UUID | None) -> None:
        if self._memory is None:
            self._memory = Memory(self.place)
        try:
            self.frozen += self._memory.compare(database, self._reach(), tenant_id)
        except BucketTrouble as trouble:
            logger.error("no log is held against the bucket: %s", trouble)

    def _anchor(self, database: Database, due: Due) -> None:
        signed = Checkpoint.parse(open_note(due.note, [Vkey.parse(due.vkey)]).text)
        if (signed.origin, signed.size) != (due.origin, due.size):
            raise ProofRejected("the newest checkpoint is of another log or size")
        frontier, edge = _anchored(database, due)
        # Twice: nothing is written before the leaves are known to have the signed root.
        for write in (False, True):
            if self._walk(database, due, frontier, edge, write=write).head != signed.head:
                raise ProofRejected("the leaves do not have the root that was signed")
        name = checkpoint_name(due.log_id, signed.size, signed.head)
        kept = self._put(name, due.note)
        database.execute(NOTE, [due.tenant_id, signed.size, signed.head, name, kept.version, kept.until])
        if self._memory is not None:
            self._memory.remember(due.log_id, Found(signed.size, signed.head, due.note))

    def _walk(self, database: Database, due: Due, frontier: Frontier, edge: Edge, *, write: bool) -> Frontier:
        """Return the frontier after all events; write their bundles, and the tiles that they fill."""
        for number, leaves in _bundles(database, due):
            hashes = [leaf_hash(leaf) for leaf in leaves]
            known = frontier.size - number * TILE_WIDTH
            if known and hashes[:known] != split_hashes(edge.partials[0]):
                raise ProofRejected(f"the first {due.anchored} events are not those that stand in the bucket")
            frontier = frontier.append(hashes[known:])
            edge, full = edge.append(hashes[known:])
            if write:
                width = None if len(leaves) == TILE_WIDTH else len(leaves)
                self._put(tile_name(due.log_id, "entries", number, width), build_entry_bundle(leaves))
                for tile in full:
                    self._put(tile_name(due.log_id, tile.level, tile.index), tile.hashes)
        return frontier

    @leaves_by("audit-anchor")
    def _put(self, name: str, content: bytes) -> Kept:
        return put_object(self._reach(), self.place, name, content)

    def _reach(self) -> Any:
        if self._client is None:
            self._client = connect(self.place)
        return self._client


def _anchored(database: Database, due: Due) -> tuple[Frontier, Edge]:
    """Return frontier and partial tiles of what stands in the bucket, from the stored tiles and held against it."""
    if due.anchored_root is None:
        return Frontier(), Edge()
    read = stored_nodes(
        lambda query, row: database.execute(query, row, binary=True).fetchone(),
        due.tenant_id,
        size=due.anchored,
    )
    # The reader keeps the tiles that it has read: the hashes of the edge are those that the root covers.
    frontier = frontier_from(read, due.anchored)
    if frontier.head != due.anchored_root:
        raise ProofRejected(f"the first {due.anchored} events are not those that stand in the bucket")
    partials: list[bytes] = []
    while count := due.anchored >> TILE_HEIGHT * len(partials):
        level = TILE_HEIGHT * len(partials)
        partials.append(b"".join(read(level, each) for each in range(count - count % TILE_WIDTH, count)))
    return frontier, Edge(due.anchored, tuple(partials))


def _bundles(database: Database, due: Due) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the bundles that are not whole in the bucket, each from its first leaf."""
    for start in range(due.anchored - due.anchored % TILE_WIDTH, due.size, TILE_WIDTH):
        end = min(start + TILE_WIDTH, due.size)
        rows = database.execute(LEAVES, [due.tenant_id, start, end], binary=True).fetchall()
        if [seq for seq, _ in rows] != list(range(start, end)):
            raise ProofRejected(f"an event between {start} and {end} is missing")
        yield start // TILE_WIDTH, [bytes(leaf) for _, leaf in rows]
