"""Records the event that was drafted as the last one of a log."""

from uuid import UUID

from audit.services.build_event import seal_event
from audit.services.draft_end import drafted
from audit.services.record import keep
from ringfence.kernel.context import TenantContext


def record_end(context: TenantContext, draft: bytes) -> UUID:
    """Record it in the running unit of work, sealed by `context`'s keyring; return the event's id."""
    return keep(seal_event(context, drafted(draft))).event_id
