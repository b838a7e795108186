"""Records one delivery of content, before its first byte leaves."""

from collections.abc import Sequence
from uuid import UUID

from audit.encoding import HASH_BYTES, to_base64
from audit.services.record import record
from audit.values import Receipt
from audit.verbs import SHOWS_CONTENT, Verb
from ringfence.kernel.context import TenantContext

MOST_OBJECTS = 1_000


def deliver(
    context: TenantContext, verb: Verb, *, object_kind: str, objects: Sequence[tuple[UUID, bytes]]
) -> Receipt:
    """Record that 1 to 1,000 objects leave for `context`'s actor, prefetched ones included.

    Args:
        verb: one of the `….delivered` verbs.
        object_kind: what the objects are, in the singular.
        objects: (id, SHA-256 of the delivered content) of each; they are sealed in the event, and
            a single object's id stands in clear as well.

    Commit before the answer's first byte. Raises ValueError for none, too many, or a digest of
    another length, what `context.before_view` raises where it shows content, and whatever `record` raises.
    """
    if not verb.value.endswith(".delivered"):
        raise ValueError(f"{verb} does not say that something was delivered")
    if not 1 <= len(objects) <= MOST_OBJECTS:
        raise ValueError(f"one event covers 1 to {MOST_OBJECTS} objects, not {len(objects)}")
    if any(len(digest) != HASH_BYTES for _, digest in objects):
        raise ValueError("a digest is the SHA-256 of what is delivered, 32 bytes")
    if verb in SHOWS_CONTENT:
        context.before_view()
    return record(
        context,
        verb,
        object_kind=object_kind,
        object_id=objects[0][0] if len(objects) == 1 else None,
        detail={"objects": [[str(each), to_base64(digest)] for each, digest in objects]},
    )
