"""Run what was asked for, in the checker's process: all checks, or one wall taken down for somebody to watch."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Permission
from tenants.isolation.findings import ExitCode
from tenants.isolation.places import CannotRun, live_target, working_as_app
from tenants.isolation.probe import NotAProbe, all_probes
from tenants.isolation.runner import run_check
from tenants.models import IsolationReport
from tenants.services.break_wall import break_wall
from tenants.services.create_canaries import create_canaries

LOST = timedelta(minutes=20)
"""A run that has not ended for so long has lost its checker, and may be taken up again."""


def run_isolation_check(context: TenantContext, *, report_id: UUID) -> None:
    """Take up one waiting run on behalf of whoever asked, and keep its report, sealed, in their workspace.

    Does nothing for a run that is taken up already. Raises what the gate raises when access ended meanwhile.
    """
    context.require(Permission.ISOLATION_RUN)
    with working_as_app(), acting(context):
        now = timezone.now()
        free = Q(state="waiting") | Q(state="running", started_at__lt=now - LOST)
        taken = IsolationReport.objects.filter(free, id=report_id).update(state="running", started_at=now)
        wall = IsolationReport.objects.values_list("wall", flat=True).get(id=report_id) if taken else ""
    if not taken:
        return
    try:
        report, code = _watch(context, report_id, wall) if wall else _check(context, report_id)
        state = "done"
    except (CannotRun, NotAProbe, LookupError) as problem:
        report, code, state = {"trouble": str(problem)}, ExitCode.COULD_NOT_RUN, "failed"
    context.recheck()
    _keep(context, report_id, report, wall=wall, code=code, state=state)


def _check(context: TenantContext, report_id: UUID) -> tuple[dict[str, Any], ExitCode]:
    create_canaries()

    def progress(done: int, total: int) -> None:
        with working_as_app(), acting(context):
            IsolationReport.objects.filter(id=report_id).update(done=done, total=total)

    subject = context if Permission.AUDIT_VIEW in context.permissions else None
    report = run_check(live_target(subject), all_probes(), progress)
    return report.as_json(context.tenant_id), report.code


def _watch(context: TenantContext, report_id: UUID, wall: str) -> tuple[dict[str, Any], ExitCode]:
    create_canaries()

    def progress(story: Mapping[str, Any]) -> None:
        with working_as_app(), acting(context):
            IsolationReport.objects.filter(id=report_id).update(
                report=_sealed(context, report_id, story), done=len(story["steps"])
            )

    story = break_wall(wall, progress)
    return story, ExitCode.PASS if story["turned_red"] else ExitCode.UNDETECTED


def _keep(
    context: TenantContext,
    report_id: UUID,
    report: Mapping[str, Any],
    *,
    wall: str,
    code: ExitCode,
    state: str,
) -> None:
    """Seal the report, and write into the tenant's log what it said."""
    digest = hashlib.sha256(_encoded(report)).hexdigest()
    detail: dict[str, object] = {"exit_code": int(code), "sha256": digest}
    with working_as_app(), acting(context):
        IsolationReport.objects.filter(id=report_id).update(
            state=state,
            finished_at=timezone.now(),
            exit_code=int(code),
            report=_sealed(context, report_id, report),
        )
        record(
            context,
            Verb.ISOLATION_SABOTAGED if wall else Verb.ISOLATION_CHECKED,
            object_kind="isolation_report",
            object_id=report_id,
            detail=detail | ({"wall": wall} if wall else {}),
        )


def _sealed(context: TenantContext, report_id: UUID, report: Mapping[str, Any]) -> bytes:
    return context.keyring.seal(_encoded(report), field=IsolationReport.report, row=report_id)


def _encoded(report: Mapping[str, Any]) -> bytes:
    return json.dumps(report, sort_keys=True, ensure_ascii=False).encode()
