"""Does the database still have every history that was promised? Ledger, checkpoints and bucket held against its leaves.

A promise is a size with a root that somebody may have seen: the signer's ledger, a signed checkpoint in the database,
a signed checkpoint under Object Lock. A log that is shorter than a promise was set back; one with another root forked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from audit.checkpoints import Checkpoint
from audit.database import Database
from audit.errors import EvidenceRefused
from audit.frontier import Frontier
from audit.merkle import leaf_hash
from audit.notes import Vkey, open_note

SLICE_EVENTS = 4_096

ENTRIES = "SELECT seq, leaf FROM audit.entry WHERE tenant_id = %s AND seq >= %s ORDER BY seq LIMIT %s"
CHECKPOINTS = "SELECT size, note FROM audit.checkpoint WHERE tenant_id = %s ORDER BY size"
HEAD = "SELECT size FROM audit.head WHERE tenant_id = %s ORDER BY size DESC LIMIT 1"


class Standing(StrEnum):
    """How a log stands against what was promised of it."""

    GOOD = "good"
    BEHIND = "behind"
    FORKED = "forked"


@dataclass(frozen=True, slots=True)
class Promise:
    """A head that somebody may hold us to, and where it was found."""

    size: int
    root: bytes
    where: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found. `broken` is the promise that the database does not keep: the largest, None when all are kept."""

    standing: Standing
    size: int
    promises: int
    why: str
    broken: Promise | None


def stored_promises(database: Database, tenant_id: UUID, *, origin: str, vkey: Vkey) -> list[Promise]:
    """Return the checkpoints in the database that the log's key signed; what does not open promises nothing."""
    found: list[Promise] = []
    for size, note in database.execute(CHECKPOINTS, [tenant_id]).fetchall():
        try:
            stated = Checkpoint.parse(open_note(bytes(note), [vkey]).text)
        except EvidenceRefused:
            continue
        if stated.origin == origin:
            found.append(Promise(stated.size, stated.head, f"the stored checkpoint of {size} events"))
    return found


def compare(database: Database, tenant_id: UUID, promises: Sequence[Promise]) -> Comparison:
    """Recompute the log once and hold it against every promise. For a role that reads leaves.

    Promises that exclude each other are a fork, whatever the database has: two histories were signed.
    """
    wanted: dict[int, dict[bytes, Promise]] = {}
    for promise in promises:
        wanted.setdefault(promise.size, {}).setdefault(promise.root, promise)
    sizes = sorted(wanted)
    roots = _roots(database, tenant_id, sizes)
    row = database.execute(HEAD, [tenant_id]).fetchone()
    size = row[0] if row else 0
    for each in reversed(sizes):
        kept = list(wanted[each].values())
        if len(kept) > 1:
            why = f"two roots were promised for {each} events: by {kept[0].where}, and by {kept[1].where}"
            return Comparison(Standing.FORKED, size, len(promises), why, kept[0])
    for each in reversed(sizes):
        (promise,) = wanted[each].values()
        if each in roots and roots[each] != promise.root:
            why = f"the first {each} events do not have the root of {promise.where}"
            return Comparison(Standing.FORKED, size, len(promises), why, promise)
    # A head that speaks of more than there are leaves keeps nothing either.
    longest = sizes[-1] if sizes else 0
    if longest not in roots and sizes:
        (promise,) = wanted[longest].values()
        why = f"the log has {size} events, and {promise.where} speaks of {longest}"
        return Comparison(Standing.BEHIND, size, len(promises), why, promise)
    return Comparison(Standing.GOOD, size, len(promises), "every promise is kept", None)


def _roots(database: Database, tenant_id: UUID, sizes: Iterable[int]) -> dict[int, bytes]:
    """Return the root that the leaves have at each of these sizes, as far as there are leaves."""
    left = sorted(set(sizes), reverse=True)
    frontier, found = Frontier(), dict[int, bytes]()
    while left and left[-1] == 0:
        found[left.pop()] = frontier.head
    while left:
        rows = database.execute(ENTRIES, [tenant_id, frontier.size, SLICE_EVENTS]).fetchall()
        if not rows or [seq for seq, _ in rows] != list(range(frontier.size, frontier.size + len(rows))):
            return found
        hashes = [leaf_hash(bytes(leaf)) for _, leaf in rows]
        while left and left[-1] <= frontier.size + len(hashes):
            taken = left[-1] - frontier.size
            frontier, hashes = frontier.append(hashes[:taken]), hashes[taken:]
            found[left.pop()] = frontier.head
        frontier = frontier.append(hashes)
    return found
