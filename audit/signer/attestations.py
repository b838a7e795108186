"""The signer's second task: it signs a statement only if the log that it has signed holds the statement's digest.

It reads what it signs. A statement that says too little, speaks of another log or of another history is refused,
for good, with the reason; one whose entry is not under the signer's own ledger yet waits.
"""

from uuid import UUID

from audit.attestation import Attestation
from audit.attestation_file import check_entry
from audit.database import Database
from audit.dsse import IN_TOTO, pae
from audit.errors import EvidenceRefused, ProofRejected
from audit.merkle import (
    check_consistency,
    check_inclusion,
    consistency_path_from,
    inclusion_path_from,
    leaf_hash,
)
from audit.signer.store import SignedHead
from audit.stored_tiles import stored_nodes
from ringfence.crypto.signing import NoteSigner

MOST_AT_ONCE = 20
REQUESTS = """
SELECT id, payload, core, leaf_hash FROM audit.attestation_request WHERE tenant_id = %s ORDER BY at, id LIMIT %s
"""
# The entry follows what was counted, so the look begins there.
ENTRY = """
SELECT seq, leaf FROM audit.entry WHERE tenant_id = %s AND seq >= %s AND seq < %s AND leaf_hash = %s
 ORDER BY seq LIMIT 1
"""
ANSWER = "SELECT audit.answer_attestation(%s, %s, %s, %s, %s)"


def answer_requests(
    database: Database, tenant_id: UUID, *, origin: str, key: NoteSigner, signed: SignedHead
) -> None:
    """Answer what is asked for one log, whose lock is held. `signed` is the newest head of the ledger."""
    rows = database.execute(REQUESTS, [tenant_id, MOST_AT_ONCE], binary=True).fetchall()
    for event_id, *parts in rows:
        payload, core, hashed = (bytes(part) for part in parts)
        seq, signature, why = None, None, None
        try:
            said = Attestation.parse(payload)
            if said.log.origin != origin:
                raise ProofRejected("the statement speaks of another log")
            entry = database.execute(
                ENTRY, [tenant_id, said.log.size, signed.size, hashed], binary=True
            ).fetchone()
            if entry is None:
                continue
            seq = entry[0]
            check_entry(bytes(entry[1]), core, payload)
            _check_history(database, tenant_id, said, seq, bytes(entry[1]), signed)
            signature = key.sign_envelope(pae(IN_TOTO, payload))
        except EvidenceRefused as reason:
            seq, why = None, str(reason)
        database.execute(ANSWER, [tenant_id, event_id, seq, signature, why])


def _check_history(
    database: Database, tenant_id: UUID, said: Attestation, seq: int, leaf: bytes, signed: SignedHead
) -> None:
    """Prove from the tiles, against the ledger, that the entry is there and the counted log came before it."""
    nodes = stored_nodes(
        lambda query, row: database.execute(query, row, binary=True).fetchone(), tenant_id, size=signed.size
    )
    check_inclusion(
        inclusion_path_from(nodes, index=seq, size=signed.size),
        index=seq,
        size=signed.size,
        leaf=leaf_hash(leaf),
        head=signed.root,
    )
    check_consistency(
        consistency_path_from(nodes, old_size=said.log.size, new_size=signed.size),
        old_size=said.log.size,
        old_head=said.log.root,
        new_size=signed.size,
        new_head=signed.root,
    )
