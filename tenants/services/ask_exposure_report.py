"""Ask for an exposure report: a row that waits, and a message that wakes a worker."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid, NotFound
from ringfence.kernel.ids import uuid7
from tenants.exposure import (
    EXPOSURE_JOB,
    EXPOSURE_TASK,
    LONGEST_PERIOD,
    STILL_RUNNING,
    Question,
    Scope,
)
from tenants.gate.exposure import known_members, named_parties
from tenants.gate.tickets import sign_ticket
from tenants.models import ExposureReport


@dataclass(frozen=True, slots=True)
class Span:
    """A period, the end not included."""

    since: datetime
    until: datetime


def ask_exposure_report(
    context: TenantContext, *, span: Span, question: Question, attests: bool = False
) -> UUID:
    """Return the id of a report over `span`; a worker makes it in steps. Inside `acting(context)`.

    An end that is not over yet is moved to what is certain: half a minute ago, when every unit of work that
    belongs to it has ended. Raises `Invalid` for a period that nothing can be said of, `NotFound` for a
    member or party that does not exist.
    """
    span = settled(span)
    _require_subject(context, question)
    report_id = uuid7()
    ticket = sign_ticket(context, job=EXPOSURE_JOB, subject_id=report_id).value
    seal = context.keyring.seal
    ExposureReport.objects.create(
        id=report_id,
        asked_by_id=context.actor_id,
        asked_at=timezone.now(),
        since=span.since,
        until=span.until,
        attests=attests,
        question=seal(question.to_bytes(), field=ExposureReport.question, row=report_id),
        ticket=seal(ticket.encode(), field=ExposureReport.ticket, row=report_id),
    )
    record(
        context,
        Verb.EXPOSURE_ASKED,
        object_kind="exposure_report",
        object_id=report_id,
        detail={
            "since": span.since.isoformat(),
            "until": span.until.isoformat(),
            "about": question.scope.value,
            "subject": str(question.subject or ""),
            "attests": attests,
        },
    )
    transaction.on_commit(lambda: wake_worker(context.public_id, report_id, ticket))
    return report_id


def settled(span: Span) -> Span:
    """Return the period in whole seconds, ended where nothing can be added to it any more. Raises `Invalid`."""
    over = timezone.now() - STILL_RUNNING
    since, until = span.since.replace(microsecond=0), min(span.until, over).replace(microsecond=0)
    if since >= until:
        raise Invalid("The period ends before it begins, or has only just begun.", field="since")
    if until - since > LONGEST_PERIOD:
        raise Invalid("A report covers at most a year. Ask for two.", field="since")
    return Span(since, until)


def wake_worker(tenant: str, report_id: UUID, ticket: str) -> bool:
    """Send the message; return False when the broker does not answer, which loses nothing."""
    try:
        current_app.send_task(
            EXPOSURE_TASK,
            kwargs={"tenant": tenant, "report_id": str(report_id), "ticket": ticket},
            retry=False,
        )
    except (OperationalError, OSError):
        return False
    return True


def _require_subject(context: TenantContext, question: Question) -> None:
    if question.scope is Scope.EVERYBODY:
        return
    if question.subject is None:
        raise Invalid("Say which member or party the report is about.", field="subject")
    if question.scope is Scope.MEMBER:
        if not known_members(context.tenant_id, [question.subject]):
            raise NotFound("member")
    elif not named_parties([question.subject])[question.subject].name:
        raise NotFound("party")
