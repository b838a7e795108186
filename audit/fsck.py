"""Recomputes a whole log from its stored leaves and compares everything else with the result."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from audit.checkpoints import Checkpoint
from audit.database import Database
from audit.errors import EvidenceRefused
from audit.frontier import Frontier
from audit.fsck_meta import problems_of_meta_log
from audit.leaf import parse
from audit.line import line_of
from audit.merkle import leaf_hash
from audit.meta import META_LOG, parse_leaf
from audit.notes import Vkey, open_note
from audit.own_logs import OWN_LOGS, problems_of_own_log
from audit.tiles import Edge

SLICE_EVENTS = 4_096
SLICE_HEADS = 1_000

LOGS = """
SELECT tenant_id, origin FROM audit.log WHERE %s::uuid IS NULL OR tenant_id = %s ORDER BY tenant_id
"""
ENTRIES = """
SELECT seq, leaf, leaf_hash FROM audit.entry WHERE tenant_id = %s AND seq >= %s ORDER BY seq LIMIT %s
"""
HEADS = """
SELECT size, root, frontier FROM audit.head WHERE tenant_id = %s AND size > %s ORDER BY size LIMIT %s
"""
TILES = "SELECT level, idx, hashes FROM audit.tile WHERE tenant_id = %s AND level = ANY(%s) AND idx = ANY(%s)"
TILE_COUNT = "SELECT count(*) FROM audit.tile WHERE tenant_id = %s"
EDGE = "SELECT size, partials FROM audit.edge WHERE tenant_id = %s"
CHECKPOINTS = """
SELECT c.size, c.note, h.root FROM audit.checkpoint c LEFT JOIN audit.head h USING (tenant_id, size)
 WHERE c.tenant_id = %s ORDER BY c.size
"""
ANCHORS = """
SELECT a.size, a.root, h.root FROM audit.line_of(%s) AS p JOIN audit.anchor a ON a.log_id = p.log_id
  LEFT JOIN audit.head h ON h.tenant_id = %s AND h.size = a.size
 WHERE a.size <= coalesce(p.last_size, a.size) ORDER BY a.size
"""
BODIES = """
SELECT count(*), count(DISTINCT seq), coalesce(max(seq) + 1, 0) FROM audit.body WHERE tenant_id = %s
"""
# Bodies that are missing, how many of them no recovery tells of, and how many recoveries tell of in all.
MISSING = """
WITH told AS (
    SELECT r.from_size, r.size, r.lost FROM audit.line_of(%s) AS p JOIN audit.recovery r USING (log_id)
     WHERE r.event IS NOT NULL
), missing AS (
    SELECT e.seq FROM audit.entry e LEFT JOIN audit.body b USING (tenant_id, seq)
     WHERE e.tenant_id = %s AND b.seq IS NULL
)
SELECT (SELECT count(*) FROM missing),
       (SELECT count(*) FROM missing m
         WHERE NOT EXISTS (SELECT FROM told t WHERE m.seq >= t.from_size AND m.seq < t.size)),
       (SELECT coalesce(sum(lost), 0)::bigint FROM told)
"""
UNEXPLAINED = "SELECT audit.unexplained_gaps(%s)"
MAY_COUNT_BODIES = "SELECT has_column_privilege('audit.body', 'seq', 'SELECT')"


@dataclass(frozen=True, slots=True)
class LogReport:
    """What was examined of one log, and what is wrong with it: nothing, in a log that holds."""

    tenant_id: UUID
    origin: str
    events: int
    heads: int
    checkpoints: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the check of one log has come, at one of its heads: enough to go on from there."""

    tenant_id: UUID
    frontier: Frontier
    edge: Edge
    heads: int
    tiles: int
    problems: tuple[str, ...]


Save = Callable[[Progress], None]
"""Called about every 4,096 events."""


def check_logs(
    database: Database,
    tenant_id: UUID | None = None,
    *,
    done: Collection[UUID] = (),
    resume: Progress | None = None,
    save: Save = lambda progress: None,
) -> Iterator[LogReport]:
    """Yield a report on each log, or on one tenant's. For a role that reads leaves: signer or checker.

    Memory is that of 4,096 events.

    Args:
        done: tenants whose logs are passed over: an earlier run has reported them.
        resume: where an earlier run was cut off; what lies before it is not read again.
        save: is told how far the check has come.
    """
    for tenant, origin in database.execute(LOGS, [tenant_id, tenant_id]).fetchall():
        if tenant in done:
            continue
        check = _Check(database, tenant, origin, save=save)
        if resume is not None and resume.tenant_id == tenant:
            check.problems, check.heads, check.tiles = list(resume.problems), resume.heads, resume.tiles
            check.frontier, check.edge = resume.frontier, resume.edge
        yield check.run()


@dataclass(slots=True)
class _Check:
    database: Database
    tenant_id: UUID
    origin: str
    save: Save
    problems: list[str] = field(default_factory=list)
    frontier: Frontier = field(default_factory=Frontier)
    edge: Edge = field(default_factory=Edge)
    heads: int = 0
    tiles: int = 0

    def run(self) -> LogReport:
        frontier, edge = self._heads()
        self._end(frontier, edge)
        checkpoints = self._checkpoints()
        self._anchors()
        self._bodies(frontier.size)
        if self.tenant_id in OWN_LOGS:
            self.problems += problems_of_own_log(self.database, self.tenant_id)
        if self.tenant_id == META_LOG:
            self.problems += problems_of_meta_log(self.database)
        return LogReport(
            self.tenant_id, self.origin, frontier.size, self.heads, checkpoints, tuple(self.problems)
        )

    def _heads(self) -> tuple[Frontier, Edge]:
        """Recompute every head from the leaves, in the order of sizes."""
        frontier, edge = self.frontier, self.edge
        hashes, saved = self._hashes(frontier.size), frontier.size
        for size, root, stored_frontier in self._stored_heads(frontier.size if self.heads else -1):
            # Laid with the log itself. A later one that no checkpoint names leaves no gap to see.
            if self.heads == 0 and size != 0:
                self.problems.append("the head of 0 events, with which every log begins, is missing")
            added = list(islice(hashes, size - frontier.size))
            frontier = frontier.append(added)
            edge, full = edge.append(added)
            if frontier.size != size:
                self.problems.append(f"a head has {size} events, and the log only {frontier.size}")
                break
            if (frontier.head, frontier.to_bytes()) != (root, stored_frontier):
                self.problems.append(f"the head of {size} events has another root than its leaves")
            self._compare_tiles({(tile.level, tile.index): tile.hashes for tile in full})
            self.heads += 1
            if frontier.size - saved >= SLICE_EVENTS:
                saved = frontier.size
                self.save(
                    Progress(self.tenant_id, frontier, edge, self.heads, self.tiles, tuple(self.problems))
                )
        if next(hashes, None) is not None:
            self.problems.append(f"there are events beyond the newest head of {frontier.size}")
        return frontier, edge

    def _hashes(self, start: int) -> Iterator[bytes]:
        while rows := self.database.execute(ENTRIES, [self.tenant_id, start, SLICE_EVENTS]).fetchall():
            for seq, leaf, stored in rows:
                if seq != start:
                    self.problems.append(f"event {start} is missing")
                    return
                start += 1
                if leaf_hash(bytes(leaf)) != bytes(stored):
                    self.problems.append(f"event {seq} has another hash than its leaf")
                try:
                    (parse_leaf if self.tenant_id == META_LOG else parse)(bytes(leaf))
                except EvidenceRefused as refusal:
                    self.problems.append(f"event {seq}: {refusal}")
                yield leaf_hash(bytes(leaf))

    def _stored_heads(self, last: int) -> Iterator[tuple[int, bytes, bytes]]:
        while rows := self.database.execute(HEADS, [self.tenant_id, last, SLICE_HEADS]).fetchall():
            for size, root, frontier in rows:
                yield size, bytes(root), bytes(frontier)
            last = rows[-1][0]

    def _compare_tiles(self, wanted: dict[tuple[int, int], bytes]) -> None:
        if not wanted:
            return
        levels, indexes = sorted({level for level, _ in wanted}), sorted({index for _, index in wanted})
        rows = self.database.execute(TILES, [self.tenant_id, levels, indexes]).fetchall()
        stored = {(level, index): bytes(hashes) for level, index, hashes in rows}
        self.tiles += len(wanted)
        self.problems += [
            f"tile {index} of level {level} is not that of the leaves"
            for (level, index), hashes in wanted.items()
            if stored.get((level, index)) != hashes
        ]

    def _end(self, frontier: Frontier, edge: Edge) -> None:
        count = self.database.execute(TILE_COUNT, [self.tenant_id]).fetchone()
        if count is None or count[0] != self.tiles:
            self.problems.append("there are more tiles than the leaves fill")
        row = self.database.execute(EDGE, [self.tenant_id]).fetchone()
        if row is None or (row[0], bytes(row[1])) != (frontier.size, edge.to_bytes()):
            self.problems.append("the partial tiles are not those of the leaves")

    def _checkpoints(self) -> int:
        rows = self.database.execute(CHECKPOINTS, [self.tenant_id]).fetchall()
        line = line_of(self.database, self.tenant_id)
        for size, note, root in rows:
            signer = line.signer_at(size)
            if signer.vkey is None:
                self.problems.append(f"there is a checkpoint of {size} events, and no key")
                continue
            try:
                signed = Checkpoint.parse(open_note(bytes(note), [Vkey.parse(signer.vkey)]).text)
            except EvidenceRefused as refusal:
                self.problems.append(f"the checkpoint of {size} events: {refusal}")
                continue
            # The heads themselves have been recomputed.
            if (signed.origin, signed.size, signed.head) != (signer.origin, size, root and bytes(root)):
                self.problems.append(f"the checkpoint of {size} events is not of this log's head")
        return len(rows)

    def _anchors(self) -> None:
        for size, root, head in self.database.execute(ANCHORS, [self.tenant_id] * 2).fetchall():
            if head is None or bytes(head) != bytes(root):
                self.problems.append(f"the anchor of {size} events is not of this log's head")

    def _bodies(self, size: int) -> None:
        allowed = self.database.execute(MAY_COUNT_BODIES).fetchone()
        if allowed is None or not allowed[0]:
            return
        counted, distinct, end = self.database.execute(BODIES, [self.tenant_id]).fetchone() or (0, 0, 0)
        lost, untold, told = self.database.execute(MISSING, [self.tenant_id] * 2).fetchone() or (0, 0, 0)
        if (counted, distinct) != (size - lost, size - lost) or end > size or untold or lost != told:
            self.problems.append("there is not one body for each event")
        gaps = self.database.execute(UNEXPLAINED, [self.tenant_id]).fetchone()
        if gaps is None or gaps[0]:
            self.problems.append("a personal half is gone, or there, against what the erasures say")
