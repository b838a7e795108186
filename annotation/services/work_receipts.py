"""A labeler's work receipts: files that show, without us, that the work log holds their answers."""

from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from annotation.models import Submission
from annotation.services.work_openings import open_openings
from audit.services.deliver import deliver
from audit.services.work_log import work_pin, work_receipt
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound
from tenants.gate.service import work_log_context


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """One receipt as it leaves."""

    name: str
    content: bytes = field(repr=False)
    receipt: Receipt


def prove_work(context: TenantContext, *, entry: UUID) -> ReceiptFile:
    """Return the receipt of one of the actor's own answers, whatever became of it since.

    Opens its own units of work: the answer is the tenant's, the log is nobody's. The delivery is in the
    tenant's log before the file leaves. Raises `NotFound` for an answer that is absent, another
    tenant's, another person's or from before the work log; `EventPending`, `LogNotSigned`.
    """
    with acting(context):
        given = Submission.objects.filter(id=entry, labeler_id=context.actor_id).first()
        openings = open_openings(context, given) if given else None
    if openings is None:
        raise NotFound("receipt")
    log = work_log_context()
    with acting(log):
        content = work_receipt(log, entry=entry, openings=openings)
    with acting(context):
        receipt = deliver(
            context,
            Verb.WORK_RECEIPT_DELIVERED,
            object_kind="submission",
            objects=[(entry, sha256(content).digest())],
        )
    return ReceiptFile(f"work-{entry}.receipt", content, receipt)


def pin_of_work_log() -> tuple[str, bytes]:
    """Return name and content of the pin by which receipts are judged: a public key and a tree size."""
    log = work_log_context()
    with acting(log):
        return work_pin(log)
