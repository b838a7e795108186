"""What the signer states of a log that succeeds another: once, under both keys, from what it recomputes itself."""

from uuid import UUID

from audit.database import Database
from audit.errors import EvidenceRefused
from audit.notes import Vkey, sign_note
from audit.signer.errors import SignerTrouble
from audit.signer.growth import frontier_at
from audit.signer.promises import Promises
from audit.signer.store import SignedHead, Store
from audit.succession import Head, Succession
from ringfence.crypto.signing import NoteSigner

NOTED = """
SELECT log_id, origin, standing, promised_size, promised_root, kept_size, kept_root, note FROM audit.succession
 WHERE successor_id = %s AND event IS NOT NULL
"""
KEEP = "SELECT audit.add_succession_note(%s, %s)"


def state_succession(
    database: Database,
    store: Store,
    promises: Promises,
    *,
    tenant_id: UUID,
    successor: UUID,
    key: NoteSigner,
) -> None:
    """Sign what was noted of a succession, unless that was done. Before the successor's first checkpoint leaves.

    Args:
        successor: the id of the log that goes on; its lock is held by the caller.
        key: its key.

    The old log's own ledger is asked, and the bucket: a succession that promises less than they do, or goes on from
    another head than the leaves have, is signed by nobody. Raises `SignerTrouble`; `Waits` until the bucket answers.
    """
    row = database.execute(NOTED, [successor], binary=True).fetchone()
    if row is None:
        raise SignerTrouble("a log says that it succeeds another, and nothing was noted of that")
    log_id, origin, standing, promised_size, promised_root, kept_size, kept_root, note = row
    if note is not None:
        return
    promised, kept = Head(promised_size, bytes(promised_root)), Head(kept_size, bytes(kept_root))
    try:
        if frontier_at(database, tenant_id, kept.size).head != kept.root:
            raise SignerTrouble("a succession goes on from another head than the log has")
    except EvidenceRefused as reason:
        raise SignerTrouble(f"what a succession goes on from cannot be read: {reason}") from reason
    with store.hold(log_id) as held:
        if held is None:
            raise SignerTrouble("another signer holds the log that is succeeded")
        last, old = held.last(), held.key(origin)
        if last is not None and _exceeds(last, promised):
            raise SignerTrouble("a succession promises less than the ledger of the log that is succeeded")
        if (old is None) is not (standing == "keyless"):
            raise SignerTrouble("the key of the log that is succeeded is not as the succession says")
        found = promises.of(log_id, origin=origin, vkey=old.vkey, signed=True) if old else None
        if found is not None and _exceeds(found.head, promised):
            raise SignerTrouble("a succession promises less than was signed of the log that is succeeded")
    said = Succession(origin, Vkey.parse(key.vkey), standing, promised, kept)
    database.execute(KEEP, [successor, sign_note(said.text, [old, key] if old else [key])])


def _exceeds(signed: SignedHead, promised: Head) -> bool:
    return signed.size >= promised.size and (signed.size, signed.root) != (promised.size, promised.root)
