"""The round: the meta-log's newest checkpoint is time-stamped, once a day, and what holds is kept.

A crash between answer and row costs one time-stamp: the next round asks again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from audit.checkpoints import Checkpoint
from audit.database import Database
from audit.errors import EvidenceRefused, ProofRejected
from audit.meta import META_LOG
from audit.notes import Vkey, open_note
from audit.publisher.asking import NoReply, Post
from audit.timestamps.place import Authority
from audit.timestamps.tokens import Stamp, TokenRefused, open_token, request_for

ROUND_SECONDS = 3_600.0
"""So an authority that does not answer is asked again an hour later."""
DAY = timedelta(hours=24)
SKEW = timedelta(minutes=10)
"""How far the authority's clock may be from ours, as with witnesses."""
REPLY_TYPE = "application/timestamp-reply"

NEWEST = """
SELECT l.vkey, c.size, c.note, EXISTS (SELECT FROM audit.timestamp t WHERE t.size = c.size),
       EXISTS (SELECT FROM audit.timestamp t WHERE t.at > clock_timestamp() - %s)
  FROM audit.log l JOIN audit.checkpoint c USING (tenant_id)
 WHERE l.tenant_id = %s AND l.state = 'active' AND l.vkey IS NOT NULL AND c.size > greatest(l.after_size, 0)
 ORDER BY c.size DESC LIMIT 1
"""
KEEP = "SELECT audit.add_timestamp(%s, %s, %s, %s)"

logger = logging.getLogger("ringfence.audit.timestamps")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Stamper:
    """Has checkpoints stamped by one authority.

    Args:
        post: sends a DER request to an address and returns the answer; raises `NoReply`.
    """

    authority: Authority
    post: Post
    clock: Callable[[], datetime] = _now
    trouble: str = ""
    """Why the last round kept nothing although something was due; may be shown."""

    def run_round(self, database: Database, *, at_once: bool = False) -> Stamp | None:
        """Stamp the newest checkpoint unless one was stamped in the last 24 hours; return what was kept.

        A checkpoint is stamped once: a later time-stamp of the same bytes says less than the first.

        Args:
            at_once: also if one was stamped today.
        """
        self.trouble = ""
        row = database.execute(NEWEST, [DAY, META_LOG], binary=True).fetchone()
        if row is None:
            return None
        vkey, size, note, stamped, today = row
        if stamped or (today and not at_once):
            return None
        try:
            stamp = self._ask(vkey, size, bytes(note))
        except (NoReply, EvidenceRefused) as trouble:
            self.trouble = str(trouble)[:500]
            logger.error("the meta-log's checkpoint of %s leaves is not time-stamped: %s", size, self.trouble)
            return None
        database.execute(KEEP, [size, stamp.stated, stamp.authority, stamp.token])
        return stamp

    def _ask(self, vkey: str, size: int, note: bytes) -> Stamp:
        signed = Checkpoint.parse(open_note(note, [Vkey.parse(vkey)]).text)
        if signed.size != size:
            raise ProofRejected("the newest checkpoint is of another size")
        request = request_for(note)
        reply = self.post(self.authority.url, request.as_bytes())
        if reply.status != 200:
            raise TokenRefused(f"the authority answers {reply.status}")
        if reply.content_type.partition(";")[0].strip().lower() != REPLY_TYPE:
            raise TokenRefused("the authority answers with something else than a time-stamp")
        stamp = open_token(reply.body, note, self.authority.roots, nonce=request.nonce)
        if abs(stamp.stated - self.clock()) > SKEW:
            raise TokenRefused("the authority states a time that is not now")
        return stamp
