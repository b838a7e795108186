"""Canaries of the log's tables, example requests of its routes, and its doors."""

from audit.models import AttestationRequest, Body, Log
from audit.services.request_attestation import leave_for_signer
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import CanaryRows, ExampleRequest, canary_for, door, example_request_for

door("audit-bundle", what="the whole log, opened, as a proof bundle")
door("audit-pin", what="the log's public key and newest checkpoint")
door("audit-proof", what="the proof that one event stands in the log")


@canary_for(Log)
def log_of_canary(context: TenantContext, rows: CanaryRows) -> Log:
    """Return the log that was opened with the tenant."""
    return Log.objects.get()


@canary_for(Body)
def body_of_canary(context: TenantContext, rows: CanaryRows) -> Body:
    """Return the log's first event. Raises `Body.DoesNotExist` until the sequencer has run once."""
    return Body.objects.earliest("seq")


@canary_for(AttestationRequest)
def request_of_canary(context: TenantContext, rows: CanaryRows) -> AttestationRequest:
    """Leave something for the signer that it never sees: the check's transaction is rolled back."""
    row = uuid7()
    leave_for_signer(context, row, payload=b"canary", opening=bytes(33), leaf_hash=bytes(32))
    return AttestationRequest.objects.get(id=row)


@example_request_for("audit-api:bundles")
def whole_bundle(rows: CanaryRows) -> ExampleRequest:
    """Export the canary's log."""
    return ExampleRequest("POST", body={"from_size": 0})


@example_request_for("audit-api:checkpoint")
def newest_checkpoint(rows: CanaryRows) -> ExampleRequest:
    """Read the newest checkpoint."""
    return ExampleRequest("GET")


@example_request_for("audit-api:entries")
def newest_entries(rows: CanaryRows) -> ExampleRequest:
    """Read the newest events."""
    return ExampleRequest("GET")


@example_request_for("audit-api:pin")
def pin_by_script(rows: CanaryRows) -> ExampleRequest:
    """Take the pin."""
    return ExampleRequest("GET")


@example_request_for("audit-api:receipt")
def proof_of_receipt(rows: CanaryRows) -> ExampleRequest:
    """Ask for the proof of the canary's event."""
    return ExampleRequest("GET", kwargs={"event_id": rows[Body].pk})


@example_request_for("audit:log")
def log_page(rows: CanaryRows) -> ExampleRequest:
    """Look at the log's page."""
    return ExampleRequest("GET")


@example_request_for("audit:state")
def log_state(rows: CanaryRows) -> ExampleRequest:
    """Ask for the live numbers."""
    return ExampleRequest("GET")


@example_request_for("audit:pin")
def pin_by_page(rows: CanaryRows) -> ExampleRequest:
    """Download the pin."""
    return ExampleRequest("GET")


@example_request_for("audit:bundle")
def bundle_by_page(rows: CanaryRows) -> ExampleRequest:
    """Download the bundle."""
    return ExampleRequest("POST")
