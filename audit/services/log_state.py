"""How the acting tenant's log stands right now, for its page and for health."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from audit.models import Log, LogState
from audit.services.errors import LogNotSigned
from audit.services.stored_log import StoredCheckpoint, fetch_row, newest_checkpoint, the_log
from ringfence.kernel.context import TenantContext

LONGEST_SILENCE = timedelta(seconds=3)
LONGEST_LAG = timedelta(seconds=5)
PROCESSES = ("sequencer", "signer", "publisher")

HEAD = "SELECT size, at FROM audit.head WHERE tenant_id = %s ORDER BY size DESC LIMIT 1"
PENDING = "SELECT count(*), min(at) FROM audit.pending WHERE tenant_id = %s"
HEARTBEATS = "SELECT process, clock_timestamp() - at, trouble FROM audit.heartbeat"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When a process of the log last wrote its row, and what troubles it. `silence` is None for never."""

    process: str
    silence: timedelta | None
    trouble: str

    @property
    def alive(self) -> bool:
        """Say whether it wrote within the last three seconds."""
        return self.silence is not None and self.silence <= LONGEST_SILENCE


@dataclass(frozen=True, slots=True)
class LogStatus:
    """Numbers of one log: what is in it, what waits, and what is signed."""

    log: Log
    size: int
    grown_at: datetime
    pending: int
    oldest_pending_at: datetime | None
    checkpoint: StoredCheckpoint | None
    read_at: datetime

    @property
    def unsigned(self) -> int:
        """Events in the log that no checkpoint covers yet."""
        return self.size - (self.checkpoint.size if self.checkpoint else 0)

    @property
    def word(self) -> str:
        """One word: frozen, retired, late, opening, or sealed when all is under a checkpoint, or soon is."""
        if self.log.state != LogState.ACTIVE:
            return str(self.log.state)
        waiting_since = self.oldest_pending_at or (self.grown_at if self.unsigned else None)
        if waiting_since is not None and self.read_at - waiting_since > LONGEST_LAG:
            return "late"
        return "sealed" if self.checkpoint else "opening"


def log_status(context: TenantContext) -> LogStatus:
    """Return how the tenant's log stands. Inside `acting(context)`."""
    try:
        checkpoint = newest_checkpoint()
    except LogNotSigned:
        checkpoint = None
    head = fetch_row(HEAD, [context.tenant_id])
    waiting = fetch_row(PENDING, [context.tenant_id])
    log = the_log()
    return LogStatus(
        log=log,
        size=head[0] if head else 0,
        grown_at=head[1] if head else log.opened_at,
        pending=waiting[0] if waiting else 0,
        oldest_pending_at=waiting[1] if waiting else None,
        checkpoint=checkpoint,
        read_at=timezone.now(),
    )


def heartbeats() -> list[Heartbeat]:
    """Return the heartbeat of sequencer, signer and publisher. Needs no tenant; for /healthz and pages."""
    with connection.cursor() as cursor:
        cursor.execute(HEARTBEATS)
        found = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
    return [Heartbeat(name, *found.get(name, (None, ""))) for name in PROCESSES]
