"""The platform's work log: entries for answers, proofs and the pin. It is no tenant's, under an id of its own."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from audit.pins import write_pin
from audit.proofs import TlogProof
from audit.services.errors import EventPending
from audit.services.proof_of import proof_of
from audit.services.stored_log import newest_checkpoint, policy_of, the_log
from audit.work import WorkOpenings, WorkReceipt, build_leaf
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class WorkEntry:
    """One entry to add by `audit.add_work(id, at, leaf)`, and the openings for the labeler alone."""

    id: UUID
    at: datetime
    leaf: bytes
    openings: WorkOpenings


def build_work(*, entry: UUID, answer: bytes, active_ms: int, person: UUID) -> WorkEntry:
    """Commit to one answer (the SHA-256 of its stored bytes), its active time and who gave it."""
    at_ms = time.time_ns() // 1_000_000
    made = build_leaf(entry=entry, answer=answer, active_ms=active_ms, person=person, at_ms=at_ms)
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return WorkEntry(entry, at, made.encoded, made.openings)


def work_receipt(context: TenantContext, *, entry: UUID, openings: WorkOpenings) -> bytes:
    """Return the receipt file of one entry under the newest checkpoint. Inside `acting(work_log_context())`.

    Raises `EventPending` until a checkpoint covers the entry, and `LogNotSigned`.
    """
    try:
        proof = proof_of(context, event_id=entry)
    except NotFound:
        # Moved from pending to the log between two looks.
        raise EventPending from None
    return WorkReceipt(openings.work, openings.person, TlogProof.parse(proof.content)).to_bytes()


def work_pin(context: TenantContext) -> tuple[str, bytes]:
    """Return name and content of the work log's pin. Inside `acting(work_log_context())`.

    Everybody may have it: it holds a public key and a tree size. Raises `LogNotSigned`.
    """
    log, signed = the_log(), newest_checkpoint()
    return f"ringfence-work-{log.id.hex[:12]}-{signed.size}.pin", write_pin(policy_of(log), signed.note)
