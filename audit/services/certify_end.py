"""Proves a log's last event to whoever will hold no key of it: a proof bundle of that one event, opened."""

import io
import json
from uuid import UUID

from audit.bundle import Entry, write_selection
from audit.leaf import SALT_BYTES
from audit.manifest import Brought
from audit.merkle import consistency_path_from, inclusion_path_from
from audit.models import Body
from audit.services.errors import EventPending
from audit.services.stored_log import (
    StoredCheckpoint,
    checkpoint_of_size,
    fetch_row,
    newest_checkpoint,
    nodes_of_log,
    policy_of,
    the_log,
)
from audit.services.timeline import open_half
from audit.services.witnessed import watched_by
from audit.single_file import single_file
from audit.single_page import single_page
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound

PENDING = "SELECT 1 FROM audit.pending WHERE tenant_id = %s AND id = %s"
LEAF = "SELECT leaf FROM audit.entry WHERE tenant_id = %s AND seq = %s"


def certify_end(context: TenantContext, *, event_id: UUID) -> bytes:
    """Return a bundle of one event under the newest checkpoint, as a file. Inside `acting(context)`.

    It brings the proof of growth from the newest pin that the tenant took, so that this pin judges it; and the
    verifiers. Raises `EventPending` while no checkpoint covers the event, `LogNotSigned`, `NotFound`, `Dark`.
    """
    row = Body.objects.filter(id=event_id).order_by("seq").first()
    if row is None:
        if fetch_row(PENDING, [context.tenant_id, event_id]):
            raise EventPending
        raise NotFound("event")
    newest = newest_checkpoint()
    if row.seq >= newest.size:
        raise EventPending
    leaf = fetch_row(LEAF, [context.tenant_id, row.seq])
    if leaf is None:
        raise NotFound("event")
    nodes = nodes_of_log(newest.size)
    entry = Entry(
        index=row.seq,
        leaf=bytes(leaf[0]),
        core=open_half(context, row, "core"),
        pii=open_half(context, row, "pii"),
        path=tuple(inclusion_path_from(nodes, index=row.seq, size=newest.size)),
    )
    since = _newest_pin(context, newest)
    grown = () if since is None else consistency_path_from(nodes, old_size=since.size, new_size=newest.size)
    out = io.BytesIO()
    write_selection(
        out,
        policy=policy_of(the_log()),
        checkpoint=newest.note,
        entries=[entry],
        since=None if since is None else since.note,
        consistency=list(grown),
        brought=Brought(verifier=single_file(), page=single_page()),
        watched=watched_by(newest),
    )
    return out.getvalue()


def _newest_pin(context: TenantContext, newest: StoredCheckpoint) -> StoredCheckpoint | None:
    """Return the checkpoint in the pin that the tenant took last; None where it took none."""
    taken = Body.objects.filter(verb=Verb.AUDIT_PIN_DELIVERED.value).order_by("-seq").first()
    opening = None if taken is None else open_half(context, taken, "core")
    if opening is None:
        return None
    size = int(json.loads(opening[SALT_BYTES:])["detail"]["size"])
    return checkpoint_of_size(size) if 0 < size < newest.size else None
