"""Settles what a bundle holds: the newest checkpoint, the events under it, and the proof of growth."""

from collections.abc import Sequence
from dataclasses import replace

from audit.bundle import MAX_SELECTED
from audit.bundle_plan import BundlePlan
from audit.manifest import BundleKind
from audit.merkle import consistency_path_from
from audit.services.errors import BundleRefused
from audit.services.select_events import Selection, select_events
from audit.services.stamped_by import stamped_by
from audit.services.stored_log import (
    StoredCheckpoint,
    checkpoint_of_size,
    newest_checkpoint,
    nodes_of_log,
    policy_of,
    the_log,
)
from audit.services.witnessed import watched_by
from ringfence.kernel.context import TenantContext, acting

MOST_EVENTS = 2_000_000
"""In a bundle of a whole log: about 2 GB. A zip of this layout ends at 65,535 members and 4 GiB."""


def plan_bundle(
    context: TenantContext, *, from_size: int = 0, selection: Selection | None = None
) -> BundlePlan:
    """Return what a bundle of the log as it is signed now holds. Opens units of its own; reads alone.

    Args:
        from_size: 0 for the whole log, which any pin can be checked against. Otherwise the size of a
            pin: the bundle holds the events since then, and the proof that the log only grew.
        selection: which events, of the whole log; `from_size` then brings the proof of growth alone.

    Raises `BundleRefused` for more than 2,000,000 events, or 30,000 since `from_size`, or a
    `from_size` that was never signed; `LogNotSigned`; `Dark`; and what `select_events` raises.
    """
    frame = frame_bundle(context, from_size=from_size, chosen=selection is not None)
    if selection is None:
        return frame
    return replace(frame, indexes=select_events(context, selection, size=frame.size))


def frame_bundle(context: TenantContext, *, from_size: int = 0, chosen: bool = False) -> BundlePlan:
    """Return the plan of a bundle whose events, where they are `chosen`, are still to be found: it names none then.

    Opens a unit of its own. Raises as `plan_bundle` does, but for what finding events raises.
    """
    with acting(context):
        newest = newest_checkpoint()
        since = older_checkpoint(from_size, newest, whole=not chosen)
        consistency: Sequence[bytes] = ()
        if since is not None:
            nodes = nodes_of_log(newest.size)
            consistency = consistency_path_from(nodes, old_size=since.size, new_size=newest.size)
        policy = policy_of(the_log())
        return BundlePlan(
            kind=BundleKind.WHOLE_LOG if since is None and not chosen else BundleKind.SELECTION,
            policy=policy,
            checkpoint=newest.note,
            size=newest.size,
            indexes=() if chosen else range(from_size, newest.size),
            since=since.note if since else None,
            since_size=from_size,
            consistency=tuple(consistency),
            watched=watched_by(newest),
            stamped=stamped_by(newest, policy),
        )


def older_checkpoint(from_size: int, newest: StoredCheckpoint, *, whole: bool) -> StoredCheckpoint | None:
    """Return the checkpoint of a pin's size, None for 0. Inside `acting`. Raises `BundleRefused`.

    `whole` says that all events since then are wanted, and not chosen ones.
    """
    if from_size == 0:
        if whole and newest.size > MOST_EVENTS:
            raise BundleRefused(
                f"The log has {newest.size:,} events; one bundle holds {MOST_EVENTS:,}."
                " Give `from_size`, the size of your newest pin, for what came after it."
            )
        return None
    since = checkpoint_of_size(from_size)
    if since is None or since.size > newest.size:
        raise BundleRefused(
            f"There is no checkpoint over exactly {from_size:,} events. Give the size in your pin, or 0."
        )
    if whole and newest.size - since.size > MAX_SELECTED:
        raise BundleRefused(
            f"{newest.size - since.size:,} events came since; such a bundle holds {MAX_SELECTED:,}."
            " Take the whole log (`from_size` 0): it can be checked against your pin as well."
        )
    return since
