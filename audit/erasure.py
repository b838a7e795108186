"""What an erasing event says: which events lost their personal half, on what ground. Pure, for both sides.

    {"detail":{"ground":"objection","half":"pii","indexes":[4,17]},…,"verb":"audit.erased"}

The erased events' leaves stay as they are, so every proof holds; the erasing event is an entry like any other.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

VERB = "audit.erased"
MOST_INDEXES = 5_000


class Ground(StrEnum):
    """Why: those of Article 17(1) of the GDPR. A closed list, so that no name can stand in the log for ever."""

    NOT_NEEDED = "not_needed"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OBJECTION = "objection"
    UNLAWFUL = "unlawful"
    LEGAL_DUTY = "legal_duty"


def detail_of(indexes: Sequence[int], ground: Ground) -> dict[str, object]:
    """Return the detail of an erasing event; raises ValueError unless 1 to 5,000 indexes ascend."""
    if not 1 <= len(indexes) <= MOST_INDEXES or sorted(set(indexes)) != list(indexes):
        raise ValueError(f"one event erases 1 to {MOST_INDEXES} others, in ascending order")
    return {"half": "pii", "ground": ground.value, "indexes": list(indexes)}


def indexes_erased_by(core: Mapping[str, Any] | None) -> tuple[int, ...]:
    """Return the indexes that an event's opened core says to have erased; none for any other event."""
    if core is None or core.get("verb") != VERB:
        return ()
    detail = core.get("detail")
    listed = detail.get("indexes") if isinstance(detail, Mapping) else None
    if not isinstance(listed, list):
        return ()
    return tuple(each for each in listed if isinstance(each, int) and not isinstance(each, bool))
