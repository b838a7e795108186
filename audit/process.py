"""The life of the log's processes: rounds against the database, a heartbeat, back-off, a clean end."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import psycopg

from audit.database import Database, connect

BEAT_SECONDS = 1.0
FIRST_BACK_OFF_SECONDS = 0.1
LONGEST_BACK_OFF_SECONDS = 2.0

BEAT = """
INSERT INTO audit.heartbeat (process, at, trouble) VALUES (substr(current_user, 4), clock_timestamp(), %s)
ON CONFLICT (process) DO UPDATE SET at = excluded.at, trouble = excluded.trouble
"""

logger = logging.getLogger("ringfence.audit")

Round = Callable[[Database], bool]
"""One round; True asks for the next one at once. It may keep state between rounds, never a transaction."""


class LogProcess:
    """Runs rounds until it is told to stop. Survives restarts of the database."""

    def __init__(self, run_round: Round, *, pause_seconds: float, trouble: Callable[[], str] = str) -> None:
        self._run_round, self._pause, self._trouble = run_round, pause_seconds, trouble
        self._stop = threading.Event()
        self._beaten_at = -BEAT_SECONDS

    def stop_on_signals(self) -> None:
        """End after the running round on SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heard)

    def stop(self) -> None:
        """End after the running round."""
        self._stop.set()

    def run(self) -> None:
        """Run rounds until stopped; each lost connection is opened again, more and more slowly."""
        back_off = FIRST_BACK_OFF_SECONDS
        while not self._stop.is_set():
            try:
                with connect() as database:
                    back_off = self._rounds(database)
            except psycopg.OperationalError as error:
                # Only the kind: the text of a connection error can name hosts and roles.
                logger.warning(
                    "the database does not answer (%s); next try in %.1f s", type(error).__name__, back_off
                )
                self._stop.wait(back_off)
                back_off = min(back_off * 2, LONGEST_BACK_OFF_SECONDS)

    def _rounds(self, database: Database) -> float:
        while not self._stop.is_set():
            again = self._run_round(database)
            self._beat(database)
            if not again:
                self._stop.wait(self._pause)
        return FIRST_BACK_OFF_SECONDS

    def _beat(self, database: Database) -> None:
        now = time.monotonic()
        if now - self._beaten_at >= BEAT_SECONDS:
            database.execute(BEAT, [self._trouble()])
            self._beaten_at = now

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()
