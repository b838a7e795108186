"""The publisher's round: the meta-log takes in what was signed, and its newest checkpoint goes to the witnesses.

It holds no key and believes no witness unseen. What a crash interrupts is done again: a checkpoint is taken in once,
a witness cosigns the same tree as often as it is asked, and a line is one row.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from audit.checkpoints import Checkpoint
from audit.cosignatures import TIMESTAMP_BYTES
from audit.database import Database
from audit.errors import EvidenceRefused, Malformed, ProofRejected
from audit.merkle import NodeReader, check_consistency, consistency_path_from
from audit.meta import META_LOG, meta_policy, witness_id
from audit.notes import SignatureLine, split_note
from audit.policy import Policy, Witness
from audit.publisher.asking import NotCosigned, Post, Question
from audit.publisher.gathering import gather
from audit.stored_tiles import stored_nodes

PAUSE_SECONDS = 0.2
META_SECONDS = 1.0
HEARTBEAT_SECONDS = 3_600.0
LOOK_SECONDS = 10.0
"""How often it is looked whether a log's newest checkpoint is kept out of the meta-log."""
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0

FILL = "SELECT audit.fill_meta_log(%s * interval '1 second')"
NEWEST = """
SELECT l.vkey, c.size, c.note FROM audit.log l JOIN audit.checkpoint c USING (tenant_id)
 WHERE l.tenant_id = %s AND l.state = 'active' AND l.vkey IS NOT NULL AND c.size > greatest(l.after_size, 0)
 ORDER BY c.size DESC LIMIT 1
"""
# Of this meta-log: what one that it succeeds was shown as is a promise of that one's.
SHOWN = """
SELECT s.size, c.note FROM (
       SELECT l.tenant_id, max(s.size) AS size FROM audit.cosignature s CROSS JOIN audit.log l
        WHERE l.tenant_id = %s AND s.size > l.after_size AND s.at >= l.opened_at GROUP BY l.tenant_id) AS s
  LEFT JOIN audit.checkpoint c ON c.tenant_id = s.tenant_id AND c.size = s.size
"""
KEPT_OUT = "SELECT audit.kept_out()"
KEEP = "SELECT audit.add_cosignature(%s, %s, %s, %s)"

logger = logging.getLogger("ringfence.audit.publisher")


@dataclass(slots=True)
class Patience:
    """When a witness that failed is asked again: later and later, so that a dead one does not slow the others."""

    wait: float = 0.0
    until: float = 0.0

    def fail(self, now: float) -> None:
        """Wait twice as long as the last time."""
        self.wait = min(max(FIRST_WAIT_SECONDS, self.wait * 2), LONGEST_WAIT_SECONDS)
        self.until = now + self.wait


@dataclass(slots=True)
class Publisher:
    """Asks the witnesses of one policy, again when the meta-log grew and when they last spoke an hour ago.

    Args:
        policy_text: witnesses, groups and quorum; None when there are none, and then the meta-log only grows.
        post: how a witness is reached.
    """

    policy_text: str | None
    post: Post
    meta_seconds: float = META_SECONDS
    heartbeat_seconds: float = HEARTBEAT_SECONDS
    clock: Callable[[], float] = time.monotonic
    unmet: int = 0
    troubles: dict[str, str] = field(default_factory=dict)
    kept_out: tuple[str, ...] = ()
    _looked: float = float("-inf")
    _shown: Checkpoint | None = None
    _origin: str = ""
    _size: int = 0
    _begun: float = 0.0
    _held: dict[str, SignatureLine] = field(default_factory=dict, repr=False)
    _seen: dict[str, int] = field(default_factory=dict, repr=False)
    _patience: dict[str, Patience] = field(default_factory=dict, repr=False)

    def run_round(self, database: Database) -> bool:
        """Let the meta-log grow, and ask whoever has not cosigned its newest checkpoint."""
        database.execute(FILL, [self.meta_seconds])
        self._look(database)
        row = database.execute(NEWEST, [META_LOG], binary=True).fetchone()
        if self.policy_text is None or row is None:
            return False
        vkey, size, note = row
        try:
            policy = meta_policy(vkey, self.policy_text)
        except Malformed as reason:
            self._say({"": f"the policy does not fit the meta-log: {reason}"})
            return False
        try:
            self._turn_to(size, origin=Checkpoint.parse(split_note(bytes(note))[0]).origin)
        except EvidenceRefused as reason:
            self._say({"": f"nobody is asked about the meta-log's newest checkpoint: {reason}"})
            return False
        missing = set(policy.witnesses) - set(self._held)
        now = self.clock()
        spared = {name for name in missing if name in self._patience and self._patience[name].until > now}
        if missing - spared:
            try:
                self._refuse_another_history(database, bytes(note), size)
            except EvidenceRefused as reason:
                self._say({"": f"nobody is asked about the meta-log's newest checkpoint: {reason}"})
                return False
            self._ask(database, policy, size, bytes(note), spared)
        return False

    def trouble(self) -> str:
        """Say who does not cosign, and for how many askings in a row too few did; for the heartbeat."""
        told = [f"{name}: {why}" if name else why for name, why in sorted(self.troubles.items())]
        told += [
            f"{origin}: its checkpoint is not taken in, it excludes the last one" for origin in self.kept_out
        ]
        if self.unmet:
            told.insert(0, f"too few witnesses cosign ({self.unmet} askings in a row)")
        return "; ".join(told)[:500]

    def _turn_to(self, size: int, *, origin: str) -> None:
        """Forget the lines for an older tree, and lines that are an hour old: then the same tree is cosigned anew."""
        now = self.clock()
        if origin != self._origin:
            # A meta-log that succeeds another: witnesses know nothing of it yet.
            self._origin, self._shown, self._size = origin, None, 0
            self._seen.clear()
        if size != self._size or now - self._begun >= self.heartbeat_seconds:
            self._size, self._begun = size, now
            self._held.clear()

    def _look(self, database: Database) -> None:
        """Find out which logs' newest checkpoints the meta-log does not take, and say so when that changes."""
        if self.clock() - self._looked < LOOK_SECONDS:
            return
        self._looked = self.clock()
        found = tuple(str(origin) for (origin,) in database.execute(KEPT_OUT))
        for origin in set(found) - set(self.kept_out):
            logger.error("the newest checkpoint of %s excludes the one that the meta-log has", origin)
        self.kept_out = found

    def _refuse_another_history(self, database: Database, note: bytes, size: int) -> None:
        """Return if the checkpoint extends the one that witnesses were shown last, by this process or one before.

        Raises `ProofRejected`, `Malformed`.
        """
        new = Checkpoint.parse(split_note(note)[0])
        if new.size != size:
            raise ProofRejected("it states another size than it is stored under")
        last = self._shown or _shown_before(database)
        if last is not None:
            if new.size < last.size:
                raise ProofRejected(f"it has {new.size} leaves, and witnesses know one of {last.size}")
            path = consistency_path_from(_nodes(database, size), old_size=last.size, new_size=size)
            check_consistency(path, old_size=last.size, old_head=last.head, new_size=size, new_head=new.head)
        self._shown = new

    def _ask(self, database: Database, policy: Policy, size: int, note: bytes, spared: set[str]) -> None:
        nodes = _nodes(database, size)

        def prove(old_size: int) -> Sequence[bytes]:
            # Called by the thread of a witness; a connection takes one statement after the other.
            try:
                return consistency_path_from(nodes, old_size=old_size, new_size=size)
            except EvidenceRefused as reason:
                raise NotCosigned(f"the growth of the meta-log cannot be shown: {reason}") from reason

        question = Question.about(note, prove, now=int(time.time()))
        found = gather(policy, question, self.post, seen=self._seen, held=self._held, spared=spared)
        for name, line in found.lines.items():
            if name not in self._held:
                database.execute(KEEP, [size, *_row_of(policy.witnesses[name], line)])
                self._held[name], self._seen[name] = line, size
                self._patience.pop(name, None)
        for name in found.troubles:
            self._patience.setdefault(name, Patience()).fail(self.clock())
        self.unmet = 0 if found.note is not None else self.unmet + 1
        self._say(dict(found.troubles) | {n: w for n, w in self.troubles.items() if n in spared})

    def _say(self, troubles: dict[str, str]) -> None:
        for name, why in troubles.items():
            if self.troubles.get(name) != why:
                logger.error("no cosignature by %s: %s", name or "anybody", why)
        self.troubles = troubles


def _shown_before(database: Database) -> Checkpoint | None:
    """Return the newest checkpoint that a witness cosigned, as it is stored. Raises `ProofRejected`, `Malformed`."""
    row = database.execute(SHOWN, [META_LOG], binary=True).fetchone()
    if row is None:
        return None
    if row[1] is None:
        raise ProofRejected(
            f"the checkpoint of {row[0]} leaves that witnesses cosigned is not there any more"
        )
    return Checkpoint.parse(split_note(bytes(row[1]))[0])


def _nodes(database: Database, size: int) -> NodeReader:
    return stored_nodes(
        lambda query, row: database.execute(query, row, binary=True).fetchone(), META_LOG, size=size
    )


def _row_of(witness: Witness, line: SignatureLine) -> tuple[str, int, str]:
    seconds = int.from_bytes(line.signature[:TIMESTAMP_BYTES], "big")
    return witness_id(witness), seconds, str(line)
