"""Why the queue has nothing for somebody: asked only after it gave nothing."""

from collections.abc import Mapping
from typing import Any

from annotation.services import statements
from annotation.services.queue_sql import WHY_EMPTY
from annotation.values import EmptyReason, ProjectState
from ringfence.kernel.errors import NotFound


def why_empty(values: Mapping[str, Any]) -> EmptyReason:
    """Return the first reason that applies. `values` are those of the statement that gave nothing.

    Raises `NotFound` for a project that is absent or another tenant's.
    """
    found = statements.one(WHY_EMPTY, values)
    if found is None:
        raise NotFound("project")
    (
        state, schema_version, assigned, consented, qualified, items, held, leased, open_to_me, unfinished, capped,
        full_with_held,
    ) = found  # fmt: skip
    reasons = (
        (not assigned, EmptyReason.NOT_ASSIGNED),
        (state == ProjectState.PAUSED, EmptyReason.PAUSED),
        (state == ProjectState.CLOSED, EmptyReason.CLOSED),
        (not consented, EmptyReason.NEEDS_CONSENT),
        (schema_version == 0, EmptyReason.NO_SCHEMA),
        (not qualified, EmptyReason.NOT_QUALIFIED),
        (not items, EmptyReason.NO_ITEMS),
        (capped and unfinished, EmptyReason.CAP),
        (full_with_held, EmptyReason.HELD),
        (open_to_me, EmptyReason.BUSY),
        (held, EmptyReason.HELD),
        (leased, EmptyReason.LEASED),
        (unfinished, EmptyReason.ALL_YOURS),
    )
    return next((reason for applies, reason in reasons if applies), EmptyReason.DONE)
