"""What was promised of a log beside its ledger: the newest checkpoint in the bucket, and what this process signed.

One backup of both sets ledger and database back together; neither the bucket nor this memory is in it. The bucket is
asked once for each log in the life of a process, before its first signature, and in a thread: one that hangs costs a
round no more than `patience_seconds`, and a log that was held against it goes on without it. Nothing of this is stored.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from audit.database import Database
from audit.encoding import to_base64
from audit.errors import EvidenceRefused
from audit.signer.errors import HistoryChanged, SignerTrouble, Waits
from audit.signer.growth import require_growth
from audit.signer.store import SignedHead

PATIENCE_SECONDS = 1.0
LONGEST_ASKING_SECONDS = 20.0
FIRST_QUIET_SECONDS, LONGEST_QUIET_SECONDS = 1.0, 30.0
WAITS = "logs wait to be held against the bucket before their first signature"

logger = logging.getLogger("ringfence.audit.signer")


@dataclass(frozen=True, slots=True)
class Promise:
    """A head that somebody may hold us to; `note` is its signed checkpoint where the bucket has it."""

    head: SignedHead
    note: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bucket has of a log: its newest checkpoint by the key that was named, and whether others stand there."""

    newest: Promise | None
    others: bool = False


class Bucket(Protocol):
    """Reads a bucket of anchors. Asked by one thread at a time."""

    def ask(self, log_id: UUID, origin: str, vkey: str) -> Answer:
        """Return what stands there. Raises `SignerTrouble` where the bucket does not say."""


class _Asking:
    """One question on its way, in a thread that nobody has to wait for at the end."""

    def __init__(self, bucket: Bucket, log_id: UUID, origin: str, vkey: str) -> None:
        self.log_id, self.origin, self.vkey = log_id, origin, vkey
        self.since = time.monotonic()
        self.done = threading.Event()
        self.answer: Answer | None = None
        self.trouble = "it failed"
        self._bucket = bucket
        threading.Thread(target=self._run, name="bucket", daemon=True).start()

    def _run(self) -> None:
        try:
            self.answer = self._bucket.ask(self.log_id, self.origin, self.vkey)
        except SignerTrouble as trouble:
            self.trouble = str(trouble)
        except Exception:
            logger.exception("the bucket was asked in vain")
        finally:
            self.done.set()


@dataclass(slots=True)
class Promises:
    """Remembers one promise for each log, the one of the most events. Without a bucket: of this process alone."""

    bucket: Bucket | None = None
    patience_seconds: float = PATIENCE_SECONDS
    _known: dict[UUID, Promise | None] = field(default_factory=dict, repr=False)
    _answers: dict[UUID, Answer] = field(default_factory=dict, repr=False)
    _asking: _Asking | None = field(default=None, repr=False)
    _why: str = ""
    _quiet_until: float = 0.0
    _quiet_seconds: float = FIRST_QUIET_SECONDS
    _left: float = PATIENCE_SECONDS

    def begin_round(self) -> None:
        """Give a round its patience."""
        self._left = self.patience_seconds

    def is_known(self, log_id: UUID) -> bool:
        """Say whether a log can be signed without asking the bucket."""
        return self.bucket is None or log_id in self._known

    def require_answer(self, log_id: UUID) -> None:
        """Raise `Waits` for a log of which the bucket was asked in vain a moment ago."""
        if not self.is_known(log_id) and time.monotonic() < self._quiet_until:
            raise Waits(self._why)

    def of(self, log_id: UUID, *, origin: str, vkey: str, signed: bool) -> Promise | None:
        """Return what was promised of a log, or None; `signed` says whether its ledger has a head.

        Raises `Waits` until the bucket has answered, and `HistoryChanged` for a log that has signed nothing and of
        which the bucket has checkpoints by a key that is not its own.
        """
        if self.bucket is None or log_id in self._known:
            return self._known.get(log_id)
        answer = self._ask(self.bucket, log_id, origin, vkey)
        if answer.newest is None and answer.others and not signed:
            raise HistoryChanged("the bucket has checkpoints of the log by a key that is lost")
        self._known[log_id] = answer.newest
        return answer.newest

    def keep(self, log_id: UUID, head: SignedHead) -> None:
        """Remember a head that extends what was promised, and is promised now."""
        known = self._known.get(log_id)
        if known is None or known.head != head:
            self._known[log_id] = Promise(head)

    def _ask(self, bucket: Bucket, log_id: UUID, origin: str, vkey: str) -> Answer:
        while log_id not in self._answers:
            self.require_answer(log_id)
            self._asking = asking = self._asking or _Asking(bucket, log_id, origin, vkey)
            began = time.monotonic()
            done = asking.done.wait(max(0.0, self._left))
            self._left -= time.monotonic() - began
            if not done and time.monotonic() - asking.since < LONGEST_ASKING_SECONDS:
                raise Waits(WAITS)
            self._asking = None
            if asking.answer is None:
                self._be_quiet(asking.trouble if done else "it does not answer in time")
            else:
                self._answers[asking.log_id] = asking.answer
                self._quiet_seconds = FIRST_QUIET_SECONDS
        return self._answers.pop(log_id)

    def _be_quiet(self, trouble: str) -> None:
        self._why = f"{WAITS}: {trouble}"
        self._quiet_until = time.monotonic() + self._quiet_seconds
        self._quiet_seconds = min(self._quiet_seconds * 2, LONGEST_QUIET_SECONDS)


def require_promise(database: Database, tenant_id: UUID, promise: Promise, head: SignedHead) -> None:
    """Return if `head`, which was recomputed or is in the ledger, extends what was promised; by the stored tiles.

    Raises `HistoryChanged`, with the signed note where the bucket had it.
    """
    who = "the bucket has a signed checkpoint" if promise.note else "this process signed a head"
    why = f"{who} of {promise.head.size} events that the log does not have"
    evidence: dict[str, object] = {
        "promised": {"size": promise.head.size, "root": to_base64(promise.head.root)},
        "note": promise.note.decode(errors="replace"),
    }
    try:
        require_growth(database, tenant_id, old=promise.head, new=head)
    except EvidenceRefused as reason:
        raise HistoryChanged(why, evidence) from reason
