"""What a tenant's log holds about the person who asks: their own events, opened, as a file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from audit.leaf import SALT_BYTES
from audit.models import Body
from audit.services.byte_stream import stream_of
from audit.services.log_state import HEAD
from audit.services.record import record
from audit.services.stored_log import fetch_row
from audit.services.timeline import open_half
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting

UNIT_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class OwnEvents:
    """A file to be streamed, a line of JSON for each event. The delivery is in the log already."""

    context: TenantContext = field(repr=False)
    name: str
    size: int
    receipt: Receipt

    def chunks(self) -> Iterator[bytes]:
        """Yield the file's bytes, in constant memory. Outside any unit of work."""
        return stream_of(self.write)

    def write(self, out: BinaryIO) -> None:
        """Write the file, oldest event first. Access is checked anew for every 1,000 events."""
        start = 0
        while True:
            self.context.recheck()
            # A list: the unit of work ends before the reader, who may be slow, gets anything.
            with acting(self.context):
                rows = list(
                    Body.objects.filter(
                        actor_id=self.context.actor_id, seq__gte=start, seq__lt=self.size
                    ).order_by("seq")[:UNIT_EVENTS]
                )
                lines = [_line(self.context, row) for row in rows]
            for line in lines:
                out.write(line)
            if len(rows) < UNIT_EVENTS:
                return
            start = rows[-1].seq + 1


def own_events(context: TenantContext) -> OwnEvents:
    """Return the acting member's own events up to now, and record that they leave. Opens its own unit.

    What others did to this person is theirs: it names them. Raises `Dark`.
    """
    with acting(context):
        head = fetch_row(HEAD, [context.tenant_id])
        size = int(head[0]) if head else 0
        count = Body.objects.filter(actor_id=context.actor_id, seq__lt=size).count()
        receipt = record(
            context,
            Verb.OWN_EVENTS_DELIVERED,
            object_kind="member",
            object_id=context.actor_id,
            detail={"size": size, "count": count},
        )
    return OwnEvents(context, f"my-events-{context.public_id}-{size}.jsonl", size, receipt)


def _line(context: TenantContext, row: Body) -> bytes:
    said: dict[str, object] = {
        "index": row.seq,
        "event_id": str(row.id),
        "at": row.at.isoformat(),
        "verb": row.verb,
        "object_kind": row.object_kind,
        "object_id": str(row.object_id) if row.object_id else None,
    }
    for half in ("core", "pii"):
        opening = open_half(context, row, half)
        said[half] = None if opening is None else json.loads(opening[SALT_BYTES:])
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode() + b"\n"
