"""Canaries of the log's tables, example requests of its routes, and its doors."""

from audit.erasure import Ground
from audit.models import AttestationRequest, Body, Erasure, Log
from audit.services.erase_entries import erase
from audit.services.request_attestation import leave_for_signer
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import CanaryRows, ExampleRequest, canary_for, door, example_request_for

door(
    "audit-anchor",
    what="checkpoints, tiles and leaves of every log: sizes, hashes and commitments, nothing that tells of content",
    to="the operator's bucket with Object Lock, named in its settings",
)
door("audit-bundle", what="the whole log, opened, as a proof bundle")
door("own-events", what="what the log holds about the acting member: their own events, opened")
door("audit-pin", what="the log's public key and newest checkpoint")
door("audit-proof", what="the proof that one event stands in the log")
door("audit-verifier", what="the offline verifier, as text or as a page; nothing of the workspace")


@canary_for(Log)
def log_of_canary(context: TenantContext, rows: CanaryRows) -> Log:
    """Return the log that was opened with the tenant."""
    return Log.objects.get()


@canary_for(Body)
def body_of_canary(context: TenantContext, rows: CanaryRows) -> Body:
    """Return the log's first event. Raises `Body.DoesNotExist` until the sequencer has run once."""
    return Body.objects.earliest("seq")


@canary_for(Erasure)
def erasure_of_canary(context: TenantContext, rows: CanaryRows) -> Erasure:
    """Erase who did the canary's newest event; the check's transaction is rolled back. Needs `Body`'s row."""
    erasable = Body.objects.filter(pii__isnull=False).exclude(verb=Verb.AUDIT_ERASED.value)
    place = erasable.latest("seq").seq
    erase(context, [place], Ground.OBJECTION)
    return Erasure.objects.get(seq=place)


@canary_for(AttestationRequest)
def request_of_canary(context: TenantContext, rows: CanaryRows) -> AttestationRequest:
    """Leave something for the signer that it never sees: the check's transaction is rolled back."""
    row = uuid7()
    leave_for_signer(context, row, payload=b"canary", opening=bytes(33), leaf_hash=bytes(32))
    return AttestationRequest.objects.get(id=row)


@example_request_for("audit-api:checkpoint")
def newest_checkpoint(rows: CanaryRows) -> ExampleRequest:
    """Read the newest checkpoint."""
    return ExampleRequest("GET")


@example_request_for("audit-api:entries")
def newest_entries(rows: CanaryRows) -> ExampleRequest:
    """Read the newest events."""
    return ExampleRequest("GET")


@example_request_for("audit-api:erasures")
def erase_first_event(rows: CanaryRows) -> ExampleRequest:
    """Erase who did the canary's event."""
    body = rows[Body]
    return ExampleRequest(
        "POST", body={"indexes": [getattr(body, "seq", 0)], "ground": Ground.OBJECTION.value, "confirm": 1}
    )


@example_request_for("audit-api:own-events")
def take_own_events(rows: CanaryRows) -> ExampleRequest:
    """Take what the log holds about oneself."""
    return ExampleRequest("GET")


@example_request_for("audit-api:pin")
def pin_by_script(rows: CanaryRows) -> ExampleRequest:
    """Take the pin."""
    return ExampleRequest("GET")


@example_request_for("audit-api:receipt")
def proof_of_receipt(rows: CanaryRows) -> ExampleRequest:
    """Ask for the proof of the canary's event."""
    return ExampleRequest("GET", kwargs={"event_id": rows[Body].pk})


@example_request_for("audit-api:log-checkpoint")
def checkpoint_of_log(rows: CanaryRows) -> ExampleRequest:
    """Read the newest checkpoint where tlog-tiles has it."""
    return ExampleRequest("GET")


@example_request_for("audit-api:tile")
def first_entry(rows: CanaryRows) -> ExampleRequest:
    """Read the bundle of the first entry alone."""
    return ExampleRequest("GET", kwargs={"name": "entries/000.p/1"})


@example_request_for("audit-api:policy")
def policy_text(rows: CanaryRows) -> ExampleRequest:
    """Read the policy."""
    return ExampleRequest("GET")


@example_request_for("audit-api:witnesses")
def choose_one_witness(rows: CanaryRows) -> ExampleRequest:
    """Let one witness be enough."""
    return ExampleRequest("PUT", body={"wanted": 1})


@example_request_for("audit-api:witnessed")
def proof_of_witnesses(rows: CanaryRows) -> ExampleRequest:
    """Ask for what witnesses have seen of the canary's log."""
    return ExampleRequest("GET")


@example_request_for("audit-api:timestamped")
def time_stamp(rows: CanaryRows) -> ExampleRequest:
    """Ask since when the canary's log existed."""
    return ExampleRequest("GET")


@example_request_for("audit-api:consistency")
def growth_from_nothing(rows: CanaryRows) -> ExampleRequest:
    """Ask for the proof from the empty log."""
    return ExampleRequest("GET")


@example_request_for("audit:succession")
@example_request_for("audit-api:succession")
def succession(rows: CanaryRows) -> ExampleRequest:
    """Ask which log the canary's log succeeds."""
    return ExampleRequest("GET")


@example_request_for("audit-api:proof")
def proof_of_first(rows: CanaryRows) -> ExampleRequest:
    """Ask for the proof of the log's first event."""
    return ExampleRequest("GET", kwargs={"index": 0})


@example_request_for("audit-api:redeem")
def redeemed(rows: CanaryRows) -> ExampleRequest:
    """Turn in a receipt for the canary's event."""
    return ExampleRequest("POST", body={"receipt": Receipt(rows[Body].pk, bytes(32)).header})


@example_request_for("audit:log")
def log_page(rows: CanaryRows) -> ExampleRequest:
    """Look at the log's page."""
    return ExampleRequest("GET")


@example_request_for("audit:event")
@example_request_for("audit:event-proof")
def first_event(rows: CanaryRows) -> ExampleRequest:
    """Look at the log's first event, or take its proof."""
    return ExampleRequest("GET", kwargs={"index": 0})


@example_request_for("audit:state")
def log_state(rows: CanaryRows) -> ExampleRequest:
    """Ask for the live numbers."""
    return ExampleRequest("GET")


@example_request_for("audit:pin")
def pin_by_page(rows: CanaryRows) -> ExampleRequest:
    """Download the pin."""
    return ExampleRequest("GET")


@example_request_for("audit:verifier")
def verifier_by_page(rows: CanaryRows) -> ExampleRequest:
    """Download the verifier."""
    return ExampleRequest("GET")


@example_request_for("audit:witnesses")
def chosen_witnesses(rows: CanaryRows) -> ExampleRequest:
    """Choose how many must cosign."""
    return ExampleRequest("POST", body={"wanted": "1"})


@example_request_for("audit:verifier-page")
def verifier_page_by_page(rows: CanaryRows) -> ExampleRequest:
    """Download the verifier for browsers."""
    return ExampleRequest("GET")


@example_request_for("audit:bundle")
def bundle_by_page(rows: CanaryRows) -> ExampleRequest:
    """Download the bundle."""
    return ExampleRequest("POST")
