"""Canary rows of exposure reports and attestations, and example requests of their pages and API."""

import hashlib
from datetime import timedelta

from django.utils import timezone

from audit.attestation import (
    Attestation as Statement,
)
from audit.attestation import (
    GraphUsed,
    LogState,
    Period,
    Planted,
    PolicyUsed,
    Population,
    Results,
    Verifier,
)
from audit.services.request_attestation import leave_for_signer
from audit.services.stored_log import the_log
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import CanaryRows, ExampleRequest, canary_for, example_request_for
from tenants.exposure import Kind, Question, Scope, Tally
from tenants.models import Attestation, ExposurePart, ExposureReport

SPAN = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}
DAYS = {"since": "2026-01-01", "until": "2026-01-01"}


@canary_for(ExposureReport)
def canary_exposure(context: TenantContext, rows: CanaryRows) -> ExposureReport:
    """Make a report that found nothing."""
    row, now = uuid7(), timezone.now()
    seal = context.keyring.seal
    return ExposureReport.objects.create(
        id=row,
        asked_by_id=context.actor_id,
        asked_at=now,
        finished_at=now,
        state="done",
        since=now - timedelta(days=1),
        until=now,
        question=seal(Question(Scope.EVERYBODY).to_bytes(), field=ExposureReport.question, row=row),
        tally=seal(Tally().to_bytes(), field=ExposureReport.tally, row=row),
        ticket=seal(b"canary", field=ExposureReport.ticket, row=row),
    )


@canary_for(ExposurePart)
def canary_exposure_part(context: TenantContext, rows: CanaryRows) -> ExposurePart:
    """Make an empty page of that report."""
    row = uuid7()
    return ExposurePart.objects.create(
        id=row,
        report_id=rows[ExposureReport].pk,
        kind=Kind.VIOLATION.value,
        n=0,
        rows=0,
        body=context.keyring.seal(b"[]", field=ExposurePart.body, row=row),
    )


@canary_for(Attestation)
def canary_attestation(context: TenantContext, rows: CanaryRows) -> Attestation:
    """Make one that waits for the signer, which never sees it: the check's transaction is rolled back."""
    row, now = uuid7(), timezone.now().replace(microsecond=0)
    digest = hashlib.sha256(b"canary").digest()
    said = Statement(
        verifier=Verifier(id="canary", policies=(PolicyUsed(digest=digest, version=0, signed=False),)),
        period=Period(start=now - timedelta(days=1), end=now),
        log=LogState(origin=the_log().origin, size=1, root=digest),
        graph=GraphUsed(version=0, digest=digest, statements=0, unknown=0, oldest_days=None),
        excluded=("canary",),
        population=Population(accesses=1, actors=1, destinations=0, subprocessors=0, decisions=1),
        results=Results(violations=0, exposures=0, denied=0, reviews=0),
        planted=Planted(run=1, detected=1, report=digest),
        unknowns=(),
        mitigations=(),
        looser=(),
        limits=("a canary",),
        issued=now,
        expires=now + timedelta(days=1),
    )
    leave_for_signer(context, row, payload=said.to_bytes(), opening=bytes(33), leaf_hash=digest)
    return Attestation.objects.create(
        id=row,
        report_id=rows[ExposureReport].pk,
        event_id=row,
        issued_by_id=context.actor_id,
        issued_at=said.issued,
        expires_at=said.expires,
        since=said.period.start,
        until=said.period.end,
        payload=context.keyring.seal(said.to_bytes(), field=Attestation.payload, row=row),
    )


@example_request_for("attesting:attestations")
@example_request_for("attesting:exposures")
@example_request_for("attesting-api:attestations")
@example_request_for("attesting-api:exposures")
def list_all(rows: CanaryRows) -> ExampleRequest:
    """Look at the list."""
    return ExampleRequest("GET")


@example_request_for("attesting:attestations")
def ask_attestation_by_page(rows: CanaryRows) -> ExampleRequest:
    """Ask for an attestation over a day that is over."""
    return ExampleRequest("POST", body=dict(DAYS))


@example_request_for("attesting-api:attestations")
def ask_attestation_by_script(rows: CanaryRows) -> ExampleRequest:
    """Ask for an attestation over a day that is over."""
    return ExampleRequest("POST", body=dict(SPAN))


@example_request_for("attesting:exposures")
def ask_report_by_page(rows: CanaryRows) -> ExampleRequest:
    """Ask for a report on everybody."""
    return ExampleRequest("POST", body={**DAYS, "about": Scope.EVERYBODY.value})


@example_request_for("attesting-api:exposures")
def ask_report_by_script(rows: CanaryRows) -> ExampleRequest:
    """Ask for a report on everybody."""
    return ExampleRequest("POST", body=dict(SPAN))


@example_request_for("attesting:attestation")
@example_request_for("attesting:attestation-file")
@example_request_for("attesting-api:attestation")
@example_request_for("attesting-api:attestation-file")
def read_one(rows: CanaryRows) -> ExampleRequest:
    """Read the canary's attestation."""
    return ExampleRequest("GET", {"attestation_id": rows[Attestation].pk})


@example_request_for("attesting:publication")
def show_by_page(rows: CanaryRows) -> ExampleRequest:
    """Stop showing whatever is shown."""
    return ExampleRequest("POST", {"attestation_id": rows[Attestation].pk}, body={"show": "off"})


@example_request_for("attesting-api:publication")
def show_by_script(rows: CanaryRows) -> ExampleRequest:
    """Show the canary's attestation, which is not signed."""
    return ExampleRequest("PUT", {"attestation_id": rows[Attestation].pk})


@example_request_for("attesting-api:publication")
def hide_by_script(rows: CanaryRows) -> ExampleRequest:
    """Stop showing it."""
    return ExampleRequest("DELETE", {"attestation_id": rows[Attestation].pk})


@example_request_for("attesting:exposure")
@example_request_for("attesting:exposure-progress")
@example_request_for("attesting:exposure-file")
@example_request_for("attesting-api:exposure")
@example_request_for("attesting-api:exposure-file")
def read_report(rows: CanaryRows) -> ExampleRequest:
    """Read the canary's report."""
    return ExampleRequest("GET", {"report_id": rows[ExposureReport].pk})
