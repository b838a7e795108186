"""Accesses that really happened, isolation checks that really stand in the tables, and reports run to their end."""

import json
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from django.utils import timezone

from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.exposure import Kind, Question, Scope
from tenants.models import IsolationReport
from tenants.services.ask_attestation import ask_attestation
from tenants.services.ask_exposure_report import Span, ask_exposure_report
from tenants.services.read_exposure_reports import ReportPage, read_exposure_report
from tenants.services.run_exposure_report import run_exposure_report
from tests.audit.logkeeping import Keeper
from tests.world import Someone, Workspace


def look(context: TenantContext, count: int = 1) -> list[UUID]:
    """Let `count` items be delivered to whoever holds the context; return their ids."""
    ids = [uuid4() for _ in range(count)]
    with acting(context):
        deliver(
            context,
            Verb.TASK_DELIVERED,
            object_kind="task",
            objects=[(each, sha256(each.bytes).digest()) for each in ids],
        )
    return ids


def checked(workspace: Workspace, *, planted: int = 58, detected: int = 58, exit_code: int = 0) -> None:
    """Keep the report of an isolation check that has just ended."""
    context, row, now = workspace.context(), uuid7(), timezone.now()
    body = {"planted": planted, "detected": detected, "seconds": 1.5, "checks": []}
    with acting(context):
        IsolationReport.objects.create(
            id=row,
            asked_by_id=context.actor_id,
            state="done",
            started_at=now,
            finished_at=now,
            exit_code=exit_code,
            report=context.keyring.seal(json.dumps(body).encode(), field=IsolationReport.report, row=row),
        )


def today_span(workspace: Workspace | None = None) -> Span:
    """Return the last day up to now, once the second is over: periods are in whole seconds.

    Of a workspace, only what it has of the day: each change of the registry in a period is an epoch to be judged, and
    what other tests state is of no concern to this one.
    """
    over = timezone.now().replace(microsecond=0) + timedelta(seconds=1)
    # By the clock that stamps events, which need not run as the one that sleeps by.
    while timezone.now() < over:
        time.sleep(0.02)
    since = timezone.now() - timedelta(days=1)
    if workspace is not None:
        # Its id is of the millisecond of its making (RFC 9562, version 7).
        since = datetime.fromtimestamp((workspace.tenant_id.int >> 80) // 1_000, UTC)
    return Span(since, timezone.now() + timedelta(minutes=1))


def report_on(
    workspace: Workspace, keeper: Keeper, question: Question | None = None, *, attests: bool = False,
    span: Span | None = None, state: str = "done",
) -> UUID:  # fmt: skip
    """Ask for a report as the auditor, and work on it until it has ended as expected."""
    auditor = workspace.someone(Role.AUDITOR).context
    with acting(auditor):
        if attests:
            report_id = ask_attestation(auditor, span=span or today_span(workspace))
        else:
            report_id = ask_exposure_report(
                auditor, span=span or today_span(workspace), question=question or Question(Scope.EVERYBODY)
            )
    keeper.settle()
    ended = run_exposure_report(auditor, report_id=report_id)
    assert ended == state, ended
    return report_id


def page_of(workspace: Workspace, report_id: UUID, kind: Kind, n: int = 0) -> ReportPage:
    """Read one page of a report as the auditor."""
    auditor = workspace.someone(Role.AUDITOR).context
    with acting(auditor):
        return read_exposure_report(auditor, report_id=report_id, kind=kind, n=n)


def about(someone: Someone) -> Question:
    """Ask about one member."""
    return Question(Scope.MEMBER, someone.member_id)
