"""The words and measures of bundles that a worker makes, and what is said when there is no file."""

import json
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from audit.services.select_events import Selection
from audit.tiles import TILE_WIDTH
from ringfence.kernel.errors import RingfenceError

BUNDLE_JOB = "proof bundle"
"""What a bundle's ticket says it is for."""
BUNDLE_TASK = "tenants.run_bundle"
UNIT_EVENTS = 8 * TILE_WIDTH
"""A unit of a whole log ends where a tile ends; one of a selection is a little longer, so that it does too."""
SILENT_JOB = timedelta(minutes=2)
"""The longest step without a sign of life reads all parts once, and says so with every eight of them."""
KEPT_FOR = timedelta(days=7)
MOST_KEPT = 10
"""Bundles of one workspace at a time; each may have 2 GB."""
LIVE = ("waiting", "running")
GONE = ("failed", "expired", "removed")

ACCESS_ENDED = "access_ended"
ERASED_MEANWHILE = "erased_meanwhile"
KEYS_GONE = "keys_gone"
PROOF_WRONG = "proof_wrong"
REFUSED = "bundle_refused"


class BundleNotReady(RingfenceError):
    """The bundle is still being made."""

    code = "bundle_not_ready"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This bundle is not made yet. Its state says how far it is; ask again then.")


class BundleGone(RingfenceError):
    """There was a bundle, and there is none any more: its time is over, it was removed, or it cannot be opened."""

    code = "bundle_gone"
    status = HTTPStatus.GONE

    def __init__(self, problem: str = "") -> None:
        self.problem = problem
        why = {
            ERASED_MEANWHILE: "something that it held was erased since",
            KEYS_GONE: "a key that it was sealed with is destroyed",
        }.get(problem, "its time is over, it was removed, or it could not be made")
        super().__init__(f"This bundle is gone: {why}. Ask for a new one.")


def selection_to_bytes(selection: Selection) -> bytes:
    """Return the conditions as JSON, to be sealed."""
    return json.dumps(selection.detail).encode()


def selection_of(encoded: bytes) -> Selection:
    """Read what `selection_to_bytes` wrote."""
    times = {"since", "until"}
    given: dict[str, Any] = {
        name: datetime.fromisoformat(value) if name in times else UUID(value)
        for name, value in json.loads(encoded).items()
    }
    return Selection(**given)


def end_of_unit(indexes: Any, start: int, most: int) -> int:
    """Return where the unit that begins at place `start` of ascending `indexes` ends: never inside a tile."""
    stop = min(start + most, len(indexes))
    while stop < len(indexes) and indexes[stop] // TILE_WIDTH == indexes[stop - 1] // TILE_WIDTH:
        stop += 1
    return stop
