"""How the platform's own two logs, the work log and the meta-log, are succeeded: their first entry tells of the loss.

No tenant acts for them, and no leaf of theirs can hold an event. The work log's entry commits to what was lost, under
salts that everybody knows. The meta-log's is the newest signed checkpoint that is left of the one before: where it
speaks of more leaves than stand before it, those were given up.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from audit.checkpoints import Checkpoint
from audit.database import Database
from audit.errors import EvidenceRefused
from audit.leaf import parse
from audit.meta import META_LOG, parse_leaf
from audit.notes import Vkey, open_note
from audit.recovery import CHECKPOINTS, Noted, NotSucceeded
from audit.succession import Head, succession_facts
from audit.work import WORK_LOG, build_statement

OWN_LOGS: Final = frozenset({META_LOG, WORK_LOG})
SUCCEED: Final = "SELECT audit.succeed_own_log(%s, %s, %s, %s, %s)"
FIRST: Final = """
SELECT s.origin, s.standing, s.promised_size, s.promised_root, s.kept_size, s.kept_root, e.leaf
  FROM audit.line_of(%s) AS p
  JOIN audit.succession s ON s.successor_id = p.log_id AND s.event IS NOT NULL
  LEFT JOIN audit.entry e ON e.tenant_id = %s AND e.seq = s.kept_size
 WHERE EXISTS (SELECT FROM audit.head h WHERE h.tenant_id = %s AND h.size > s.kept_size)
"""
NOTE: Final = "SELECT s.note FROM audit.succession s WHERE s.successor_id = %s AND s.note IS NOT NULL"


def newest_note(
    database: Database, tenant_id: UUID, *, origin: str, vkey: Vkey, anchored: Iterable[bytes]
) -> bytes:
    """Return the newest checkpoint that is left of an own log, stored or `anchored`, under its key and fit as a leaf.

    Raises `NotSucceeded` where none is.
    """
    found: tuple[int, bytes] | None = None
    for note in (*(bytes(each) for _, each in database.execute(CHECKPOINTS, [tenant_id])), *anchored):
        try:
            stated = Checkpoint.parse(open_note(note, [vkey]).text)
            fits = parse_leaf(note).origin == origin
        except EvidenceRefused:
            continue
        if fits and (found is None or stated.size > found[0]):
            found = stated.size, note
    if found is None:
        raise NotSucceeded(
            "Neither the database nor the bucket has a signed checkpoint of the meta-log that could tell of its loss."
            " Restore an older copy of the database first."
        )
    return found[1]


def succeed_own(superuser: Database, tenant_id: UUID, *, origin: str, noted: Noted, last: bytes) -> None:
    """Let an own log be succeeded as was just noted.

    Args:
        origin: of the log that is given up.
        last: for the meta-log, its newest checkpoint that is left (`newest_note`).
    """
    at_ms = time.time_ns() // 1_000_000
    facts = succession_facts(origin, noted.standing, noted.promised, noted.kept)
    leaf = last if tenant_id == META_LOG else build_statement(facts, at_ms)
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    superuser.execute(SUCCEED, [tenant_id, noted.origin, uuid4(), at, leaf])


def statement_of(database: Database, log_id: UUID) -> str | None:
    """Return what the signer stated of the succession to this log, under both keys; None for nearly every log."""
    row = database.execute(NOTE, [log_id]).fetchone()
    return None if row is None else bytes(row[0]).decode()


def problems_of_own_log(database: Database, tenant_id: UUID) -> Iterator[str]:
    """Yield each succession of which the first entry after it does not tell, to a role that reads leaves."""
    for origin, standing, *heads, leaf in database.execute(FIRST, [tenant_id] * 3).fetchall():
        promised, kept = Head(heads[0], bytes(heads[1])), Head(heads[2], bytes(heads[3]))
        facts = succession_facts(origin, standing, promised, kept)
        if leaf is None or not _tells(tenant_id, bytes(leaf), origin, facts):
            yield f"entry {kept.size} does not tell that {origin} was succeeded there"


def _tells(tenant_id: UUID, leaf: bytes, origin: str, facts: dict[str, object]) -> bool:
    try:
        if tenant_id == META_LOG:
            return parse_leaf(leaf).origin == origin
        return build_statement(facts, parse(leaf).at_ms) == leaf
    except EvidenceRefused:
        return False
