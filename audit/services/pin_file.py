"""Gives the pin: the file by which a customer judges every later bundle, kept from the first day."""

from dataclasses import dataclass, field

from audit.pins import write_pin
from audit.services.record import record
from audit.services.stored_log import newest_checkpoint, policy_of, the_log
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


@dataclass(frozen=True, slots=True)
class PinFile:
    """What to send, and under which name."""

    name: str
    content: bytes = field(repr=False)
    receipt: Receipt


def pin_file(context: TenantContext) -> PinFile:
    """Return the log's policy and newest checkpoint as a pin, and record that it was given.

    Inside `acting(context)`. Raises `LogNotSigned` in the first second of a log.
    """
    log, signed = the_log(), newest_checkpoint()
    content = write_pin(policy_of(log), signed.note)
    receipt = record(
        context, Verb.AUDIT_PIN_DELIVERED, object_kind="log", object_id=log.id, detail={"size": signed.size}
    )
    return PinFile(f"ringfence-{log.id.hex[:12]}-{signed.size}.pin", content, receipt)
