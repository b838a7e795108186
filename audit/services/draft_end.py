"""The last event of a log, committed to before it is recorded: its certificate is made from this, without a key."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from uuid import UUID

from audit.leaf import Leaf
from audit.services.build_event import Committed, commit_event
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext

OBJECT_KIND = "tenant"


def draft_end(context: TenantContext, *, about: UUID, detail: Mapping[str, object]) -> bytes:
    """Return the event that ends the workspace, as JSON with both openings: whoever keeps it seals it."""
    new = commit_event(
        context, Verb.TENANT_DESTROYED, object_kind=OBJECT_KIND, object_id=about, detail=detail
    )
    told = {
        "id": str(new.id),
        "about": str(about),
        "actor": str(new.actor_id),
        "at": new.at_ms,
        "leaf": b64encode(new.leaf.encoded).decode(),
        "core": b64encode(new.leaf.core_opening).decode(),
        "pii": b64encode(new.leaf.pii_opening).decode(),
    }
    return json.dumps(told).encode()


def drafted(draft: bytes) -> Committed:
    """Return the event in a draft."""
    told = json.loads(draft)
    leaf = Leaf(b64decode(told["leaf"]), b64decode(told["core"]), b64decode(told["pii"]))
    return Committed(
        UUID(told["id"]),
        Verb.TENANT_DESTROYED,
        UUID(told["actor"]),
        OBJECT_KIND,
        UUID(told["about"]),
        told["at"],
        leaf,
    )
