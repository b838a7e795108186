"""What the log must say after a run: as many events as the clients counted, all of them under a checkpoint."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from tests.stack import Stack

PATIENCE_SECONDS = 120.0
WORK_LOG = UUID("00000000-0000-8000-8000-776f726b6c6f")
"""The platform's own log of finished work, as `audit.services.work_log` names it: one entry for each answer."""
SIZE = "SELECT coalesce(max(size), 0) FROM audit.checkpoint WHERE tenant_id = %s"
BEHIND = """
SELECT EXISTS (SELECT FROM audit.pending WHERE tenant_id = %s)
    OR (SELECT coalesce(max(size), 0) FROM audit.head WHERE tenant_id = %s) <> (
        SELECT coalesce(max(size), 0) FROM audit.checkpoint WHERE tenant_id = %s)
"""


class LogIsWrong(Exception):
    """The log does not hold what was acknowledged."""


def wait_signed(superuser: psycopg.Connection[Any], tenant_id: UUID) -> None:
    """Return when nothing is pending and the newest head has its checkpoint. Raises `LogIsWrong`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while superuser.execute(BEHIND, [tenant_id] * 3).fetchone() == (True,):
        if time.monotonic() > until:
            raise LogIsWrong("sequencer and signer do not catch up")
        time.sleep(0.02)


@dataclass(slots=True)
class Ledger:
    """What clients were told, in numbers, to be held against the log."""

    delivered: int = 0
    accepted: int = 0
    pages: int = 0

    def events(self) -> dict[str, int]:
        """Return how many events of each verb that makes."""
        return {
            "task.delivered": self.delivered,
            "submission.accepted": self.accepted,
            "item.delivered": self.pages,
        }


class LogCheck:
    """Counts a tenant's log from now on, and recomputes it at the end."""

    def __init__(self, superuser: psycopg.Connection[Any], tenant_id: UUID) -> None:
        self._superuser, self._tenant_id = superuser, tenant_id
        wait_signed(superuser, tenant_id)
        self._note()

    def hold(self, ledger: Ledger) -> dict[str, int]:
        """Return the growth by verb. Raises `LogIsWrong` unless it is exactly what `ledger` says."""
        wait_signed(self._superuser, self._tenant_id)
        grown: dict[str, int] = dict(
            self._superuser.execute(
                "SELECT verb, count(*) FROM audit.body WHERE tenant_id = %s AND seq >= %s GROUP BY verb",
                [self._tenant_id, self._before],
            ).fetchall()
        )
        wanted = {verb: count for verb, count in ledger.events().items() if count}
        if grown != wanted or self._size() - self._before != sum(wanted.values()):
            raise LogIsWrong(f"the log grew by {grown}, and clients were told {wanted}")
        kept = self._submissions() - self._answers
        if kept != ledger.accepted:
            raise LogIsWrong(f"{kept} answers are kept, and {ledger.accepted} were acknowledged")
        wait_signed(self._superuser, WORK_LOG)
        if (added := self._work_size() - self._worked) != ledger.accepted:
            raise LogIsWrong(f"the work log grew by {added}, and {ledger.accepted} answers were acknowledged")
        self._note()
        return grown

    def recompute(self, stack: Stack) -> int:
        """Recompute every tile, root and signature; return the number of leaves. Raises `LogIsWrong`."""
        from audit.fsck import check_logs

        with psycopg.connect(stack.url("rf_signer", "cell"), autocommit=True) as signer:
            (report,) = check_logs(signer, self._tenant_id)
        if report.problems:
            raise LogIsWrong(str(report.problems))
        return report.events

    def _note(self) -> None:
        self._before, self._answers, self._worked = self._size(), self._submissions(), self._work_size()

    def _size(self) -> int:
        return self._one(SIZE, self._tenant_id)

    def _work_size(self) -> int:
        return self._one(SIZE, WORK_LOG)

    def _submissions(self) -> int:
        return self._one("SELECT count(*) FROM annotation_submission WHERE tenant_id = %s", self._tenant_id)

    def _one(self, query: str, of: UUID) -> int:
        row = self._superuser.execute(query, [of]).fetchone()
        return int(row[0]) if row else 0
