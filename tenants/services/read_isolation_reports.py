"""What the officer's pages and the API show of runs: the list, one run in progress, one report."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from tenants.models import IsolationReport

MOST_SHOWN = 50
ENDED = frozenset({"done", "failed"})
SHOWN: dict[int | None, str] = {0: "pass", 1: "fail", 2: "undetected"}


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `report` is empty until there is something to show."""

    report_id: UUID
    state: str
    wall: str
    asked_by_id: UUID
    started_at: datetime
    finished_at: datetime | None
    done: int
    total: int
    exit_code: int | None
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED

    @property
    def shown_state(self) -> str:
        """The state in the words of badges."""
        if not self.ended:
            return self.state
        return SHOWN.get(self.exit_code, "inconclusive")


def list_isolation_reports(context: TenantContext) -> list[Run]:
    """Return the newest runs of this workspace, newest first."""
    rows = IsolationReport.objects.exclude(state="canary").order_by("-id")[:MOST_SHOWN]
    return [_run(row) for row in rows]


def watch_isolation_run(context: TenantContext, *, report_id: UUID) -> Run:
    """Return a run as it stands, for live progress. Raises `NotFound`."""
    row = _find(report_id)
    return _run(row, _opened(context, row) if row.wall and row.state == "running" else {})


def read_isolation_report(context: TenantContext, *, report_id: UUID) -> Run:
    """Return a run with its report; a finished report that leaves is a delivery in the log. Raises `NotFound`."""
    row = _find(report_id)
    if row.state == "waiting" or row.report is None:
        return _run(row)
    report = _opened(context, row)
    if row.state in ENDED:
        digest = hashlib.sha256(json.dumps(report, sort_keys=True, ensure_ascii=False).encode()).digest()
        deliver(
            context,
            Verb.ISOLATION_REPORT_DELIVERED,
            object_kind="isolation_report",
            objects=[(report_id, digest)],
        )
    return _run(row, report)


def _find(report_id: UUID) -> IsolationReport:
    row = IsolationReport.objects.filter(id=report_id).first()
    if row is None:
        raise NotFound("report")
    return row


def _opened(context: TenantContext, row: IsolationReport) -> dict[str, Any]:
    text = context.keyring.open(row.report, field=IsolationReport.report, row=row.id)
    try:
        report: dict[str, Any] = json.loads(text)
    except ValueError:
        # Until the first step is told, the row still holds the asker's ticket.
        return {}
    return report


def _run(row: IsolationReport, report: dict[str, Any] | None = None) -> Run:
    return Run(
        row.id, row.state, row.wall, row.asked_by_id, row.started_at, row.finished_at, row.done, row.total,
        row.exit_code, report or {},
    )  # fmt: skip
