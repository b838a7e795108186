"""Proves a log's last event to whoever will hold no key of it: a proof bundle of that one event, opened."""

import io
import json

from audit.bundle import Entry, write_selection
from audit.leaf import SALT_BYTES
from audit.manifest import Brought
from audit.merkle import consistency_path_from, inclusion_path_from
from audit.models import Body
from audit.services.draft_end import drafted
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
from ringfence.kernel.errors import Dark, NotFound

PENDING = "SELECT 1 FROM audit.pending WHERE tenant_id = %s AND id = %s"
SIGNED_BY_THEN = "SELECT max(size) FROM audit.checkpoint WHERE tenant_id = %s AND size <= %s AND at <= %s"
LEAF = "SELECT leaf FROM audit.entry WHERE tenant_id = %s AND seq = %s"


def certify_end(context: TenantContext, draft: bytes) -> bytes:
    """Return a bundle of the drafted event under the newest checkpoint, as a file. Inside `acting(context)`.

    It brings the proof of growth from the newest pin that the tenant took, so that this pin judges it; and the
    verifiers. Needs no key. Raises `EventPending` while no checkpoint covers the event, `LogNotSigned`, `NotFound`.
    """
    event = drafted(draft)
    row = Body.objects.filter(id=event.id).order_by("seq").first()
    if row is None:
        if fetch_row(PENDING, [context.tenant_id, event.id]):
            raise EventPending
        raise NotFound("event")
    newest = newest_checkpoint()
    if row.seq >= newest.size:
        raise EventPending
    leaf = fetch_row(LEAF, [context.tenant_id, row.seq])
    if leaf is None or bytes(leaf[0]) != event.leaf.encoded:
        raise NotFound("event")
    nodes = nodes_of_log(newest.size)
    entry = Entry(
        index=row.seq,
        leaf=event.leaf.encoded,
        core=event.leaf.core_opening,
        pii=event.leaf.pii_opening,
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
    """Return the checkpoint in the pin that the tenant took last; None where it took none.

    In the dark the event does not say which one it was. Then it is the newest that was signed when the pin left,
    which is the same one unless the signer came by in that very moment.
    """
    taken = Body.objects.filter(verb=Verb.AUDIT_PIN_DELIVERED.value).order_by("-seq").first()
    if taken is None:
        return None
    try:
        opening = open_half(context, taken, "core")
    except Dark:
        row = fetch_row(SIGNED_BY_THEN, [context.tenant_id, taken.seq, taken.at])
        size = int(row[0] or 0) if row else 0
    else:
        size = 0 if opening is None else int(json.loads(opening[SALT_BYTES:])["detail"]["size"])
    return checkpoint_of_size(size) if 0 < size < newest.size else None
