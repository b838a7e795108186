"""What pages and the API show of exposure reports: the list, one in progress, one page of one, the whole as a file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.registry import names_of
from tenants.exposure import ENDED, Kind, Question, Scope, Tally, members_among
from tenants.gate.exposure import named_parties
from tenants.models import Attestation, ExposurePart, ExposureReport

MOST_SHOWN = 50
FORMAT = "ringfence-exposure-report/1"


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `about` says in words about whom; `tally` is None until it is done."""

    report_id: UUID
    state: str
    asked_by_id: UUID
    asked_at: datetime
    finished_at: datetime | None
    since: datetime
    until: datetime
    question: Question
    about: str
    attests: bool
    attestation_id: UUID | None
    done: int
    total: int
    size: int
    problem: str
    tally: Tally | None = field(repr=False)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One page of one of a report's lists. `pages` is how many that list has."""

    report: Report
    kind: Kind
    n: int
    pages: int
    rows: tuple[Mapping[str, Any], ...]
    names: Mapping[str, str] = field(repr=False)


def list_exposure_reports(context: TenantContext) -> list[Report]:
    """Return the newest reports of this workspace, newest first. Inside `acting(context)`."""
    rows = ExposureReport.objects.exclude(state="canary").order_by("-id")[:MOST_SHOWN]
    return _reports(context, list(rows))


def watch_exposure_report(context: TenantContext, *, report_id: UUID) -> Report:
    """Return a report as it stands, for live progress: numbers, and nothing of what it lists. Raises `NotFound`."""
    return _reports(context, [_find(report_id)])[0]


def read_exposure_report(context: TenantContext, *, report_id: UUID, kind: Kind, n: int = 0) -> ReportPage:
    """Return one page of a report; a finished one that leaves is a delivery in the log. Raises `NotFound`."""
    row = _find(report_id)
    (report,) = _reports(context, [row])
    if not report.ended or report.tally is None:
        return ReportPage(report, kind, 0, 0, (), {})
    parts = ExposurePart.objects.filter(report_id=report_id, kind=kind.value)
    part = parts.filter(n=n).first()
    if part is None and n:
        raise NotFound("page")
    encoded = b"[]" if part is None else _opened(context, part)
    content = report.tally.to_bytes() + encoded
    deliver(
        context,
        Verb.EXPOSURE_REPORT_DELIVERED,
        object_kind="exposure_report",
        objects=[(report_id, hashlib.sha256(content).digest())],
    )
    rows = tuple(json.loads(encoded))
    wanted = {UUID(row["actor"]) for row in rows} | members_among(report.tally.people)
    names = {str(who): name for who, name in names_of(context, "member", wanted).items()}
    return ReportPage(report, kind, n, parts.count(), rows, names)


def exposure_file(context: TenantContext, *, report_id: UUID) -> bytes:
    """Return a finished report as JSON: the counts, and each list with the index and event of every line.

    Recorded before it leaves. With an event's id, the API gives the proof that it is in the log. Raises `NotFound`.
    """
    row = _find(report_id)
    (report,) = _reports(context, [row])
    if report.state != "done" or report.tally is None:
        raise NotFound("file")
    lists: dict[str, list[Any]] = {kind.value: [] for kind in Kind}
    for part in ExposurePart.objects.filter(report_id=report_id).order_by("kind", "n").iterator(20):
        lists[part.kind] += json.loads(_opened(context, part))
    tally = report.tally
    content = {
        "format": FORMAT,
        "id": str(report_id),
        "about": {"scope": report.question.scope.value, "subject": str(report.question.subject or "")},
        "from": report.since.isoformat(),
        "to": report.until.isoformat(),
        "log_size": report.size,
        "population": {
            "accesses": tally.accesses,
            "actors": len(tally.actors),
            "destinations": len(tally.destinations),
            "decisions": tally.decisions,
        },
        "found": tally.found,
        "listed": tally.listed,
        "people": tally.people,
        "why": tally.why,
        "lists": lists,
    }
    encoded = (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
    deliver(
        context,
        Verb.EXPOSURE_REPORT_DELIVERED,
        object_kind="exposure_report",
        objects=[(report_id, hashlib.sha256(encoded).digest())],
    )
    return encoded


def _find(report_id: UUID) -> ExposureReport:
    row = ExposureReport.objects.filter(id=report_id).first()
    if row is None:
        raise NotFound("report")
    return row


def _opened(context: TenantContext, part: ExposurePart) -> bytes:
    return context.keyring.open(part.body, field=ExposurePart.body, row=part.id)


def _reports(context: TenantContext, rows: list[ExposureReport]) -> list[Report]:
    opened = context.keyring.open
    questions = {
        row.id: Question.parse(opened(row.question, field=ExposureReport.question, row=row.id))
        for row in rows
    }
    members = {q.subject for q in questions.values() if q.scope is Scope.MEMBER and q.subject}
    places = {q.subject for q in questions.values() if q.scope is Scope.PARTY and q.subject}
    names: dict[UUID, str] = dict(names_of(context, "member", members))
    names |= {party.id: party.name for party in named_parties(places).values()}
    issued = dict(
        Attestation.objects.filter(report_id__in=[row.id for row in rows]).values_list("report_id", "id")
    )
    return [
        Report(
            report_id=row.id,
            state=row.state,
            asked_by_id=row.asked_by_id,
            asked_at=row.asked_at,
            finished_at=row.finished_at,
            since=row.since,
            until=row.until,
            question=questions[row.id],
            about=names.get(questions[row.id].subject or row.id, ""),
            attests=row.attests,
            attestation_id=issued.get(row.id),
            done=max(0, row.after_seq - row.first_seq + 1),
            total=max(0, row.last_seq - row.first_seq + 1),
            size=row.size,
            problem=row.problem,
            tally=(
                Tally.parse(opened(row.tally, field=ExposureReport.tally, row=row.id))
                if row.state == "done" and row.tally is not None
                else None
            ),
        )
        for row in rows
    ]
