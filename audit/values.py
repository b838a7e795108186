"""What the log hands out to other rooms: a receipt for each recorded event."""

from dataclasses import dataclass
from uuid import UUID

from audit.encoding import parse_hash, to_base64
from audit.errors import Malformed

ERASED_ACTOR = UUID(int=0)
"""Stands where the actor of an erased event stood."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The promise that an event is, or within a second will be, in the tenant's log.

    With it the customer demands the event's inclusion later, and notices an event that was lost.
    """

    event_id: UUID
    leaf_hash: bytes

    @property
    def header(self) -> str:
        """The value of the answer's `Audit-Receipt` header: `<event id>;<base64 leaf hash>`."""
        return f"{self.event_id};{to_base64(self.leaf_hash)}"

    @classmethod
    def parse(cls, header: str) -> "Receipt":
        """Read what `header` wrote; raises `Malformed` for anything else."""
        written, _, leaf = header.partition(";")
        try:
            receipt = cls(UUID(written), parse_hash(leaf))
        except ValueError:
            raise Malformed("a receipt begins with the id of its event") from None
        if receipt.header != header:
            raise Malformed("not the one encoding of a receipt")
        return receipt
