"""The sequencer's round: pending events of every log get their places, in one transaction."""

import logging
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

import psycopg

from audit.database import Database
from audit.errors import EvidenceRefused
from audit.sequencer.batch import End, checked_end

BATCH_EVENTS = 4_000
PAUSE_SECONDS = 0.2
LOCK = 0x72665F736571  # "rf_seq"; one sequencer at a time in one database
ENDS_KEPT = 2_000
SET_ASIDE_SECONDS = 10.0

# A backlog comes faster than statistics do: by those of a quiet hour PostgreSQL would read and sort all of it for each
# round. A log's state is looked up row by row, so that there is no join to begin with.
BEGIN = """
SELECT pg_try_advisory_xact_lock(%s),
       set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)
"""
PENDING = """
SELECT p.tenant_id, p.n, p.leaf_hash FROM audit.pending p
WHERE (SELECT l.state FROM audit.log l WHERE l.tenant_id = p.tenant_id) = 'active'
AND p.tenant_id <> ALL(%s) ORDER BY p.n LIMIT %s
"""
LAST_HEADS = """
SELECT l.tenant_id, h.size, h.root, h.frontier, CASE WHEN e.size = h.size THEN e.partials END
FROM unnest(%s::uuid[]) AS l(tenant_id)
CROSS JOIN LATERAL (SELECT * FROM audit.head h WHERE h.tenant_id = l.tenant_id ORDER BY h.size DESC LIMIT 1) h
LEFT JOIN audit.edge e ON e.tenant_id = l.tenant_id
"""
APPEND = "SELECT audit.append(%s, %s, %s, %s, %s::smallint[], %s::bigint[], %s::bytea[], %s, %s, %s)"

logger = logging.getLogger("ringfence.audit.sequencer")


@dataclass(slots=True)
class Sequencer:
    """Appends what is pending. Holds no key and sees no ciphertext: places and hashes only.

    `set_aside` are logs whose append was refused, with the time of the next try: one damaged log
    must not stop the others.
    """

    set_aside: dict[UUID, float] = field(default_factory=dict)
    _ends: OrderedDict[UUID, End] = field(default_factory=OrderedDict, repr=False)

    def run_round(self, database: Database) -> bool:
        """Append one batch. True when it was full, so that more is likely to wait.

        A crash anywhere leaves the batch pending; after the commit it is in the log, to the last
        event. Does nothing while another sequencer holds the lock.
        """
        now = time.monotonic()
        self.set_aside = {tenant: until for tenant, until in self.set_aside.items() if until > now}
        grown: dict[UUID, End] = {}
        with database.transaction():
            held = database.execute(BEGIN, [LOCK]).fetchone()
            if held is None or not held[0]:
                return False
            rows = database.execute(PENDING, [list(self.set_aside), BATCH_EVENTS]).fetchall()
            if not rows:
                return False
            # Stable: within one log, events keep the order of their places.
            rows.sort(key=lambda row: row[0])
            batches = {
                tenant: ([n for _, n, _ in batch], [bytes(leaf_hash) for *_, leaf_hash in batch])
                for tenant, batch in (
                    (tenant, list(each)) for tenant, each in groupby(rows, lambda row: row[0])
                )
            }
            ends = self._ends_of(database, list(batches))
            for tenant, (places, hashes) in batches.items():
                with self._setting_aside(tenant), database.transaction():
                    grown[tenant] = _append(database, tenant, ends[tenant], places, hashes)
        # Kept only now: what a rolled-back transaction computed is of no log.
        for tenant, end in grown.items():
            self._ends[tenant] = end
            self._ends.move_to_end(tenant)
        while len(self._ends) > ENDS_KEPT:
            self._ends.popitem(last=False)
        return len(rows) == BATCH_EVENTS

    def trouble(self) -> str:
        """Say how many logs are set aside, for the heartbeat."""
        return f"{len(self.set_aside)} logs refuse to grow" if self.set_aside else ""

    def _ends_of(self, database: Database, tenants: list[UUID]) -> dict[UUID, End]:
        """Return the ends of these logs, from memory where the database has the same head."""
        ends: dict[UUID, End] = {}
        for tenant, size, root, frontier, partials in database.execute(LAST_HEADS, [tenants]):
            known = self._ends.get(tenant)
            if known is not None and (known.size, known.frontier.head) == (size, bytes(root)):
                ends[tenant] = known
                continue
            with self._setting_aside(tenant):
                ends[tenant] = checked_end(
                    bytes(frontier), bytes(partials or b""), size=size, root=bytes(root)
                )
        return ends

    @contextmanager
    def _setting_aside(self, tenant: UUID) -> Iterator[None]:
        try:
            yield
        except (EvidenceRefused, psycopg.DatabaseError, KeyError) as error:
            if isinstance(error, psycopg.OperationalError):
                raise
            self._ends.pop(tenant, None)
            if tenant not in self.set_aside:
                self.set_aside[tenant] = time.monotonic() + SET_ASIDE_SECONDS
                # Not the text: PostgreSQL quotes keys and statements in it.
                reason = getattr(error, "sqlstate", None) or str(error)
                logger.error("log of tenant %s does not grow: %s %s", tenant, type(error).__name__, reason)


def _append(database: Database, tenant: UUID, end: End, places: list[int], hashes: list[bytes]) -> End:
    new, full = end.extend(hashes)
    database.execute(
        APPEND,
        [
            tenant,
            end.size,
            places,
            hashes,
            [tile.level for tile in full],
            [tile.index for tile in full],
            [tile.hashes for tile in full],
            new.frontier.head,
            new.frontier.to_bytes(),
            new.edge.to_bytes(),
        ],
        binary=True,
    )
    return new
