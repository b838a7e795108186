"""The signer's round: each log that has grown gets a signed checkpoint, or is frozen; attestations get an answer."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from audit.checkpoints import Checkpoint
from audit.database import Database, Refusal
from audit.encoding import to_base64
from audit.frontier import Frontier
from audit.notes import sign_note
from audit.signer.attestations import answer_requests
from audit.signer.errors import HistoryChanged, SignerTrouble, Waits
from audit.signer.growth import grow
from audit.signer.promises import Promises, require_promise
from audit.signer.store import LogStore, SignedHead, Store
from audit.signer.successions import state_succession
from ringfence.crypto.signing import NoteSigner

PAUSE_SECONDS = 0.2
FRONTIERS_KEPT = 10_000
EXCLUDED = "RFA22"

LOGS = "SELECT tenant_id, id, origin, after_size FROM audit.log WHERE state = 'active'"
GROWN = """
SELECT l.tenant_id, l.id, l.origin, l.after_size FROM audit.log l
CROSS JOIN LATERAL (
    SELECT size FROM audit.head WHERE tenant_id = l.tenant_id ORDER BY size DESC LIMIT 1
) AS h
LEFT JOIN LATERAL (
    SELECT size FROM audit.checkpoint WHERE tenant_id = l.tenant_id ORDER BY size DESC LIMIT 1
) AS c ON true
WHERE l.state = 'active' AND c.size IS DISTINCT FROM h.size
"""
ASKED = """
SELECT l.tenant_id, l.id, l.origin, l.after_size FROM audit.log l
 WHERE l.state = 'active' AND EXISTS (SELECT FROM audit.attestation_request r WHERE r.tenant_id = l.tenant_id)
"""
VKEY = "SELECT vkey FROM audit.log WHERE tenant_id = %s AND state = 'active'"
KNOWN = "SELECT id FROM audit.log UNION SELECT log_id FROM audit.succession"
STORED = "SELECT note FROM audit.checkpoint WHERE tenant_id = %s AND size = %s"
HEAD = "SELECT size, root FROM audit.head WHERE tenant_id = %s ORDER BY size DESC LIMIT 1"

logger = logging.getLogger("ringfence.audit.signer")


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log to look at: whose it is, its id, the name it signs under, and the size above which it signs."""

    tenant_id: UUID
    id: UUID
    origin: str
    after_size: int


@dataclass(slots=True)
class Signer:
    """Witness number zero: believes its own ledger and the bucket, and of the database only what it recomputes."""

    store: Store
    promises: Promises = field(default_factory=Promises)
    troubles: dict[UUID, str] = field(default_factory=dict)
    _frontiers: OrderedDict[UUID, Frontier] = field(default_factory=OrderedDict, repr=False)
    _seen: Database | None = field(default=None, repr=False)
    _waiting: set[UUID] = field(default_factory=set, repr=False)

    def run_round(self, database: Database) -> bool:
        """Sign what has grown; on a new connection, compare every log with its ledger first.

        A database that was set back has been restarted, and need not wait for its next event. A log that the bucket
        was not asked about yet is looked at in each round until it was, after those that need not wait.
        """
        everything = self._seen is not database
        if everything:
            self.troubles.clear()
            self._frontiers.clear()
        self.promises.begin_round()
        logs = [OpenLog(*row) for row in database.execute(LOGS if everything else GROWN)]
        if self._waiting and not everything:
            logs = self._with_waiting(database, logs)
        for log in sorted(logs, key=lambda each: not self.promises.is_known(each.id)):
            self._attend(database, log, self._sign)
        for row in database.execute(ASKED):
            self._attend(database, OpenLog(*row), self._attest)
        if everything:
            self._miss_logs(database)
            self._seen = database
        return False

    def trouble(self) -> str:
        """Say what keeps the signer from signing, for the heartbeat."""
        return "; ".join(sorted(set(self.troubles.values())))[:500]

    def _with_waiting(self, database: Database, grown: list[OpenLog]) -> list[OpenLog]:
        every = {log.id: log for log in (OpenLog(*row) for row in database.execute(LOGS))}
        for gone in self._waiting - set(every):
            self._waiting.discard(gone)
            self.troubles.pop(gone, None)
        return list(({log.id: log for log in grown} | {each: every[each] for each in self._waiting}).values())

    def _attend(
        self, database: Database, log: OpenLog, act: Callable[[Database, OpenLog, LogStore], None]
    ) -> None:
        try:
            if log.id in self._waiting:
                self.promises.require_answer(log.id)
            with self.store.hold(log.id) as held:
                if held is None:
                    return
                try:
                    act(database, log, held)
                except HistoryChanged as change:
                    self._freeze(database, log, held, change)
            self.troubles.pop(log.id, None)
            self._waiting.discard(log.id)
        except Waits as waits:
            # One line for all that wait for the same.
            if str(waits) not in self.troubles.values():
                logger.warning("%s", waits)
            self.troubles[log.id] = str(waits)
            self._waiting.add(log.id)
        except (SignerTrouble, OSError) as trouble:
            if self.troubles.get(log.id) != str(trouble):
                logger.error("log %s is not signed: %s", log.origin, trouble)
            self.troubles[log.id] = str(trouble)

    def _sign(self, database: Database, log: OpenLog, held: LogStore) -> None:
        last = held.last()
        key = self._published_key(database, log, held, last)
        if key is None:
            return
        # Read after the lock is held: another signer cannot have gone past it meanwhile.
        row = database.execute(HEAD, [log.tenant_id], binary=True).fetchone()
        if row is None:
            raise HistoryChanged("the log has lost its heads")
        head = SignedHead(row[0], bytes(row[1]))
        if head.size <= log.after_size:
            return
        frontier = grow(database, log.tenant_id, last=last, known=self._known(log, last), head=head)
        promise = self.promises.of(log.id, origin=log.origin, vkey=key.vkey, signed=last is not None)
        if promise is not None and promise.head != last:
            require_promise(database, log.tenant_id, promise, head)
        if head != last:
            # From here on this head is a promise. A crash before the note is stored leaves an
            # unsigned promise, which the next round keeps: the same text gives the same signature.
            held.advance(expected=last, head=head)
        self.promises.keep(log.id, head)
        self._remember(log, frontier)
        if log.after_size >= 0:
            state_succession(
                database, self.store, self.promises, tenant_id=log.tenant_id, successor=log.id, key=key
            )
        note = sign_note(Checkpoint(log.origin, head.size, head.root).text, [key])
        stored = database.execute(STORED, [log.tenant_id, head.size], binary=True).fetchone()
        if stored is not None:
            # Under the lock, so nobody stores one meanwhile. It is the trouble of this log, and not of the others.
            if bytes(stored[0]) != note:
                raise SignerTrouble(f"the stored checkpoint of {head.size} events is damaged")
            return
        try:
            database.execute("SELECT audit.add_checkpoint(%s, %s, %s)", [log.tenant_id, head.size, note])
        except Refusal as refused:
            if refused.sqlstate != EXCLUDED:
                raise
            # The leaves hold what the ledger promised: tiles, or the checkpoint that is stored, were changed.
            raise SignerTrouble(str(refused).splitlines()[0]) from refused

    def _attest(self, database: Database, log: OpenLog, held: LogStore) -> None:
        last = held.last()
        key = self._published_key(database, log, held, last)
        if key is not None and last is not None:
            promise = self.promises.of(log.id, origin=log.origin, vkey=key.vkey, signed=True)
            if promise is not None and promise.head.size > last.size:
                raise Waits("a ledger has less than was signed")
            if promise is not None and promise.head != last:
                require_promise(database, log.tenant_id, promise, last)
            answer_requests(database, log.tenant_id, origin=log.origin, key=key, signed=last)

    def _published_key(
        self, database: Database, log: OpenLog, held: LogStore, last: SignedHead | None
    ) -> NoteSigner | None:
        """Return the log's key, made and published when the log is new; None for a log frozen meanwhile."""
        row = database.execute(VKEY, [log.tenant_id]).fetchone()
        if row is None:
            return None
        published, key = row[0], held.key(log.origin)
        if published is None:
            if last is not None:
                raise HistoryChanged("the database has forgotten the log's key")
            key = key or held.make_key(log.origin)
            database.execute("SELECT audit.publish_key(%s, %s)", [log.tenant_id, key.vkey])
            return key
        if key is None:
            raise SignerTrouble("a log's signing key is not here; restore the signer's folder")
        if key.vkey != published:
            if last is not None:
                raise HistoryChanged("the database names another key for the log")
            raise SignerTrouble("another signer with a folder of its own signs this log")
        return key

    def _freeze(self, database: Database, log: OpenLog, held: LogStore, change: HistoryChanged) -> None:
        """Keep the evidence, then stop the log: it is never signed again until people decide."""
        last, why = held.last(), str(change)
        row = database.execute(HEAD, [log.tenant_id], binary=True).fetchone()
        evidence = {
            "origin": log.origin,
            "why": why,
            "signed": {"size": last.size, "root": to_base64(last.root)} if last else None,
            "found": {"size": row[0], "root": to_base64(bytes(row[1]))} if row else None,
            **change.evidence,
        }
        path = held.keep_evidence(evidence)
        logger.critical("log %s is frozen: %s; evidence: %s", log.origin, why, path)
        database.execute("SELECT audit.freeze_log(%s, %s)", [log.tenant_id, why])
        self._frontiers.pop(log.id, None)

    def _miss_logs(self, database: Database) -> None:
        there = {row[0] for row in database.execute(KNOWN)}
        for log_id in self.store.log_ids() - there:
            with self.store.hold(log_id) as held:
                if held is not None and held.last() is not None:
                    self.troubles[log_id] = f"signed log {log_id.hex} is gone from the database"
                    logger.critical("signed log %s is gone from the database", log_id.hex)

    def _known(self, log: OpenLog, last: SignedHead | None) -> Frontier | None:
        known = self._frontiers.get(log.id)
        if known is None or last is None or (known.size, known.head) != (last.size, last.root):
            return None
        return known

    def _remember(self, log: OpenLog, frontier: Frontier) -> None:
        self._frontiers[log.id] = frontier
        self._frontiers.move_to_end(log.id)
        while len(self._frontiers) > FRONTIERS_KEPT:
            self._frontiers.popitem(last=False)
