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
from audit.succession import KEYLESS, Head

SLICE_EVENTS = 4_096

ENTRIES = "SELECT seq, leaf FROM audit.entry WHERE tenant_id = %s AND seq >= %s ORDER BY seq LIMIT %s"
CHECKPOINTS = "SELECT size, note FROM audit.checkpoint WHERE tenant_id = %s ORDER BY size"
NEWEST_HEAD = "SELECT size, root FROM audit.head WHERE tenant_id = %s ORDER BY size DESC LIMIT 1"
BEYOND = "SELECT FROM audit.checkpoint WHERE tenant_id = %s AND size > %s LIMIT 1"
SUCCEED = "SELECT audit.note_succession(%s, %s, %s, %s, %s, %s)"
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
    """What was found. `broken` is a promise that the database does not keep, None when all are kept.

    `longest` is the promise of the most events, None where nothing was promised.
    """

    standing: Standing
    size: int
    promises: int
    why: str
    broken: Promise | None
    longest: Promise | None = None


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
    longest = next(iter(wanted[sizes[-1]].values())) if sizes else None
    for each in reversed(sizes):
        kept = list(wanted[each].values())
        if len(kept) > 1:
            why = f"two roots were promised for {each} events: by {kept[0].where}, and by {kept[1].where}"
            return Comparison(Standing.FORKED, size, len(promises), why, kept[0], longest)
    for each in reversed(sizes):
        (promise,) = wanted[each].values()
        if each in roots and roots[each] != promise.root:
            why = f"the first {each} events do not have the root of {promise.where}"
            return Comparison(Standing.FORKED, size, len(promises), why, promise, longest)
    # A head that speaks of more than there are leaves keeps nothing either.
    if longest is not None and longest.size not in roots:
        why = f"the log has {size} events, and {longest.where} speaks of {longest.size}"
        return Comparison(Standing.BEHIND, size, len(promises), why, longest, longest)
    return Comparison(Standing.GOOD, size, len(promises), "every promise is kept", None, longest)


class NotSucceeded(Exception):
    """A log is not given up; says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A succession that was noted: which log is to go on, how the old one stood, and from which head on."""

    origin: str
    standing: str
    promised: Head
    kept: Head


def note_succession(superuser: Database, tenant_id: UUID, found: Comparison, *, has_key: bool) -> Noted:
    """Note that another log goes on from the newest head of a frozen one.

    For a log that breaks a promise, or whose signing key is lost. Raises `NotSucceeded`.
    """
    if found.broken is None and has_key:
        raise NotSucceeded("This log keeps every promise: --refill notes that, and it goes on as it is.")
    head = superuser.execute(NEWEST_HEAD, [tenant_id]).fetchone()
    if head is None:
        raise NotSucceeded("The log has lost its heads. Restore an older copy of the database first.")
    if superuser.execute(BEYOND, [tenant_id, head[0]]).fetchone() is not None:
        raise NotSucceeded(
            f"The database holds checkpoints of more than its {head[0]} events: a part of it was restored."
            " Restore it as a whole first."
        )
    promised = found.longest or Promise(head[0], bytes(head[1]), "the newest head")
    standing = str(found.standing) if has_key else KEYLESS
    row = superuser.execute(SUCCEED, [tenant_id, standing, *head, promised.size, promised.root]).fetchone()
    assert row is not None  # noqa: S101 - a function's answer
    return Noted(str(row[0]), standing, Head(promised.size, promised.root), Head(head[0], bytes(head[1])))


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
