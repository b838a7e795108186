"""What a bundle brings of time-stamps: those over the acting tenant's log, with all that leads there."""

import logging
from datetime import datetime
from typing import Any, Final

from django.db import connection

from audit.errors import EvidenceRefused
from audit.merkle import consistency_path_from
from audit.meta import parse_leaf
from audit.policy import Policy
from audit.proofs import ConsistencyProof
from audit.services.stored_log import META_KEY, StoredCheckpoint, fetch_row, nodes_of_log
from audit.services.timestamped import proof_below
from audit.stamped import Stamped, chosen, meta_key_in

KNOWN: Final = "SELECT meta_size, stated, place FROM audit.timestamps_of_log()"
ONE: Final = "SELECT place, leaf, meta_note, token FROM audit.timestamped(%s)"

logger = logging.getLogger("ringfence.audit")


def stamped_by(newest: StoredCheckpoint, policy: str) -> tuple[Stamped, ...]:
    """Return the time-stamps that a bundle up to `newest` brings, the oldest first; none where there are none.

    Inside `acting(context)`. What does not hold keeps nobody from a bundle: it is left out, and the operator's log
    says so.

    Args:
        policy: what the bundle's own policy will be.
    """
    key = fetch_row(META_KEY, [])
    if key is None or key[0] is None:
        return ()
    found = []
    for size in chosen(_told()):
        try:
            stamp = _stamp(size, newest, policy, key[0])
        except EvidenceRefused as damage:
            logger.error("the time-stamp of the meta-log's first %s leaves is in no bundle: %s", size, damage)
            continue
        if stamp is not None:
            found.append((size, stamp))
    return tuple(stamp for _, stamp in sorted(found, key=lambda each: each[0]))


def _told() -> list[tuple[datetime, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN)
        rows: list[tuple[int, datetime, int]] = cursor.fetchall()
    return [(stated, place, size) for size, stated, place in rows]


def _stamp(size: int, newest: StoredCheckpoint, policy: str, meta_key: str) -> Stamped | None:
    row: tuple[Any, ...] | None = fetch_row(ONE, [size])
    if row is None:
        return None
    leaf = bytes(row[1])
    ours = parse_leaf(leaf).size
    # The log may have grown, and have been stamped, since the bundle's checkpoint was read.
    if ours > newest.size:
        return None
    proof = proof_below(row[0], leaf, bytes(row[2]), meta_key)
    path = consistency_path_from(nodes_of_log(newest.size), old_size=ours, new_size=newest.size)
    growth = ConsistencyProof(ours, tuple(path), newest.note).to_bytes()
    stamp = Stamped(proof.to_bytes(), growth, bytes(row[3]))
    # As with every proof: what its reader would refuse is not handed out.
    stamp.lead(Policy.parse(policy), meta_key_in(policy), newest.note).open()
    return stamp
