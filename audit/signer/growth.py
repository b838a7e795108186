"""Does the log in the database extend what was signed? Recomputed from its bytes before each signature."""

from uuid import UUID

from audit.database import Database
from audit.errors import EvidenceRefused, ProofRejected
from audit.frontier import Frontier
from audit.merkle import NodeReader, check_consistency, consistency_path_from, leaf_hash
from audit.signer.errors import HistoryChanged
from audit.signer.store import SignedHead
from audit.stored_tiles import frontier_from, stored_nodes

SLICE_EVENTS = 10_000
LEAVES = "SELECT seq, leaf FROM audit.entry WHERE tenant_id = %s AND seq >= %s AND seq < %s ORDER BY seq"


def grow(
    database: Database, tenant_id: UUID, *, last: SignedHead | None, known: Frontier | None, head: SignedHead
) -> Frontier:
    """Return the frontier of `head`, recomputed on top of what was signed last.

    Args:
        last: the newest head in the ledger; None before the first signature.
        known: the frontier of `last`, when this process has it already.
        head: the database's newest head.

    Raises `HistoryChanged` if the database's log does not extend `last`, or is not what its own
    head says: a leaf, a tile or the head itself has changed, or was set back.
    """
    signed = last or SignedHead(0, Frontier().head)
    if head.size < signed.size:
        raise HistoryChanged(f"the log was set back from {signed.size} events to {head.size}")
    if head.size == signed.size:
        if head.root != signed.root:
            raise HistoryChanged(f"the log has another root for its {head.size} events")
        return known or frontier_of(database, tenant_id, signed)
    try:
        frontier = known or frontier_of(database, tenant_id, signed)
        for start in range(signed.size, head.size, SLICE_EVENTS):
            end = min(start + SLICE_EVENTS, head.size)
            frontier = frontier.append(leaf_hash(leaf) for leaf in _leaves(database, tenant_id, start, end))
        if frontier.head != head.root:
            raise ProofRejected("the leaves do not have the root of the head")
        require_growth(database, tenant_id, old=signed, new=head)
    except EvidenceRefused as reason:
        raise HistoryChanged(f"{reason} (signed {signed.size} events, the head has {head.size})") from reason
    return frontier


def frontier_of(database: Database, tenant_id: UUID, signed: SignedHead) -> Frontier:
    """Return the frontier of a signed head from the stored tiles. Raises `HistoryChanged`."""
    try:
        frontier = frontier_from(_nodes(database, tenant_id, signed.size), signed.size)
        if frontier.head != signed.root:
            raise ProofRejected("the tiles do not have the root that was signed")
    except EvidenceRefused as reason:
        raise HistoryChanged(f"{reason} (signed {signed.size} events)") from reason
    return frontier


def frontier_at(database: Database, tenant_id: UUID, size: int) -> Frontier:
    """Return the frontier that the stored tiles have at any size that they cover. Raises `EvidenceRefused`."""
    return frontier_from(_nodes(database, tenant_id, size), size) if size else Frontier()


def require_growth(database: Database, tenant_id: UUID, *, old: SignedHead, new: SignedHead) -> None:
    """Return if `new` extends `old` by the stored tiles, as any customer would see: proofs come from them.

    Raises `EvidenceRefused`, for tiles that are missing or were changed too. Source: RFC 9162 section 2.1.4.
    """
    if old.size > new.size:
        raise ProofRejected(f"a log of {new.size} events does not extend one of {old.size}")
    path = consistency_path_from(_nodes(database, tenant_id, new.size), old_size=old.size, new_size=new.size)
    check_consistency(path, old_size=old.size, old_head=old.root, new_size=new.size, new_head=new.root)


def _leaves(database: Database, tenant_id: UUID, start: int, end: int) -> list[bytes]:
    rows = database.execute(LEAVES, [tenant_id, start, end], binary=True).fetchall()
    if [seq for seq, _ in rows] != list(range(start, end)):
        raise ProofRejected(f"an event between {start} and {end} is missing")
    return [bytes(leaf) for _, leaf in rows]


def _nodes(database: Database, tenant_id: UUID, size: int) -> NodeReader:
    return stored_nodes(
        lambda query, row: database.execute(query, row, binary=True).fetchone(), tenant_id, size=size
    )
