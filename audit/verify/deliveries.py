"""Lists who was sent one object, from what a checked bundle discloses: `python -m audit.verify BUNDLE --item ID`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audit.leaf import Half
from audit.manifest import BundleKind
from audit.subjects import is_delivery_of
from audit.verify.contents import Event
from audit.verify.judge import Report
from audit.verify.words import instant, visible

NOT_NAMED = "somebody whom this bundle does not disclose"


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries of one object, in the order of the log. `closed` counts events that could be more of them."""

    object_id: UUID
    found: tuple[Event, ...]
    closed: int
    whole: bool

    @property
    def limit(self) -> str:
        """What the list does not show."""
        if not self.whole:
            return (
                "These happened. This bundle does not show that only these did: for that, take the whole log."
            )
        if self.closed:
            return f"What happened in {self.closed} more events is not disclosed; any of them may be a delivery of it."
        return "The log holds no other delivery of it. That every delivery is logged, no log can show."


def deliveries_of(report: Report, object_id: UUID) -> Deliveries:
    """Return who was sent the object, as far as the bundle discloses it."""
    written = str(object_id)
    found = tuple(event for event in report.events() if is_delivery_of(event.core or {}, written))
    closed = report.tally.count - report.tally.disclosed[Half.CORE]
    return Deliveries(object_id, found, closed, report.bundle.kind is BundleKind.WHOLE_LOG)


def deliveries_in_words(listed: Deliveries) -> list[str]:
    """Return the list as lines of text for a person."""
    head = (
        f"Who was sent {listed.object_id}: {len(listed.found)} deliveries, to {len(_people(listed))} people."
    )
    lines = [
        f"  {instant(event.at_ms)}  {_who(event)}  ({_verb(event)}, event {event.index})"
        for event in listed.found
    ]
    return ["", head, *lines, f"  {listed.limit}"]


def deliveries_as_json(listed: Deliveries) -> dict[str, Any]:
    """Return the list for programs; `actor` is null where it is not disclosed."""
    return {
        "id": str(listed.object_id),
        "deliveries": [
            {"index": event.index, "at_ms": event.at_ms, "verb": _verb(event), "actor": _actor(event)}
            for event in listed.found
        ],
        "undisclosed": listed.closed,
        "limit": listed.limit,
    }


def _people(listed: Deliveries) -> set[str]:
    return {actor for event in listed.found if (actor := _actor(event)) is not None}


def _actor(event: Event) -> str | None:
    actor = (event.pii or {}).get("actor")
    return actor if isinstance(actor, str) else None


def _verb(event: Event) -> str:
    return visible(str((event.core or {}).get("verb")))


def _who(event: Event) -> str:
    actor = _actor(event)
    if actor is None:
        return NOT_NAMED
    role = (event.pii or {}).get("role")
    return visible(actor) + (f" as {visible(role)}" if isinstance(role, str) else "")
