"""Puts a log back into the database out of the bucket, up to the newest checkpoint that stands there.

The bucket is read twice: once to know that its leaves have the signed root and go on from what the database has, and
once to write them. A run that is cut off leaves a shorter log that the next run goes on from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

from audit.anchors.bucket import Place
from audit.anchors.rebuild import Found, leaves_in
from audit.database import Database
from audit.errors import ProofRejected
from audit.frontier import Frontier
from audit.merkle import leaf_hash
from audit.sequencer.batch import End, checked_end

SLICE_EVENTS = 4_096

NEWEST = """
SELECT h.size, h.root, h.frontier, e.size, e.partials FROM audit.head h JOIN audit.edge e USING (tenant_id)
 WHERE h.tenant_id = %s ORDER BY h.size DESC LIMIT 1
"""
REFILL = "SELECT audit.refill(%s, %s, %s::bytea[], %s::smallint[], %s::bigint[], %s::bytea[], %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Refilled:
    """How many events the database had, and how many it has."""

    before: int
    after: int


def refill(
    database: Database, client: Any, place: Place, *, tenant_id: UUID, log_id: UUID, head: Found
) -> Refilled:
    """Append to a frozen log what the bucket has beyond it. For the superuser: no service may.

    Memory is that of 4,096 events and of one digest for each 4,096. Raises `ProofRejected` where the bucket's leaves
    do not have the root of `head`, or the database's are not their beginning; nothing is written then. Raises
    `BucketTrouble` too.
    """
    end = _end(database, tenant_id)
    if head.size <= end.size:
        return Refilled(end.size, end.size)
    digests = _read_through(client, place, log_id=log_id, head=head, end=end)
    before = end.size
    leaves = leaves_in(client, place, log_id=log_id, head=head)
    for _ in islice(leaves, before):
        pass
    for digest, part in zip(digests, _slices(leaves), strict=True):
        if _digest(part) != digest:
            raise ProofRejected("the bucket answered with other leaves than a moment ago")
        end = _append(database, tenant_id, end, part)
    if (end.size, end.frontier.head) != (head.size, head.root):
        raise ProofRejected("the log was not put back to the root of the checkpoint")
    return Refilled(before, end.size)


def _end(database: Database, tenant_id: UUID) -> End:
    row = database.execute(NEWEST, [tenant_id], binary=True).fetchone()
    if row is None or row[0] != row[3]:
        raise ProofRejected("the log has lost its newest head, or its partial tiles")
    return checked_end(bytes(row[2]), bytes(row[4]), size=row[0], root=bytes(row[1]))


def _read_through(client: Any, place: Place, *, log_id: UUID, head: Found, end: End) -> list[bytes]:
    """Return a digest of each slice that is to be written, once all leaves are known to have the signed root."""
    leaves = leaves_in(client, place, log_id=log_id, head=head)
    known = Frontier()
    while part := list(islice(leaves, min(SLICE_EVENTS, end.size - known.size))):
        known = known.append(leaf_hash(leaf) for leaf in part)
    if known != end.frontier:
        raise ProofRejected("the events in the database are not the first ones in the bucket")
    return [_digest(part) for part in _slices(leaves)]


def _slices(leaves: Iterator[bytes]) -> Iterator[list[bytes]]:
    while part := list(islice(leaves, SLICE_EVENTS)):
        yield part


def _digest(leaves: list[bytes]) -> bytes:
    return sha256(b"".join(leaf_hash(leaf) for leaf in leaves)).digest()


def _append(database: Database, tenant_id: UUID, end: End, leaves: list[bytes]) -> End:
    grown, full = end.extend([leaf_hash(leaf) for leaf in leaves])
    database.execute(
        REFILL,
        [
            tenant_id,
            end.size,
            leaves,
            [tile.level for tile in full],
            [tile.index for tile in full],
            [tile.hashes for tile in full],
            grown.frontier.head,
            grown.frontier.to_bytes(),
            grown.edge.to_bytes(),
        ],
    )
    return grown
