"""What is checked of the meta-log beyond every log: leaves are checkpoints, and others said what is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured

from audit.checkpoints import Checkpoint
from audit.cosignatures import TIMESTAMP_BYTES
from audit.database import Database
from audit.errors import EvidenceRefused
from audit.meta import META_LOG, parse_leaf, witness_id
from audit.notes import Vkey, open_note, split_note
from audit.services.witnesses import operators_policy
from audit.stored_tiles import frontier_from, stored_nodes
from audit.timestamps.place import trusted_roots
from audit.timestamps.tokens import TokenRefused, open_token

SLICE_ROWS = 4_096

LEAVES = """
SELECT seq, leaf FROM audit.entry WHERE tenant_id = %s AND seq >= %s ORDER BY seq LIMIT %s
"""
THEIRS = """
SELECT w.origin, w.size, c.note, o.tenant_id, o.vkey,
       EXISTS (SELECT FROM audit.succession s
                WHERE s.log_id = o.log_id AND s.event IS NOT NULL AND w.size <= s.promised_size
                  AND (w.size > s.kept_size OR s.standing = 'forked'))
  FROM unnest(%s::text[], %s::bigint[]) AS w(origin, size)
  JOIN (SELECT p.log_id, p.origin, p.vkey, l.tenant_id
          FROM audit.log l CROSS JOIN LATERAL audit.line_of(l.tenant_id) AS p) AS o ON o.origin = w.origin
  LEFT JOIN audit.checkpoint c ON c.tenant_id = o.tenant_id AND c.size = w.size
"""
SAID = """
SELECT s.size, s.witness, s.seconds, s.line, c.note, s.at FROM audit.cosignature s
  LEFT JOIN audit.checkpoint c ON c.tenant_id = %s AND c.size = s.size
 WHERE (s.size, s.witness, s.seconds) > (%s, %s, %s) ORDER BY s.size, s.witness, s.seconds LIMIT %s
"""
STAMPED = """
SELECT t.size, t.stated, t.authority, t.token, t.digest, c.note, t.at FROM audit.timestamp t
  LEFT JOIN audit.checkpoint c ON c.tenant_id = %s AND c.size = t.size ORDER BY t.size
"""

STEPS = """
SELECT s.kept_size, s.succeeded_at FROM audit.line_of(%s) AS p
  JOIN audit.succession s ON s.successor_id = p.log_id AND s.event IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class _GivenUp:
    """What others said of heads of the meta-log that a succession gave up: nothing here can be held against it."""

    steps: tuple[tuple[int, datetime], ...]

    @classmethod
    def of(cls, database: Database) -> "_GivenUp":
        return cls(tuple(database.execute(STEPS, [META_LOG]).fetchall()))

    def covers(self, size: int, at: datetime) -> bool:
        return any(size > kept and at < when for kept, when in self.steps)


@dataclass(frozen=True, slots=True)
class _Theirs:
    """What the database has of one checkpoint of a log: the note, whose it is, and whether it was given up."""

    note: bytes | None
    tenant_id: UUID
    vkey: str | None
    given_up: bool


def problems_of_meta_log(database: Database) -> Iterator[str]:
    """Yield what is wrong, to a role that reads leaves. Lines of witnesses whom nobody names now are only read."""
    yield from _leaves(database)
    policy = operators_policy()
    named = {witness_id(each): each.vkey for each in policy.witnesses.values()} if policy else {}
    yield from _cosignatures(database, named)
    yield from problems_of_timestamps(database)


def problems_of_timestamps(database: Database) -> Iterator[str]:
    """Yield what is wrong with the kept time-stamps: each is over its checkpoint, and leads to a trusted root."""
    rows = database.execute(STAMPED, [META_LOG]).fetchall()
    if not rows:
        return
    try:
        roots = trusted_roots()
    except ImproperlyConfigured as trouble:
        yield f"no time-stamp can be checked: {trouble}"
        return
    if not roots:
        yield "no time-stamp can be checked: RINGFENCE_TSA_ROOTS names no roots"
    given_up = _GivenUp.of(database)
    for size, stated, authority, token, digest, note, at in rows:
        if given_up.covers(size, at):
            continue
        if sha256(token).digest() != bytes(digest):
            yield f"the time-stamp of {size} leaves is not the one that was kept"
        elif note is None:
            yield f"the time-stamp of {size} leaves: there is no such checkpoint"
        elif roots:
            try:
                stamp = open_token(bytes(token), bytes(note), roots)
            except TokenRefused as refusal:
                yield f"the time-stamp of {size} leaves: {refusal}"
                continue
            if (stamp.stated, stamp.authority) != (stated, authority):
                yield f"the time-stamp of {size} leaves is kept under another time or authority"


def _leaves(database: Database) -> Iterator[str]:
    """Hold each leaf against the checkpoint of its log: so no two leaves contradict each other."""
    start = 0
    while rows := database.execute(LEAVES, [META_LOG, start, SLICE_ROWS]).fetchall():
        stated = {}
        for seq, leaf in rows:
            try:
                stated[seq] = parse_leaf(bytes(leaf))
            except EvidenceRefused:
                continue  # told of with the other leaves
        wanted = {(each.origin, each.size) for each in stated.values()}
        origins, sizes = [origin for origin, _ in wanted], [size for _, size in wanted]
        theirs = database.execute(THEIRS, [origins, sizes]).fetchall()
        found = {(origin, size): _Theirs(*rest) for origin, size, *rest in theirs}
        for seq, leaf in rows:
            if seq not in stated:
                continue
            known = found.get((stated[seq].origin, stated[seq].size))
            if known is None or not _is_theirs(database, known, stated[seq], bytes(leaf)):
                yield f"leaf {seq} is not the checkpoint that its log has for {stated[seq].size} events"
        start = rows[-1][0] + 1


def _is_theirs(database: Database, known: _Theirs, stated: Checkpoint, leaf: bytes) -> bool:
    """Say whether a leaf is the checkpoint of its log; after a restore the log's own copy of it may be gone.

    Then its signature must hold, and its root be the one that the log's tiles have, unless a succession gave it up.
    """
    if known.note is not None:
        return bytes(known.note) == leaf
    try:
        open_note(leaf, [Vkey.parse(known.vkey or "")])
        return known.given_up or _root_at(database, known.tenant_id, stated.size) == stated.head
    except EvidenceRefused:
        return False


def _root_at(database: Database, tenant_id: UUID, size: int) -> bytes:
    nodes = stored_nodes(lambda query, row: database.execute(query, row).fetchone(), tenant_id, size=size)
    return frontier_from(nodes, size).head


def _cosignatures(database: Database, named: Mapping[str, Vkey]) -> Iterator[str]:
    last: tuple[int, str, int] = (-1, "", 0)
    given_up = _GivenUp.of(database)
    while rows := database.execute(SAID, [META_LOG, *last, SLICE_ROWS]).fetchall():
        for size, witness, seconds, line, note, at in rows:
            problem = (
                ""
                if given_up.covers(size, at)
                else _problem(named.get(witness), witness, seconds, line, note)
            )
            if problem:
                yield f"what {witness} said of {size} leaves: {problem}"
        last = rows[-1][:3]


def _problem(vkey: Vkey | None, witness: str, seconds: int, line: str, note: bytes | None) -> str:
    if note is None:
        return "there is no such checkpoint"
    try:
        text = split_note(bytes(note))[0]
        cosigned = f"{text}\n{line}".encode()
        (said,) = split_note(cosigned)[1]
        if vkey is not None:
            open_note(cosigned, [vkey])
    except (EvidenceRefused, ValueError) as refusal:
        return str(refusal)
    stated = int.from_bytes(said.signature[:TIMESTAMP_BYTES], "big")
    if (f"{said.name}+{said.key_id.hex()}", stated) != (witness, seconds):
        return "it is kept under another name or time"
    return ""
