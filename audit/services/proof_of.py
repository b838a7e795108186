"""Proves that an event is in the log: by the id in its receipt, by its index, or by the whole receipt."""

from dataclasses import dataclass
from hmac import compare_digest
from uuid import UUID

from audit.merkle import check_inclusion, inclusion_path_from, leaf_hash
from audit.models import Body
from audit.proofs import TlogProof
from audit.services.errors import EventPending, ReceiptNotHonoured
from audit.services.stored_log import checkpoint_of_size, fetch_row, newest_checkpoint, nodes_of_log
from audit.values import Receipt
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound

PENDING = "SELECT leaf_hash FROM audit.pending WHERE tenant_id = %s AND id = %s"
LOST = "SELECT audit.lost_place(%s)"
LEAF = "SELECT leaf FROM audit.entry WHERE tenant_id = %s AND seq = %s"


@dataclass(frozen=True, slots=True)
class EventProof:
    """A tlog-proof file and the leaf that it proves; the leaf also stands in the file as its extra data."""

    index: int
    leaf: bytes
    content: bytes


def proof_of(context: TenantContext, *, event_id: UUID) -> EventProof:
    """Return the inclusion proof of an event under the newest checkpoint. Inside `acting(context)`.

    Raises `EventPending` while no checkpoint covers it, `LogNotSigned`, and `NotFound` for an event
    that is absent or another tenant's.
    """
    index = Body.objects.filter(id=event_id).order_by("seq").values_list("seq", flat=True).first()
    if index is None:
        if fetch_row(PENDING, [context.tenant_id, event_id]):
            raise EventPending
        raise NotFound("event")
    return proof_at(context, index=index)


def proof_at(context: TenantContext, *, index: int, size: int | None = None) -> EventProof:
    """Return the inclusion proof of the event at `index`, counted from 0. Inside `acting(context)`.

    Under the newest checkpoint, or that of `size` events. Raises `EventPending` for an event that the log has and the
    checkpoint does not cover, `LogNotSigned`, and `NotFound` where there is no such event or checkpoint.
    """
    row = fetch_row(LEAF, [context.tenant_id, index])
    if row is None:
        raise NotFound("event")
    signed = newest_checkpoint() if size is None else checkpoint_of_size(size)
    if signed is None:
        raise NotFound("checkpoint")
    if index >= signed.size:
        raise EventPending
    leaf = bytes(row[0])
    path = inclusion_path_from(nodes_of_log(signed.size), index=index, size=signed.size)
    # Never hand out a proof that its reader would refuse: damage shows here first.
    check_inclusion(path, index=index, size=signed.size, leaf=leaf_hash(leaf), head=signed.root)
    return EventProof(index, leaf, TlogProof(index, tuple(path), signed.note, extra=leaf).to_bytes())


def redeem_receipt(context: TenantContext, receipt: Receipt) -> EventProof:
    """Return the proof that the log holds what a receipt promised. Inside `acting(context)`.

    Raises what `proof_of` raises, and `ReceiptNotHonoured` for an event whose leaf is another one.
    """
    waiting = fetch_row(PENDING, [context.tenant_id, receipt.event_id])
    if waiting is not None:
        _require_promised(receipt, bytes(waiting[0]))
        raise EventPending
    try:
        proof = proof_of(context, event_id=receipt.event_id)
    except NotFound:
        # The event's id went with its body; its leaf may have been put back.
        place = fetch_row(LOST, [receipt.leaf_hash])
        if place is None or place[0] is None:
            raise
        return proof_at(context, index=place[0])
    _require_promised(receipt, leaf_hash(proof.leaf))
    return proof


def _require_promised(receipt: Receipt, logged: bytes) -> None:
    if not compare_digest(receipt.leaf_hash, logged):
        raise ReceiptNotHonoured
