"""Finds the events that a bundle is about: one object, one member, one project, a stretch of time."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from audit.bundle import MAX_SELECTED
from audit.leaf import SALT_BYTES, parse_canonical_json
from audit.models import Body
from audit.services.erasures import erased_by
from audit.services.errors import BundleRefused
from audit.services.timeline import open_half
from audit.subjects import is_about
from ringfence.kernel.context import TenantContext, acting

MOST_OPENED = 200_000
"""Events opened within one request, to find those that name an id in their detail. A worker has no such end."""
MOST_TASKS = 200_000
"""Tasks of a project that are remembered while the events of one item are found in it."""

UNIT_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events: every condition that is given holds, and at least one is.

    `item_id` is any object; events count whose object it is, or whose detail names it (deliveries in batches).
    `project_id` takes in the tasks that some event ties to the project. `member_id` is who acted, or was acted on.
    """

    item_id: UUID | None = None
    member_id: UUID | None = None
    project_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def detail(self) -> dict[str, object]:
        """The conditions, for the event that records the export."""
        given = {name: getattr(self, name) for name in self.__slots__}
        return {name: str(value) for name, value in given.items() if value is not None}

    @property
    def needs_opening(self) -> bool:
        """Whether no column says which events these are: what an event names stands in its sealed detail."""
        return self.item_id is not None or self.project_id is not None


@dataclass(frozen=True, slots=True)
class Finding:
    """How far the opening of events has come, so that it can go on in another process. Pure.

    Of a project it takes two passes over the same events: which tasks some event ties to it, then what is chosen.
    """

    tying: bool
    """Whether the first of two passes runs."""
    after: int = -1
    """Index of the event that was looked at last."""
    tasks: frozenset[UUID] = frozenset()
    found: tuple[int, ...] = field(default=(), repr=False)
    opened: int = 0
    over: bool = False

    def to_bytes(self) -> bytes:
        """Return it as JSON, to be kept between two slices."""
        body = {
            "tying": self.tying,
            "after": self.after,
            "tasks": sorted(each.hex for each in self.tasks),
            "found": list(self.found),
            "opened": self.opened,
            "over": self.over,
        }
        return json.dumps(body).encode()

    @classmethod
    def parse(cls, encoded: bytes) -> "Finding":
        """Read what `to_bytes` wrote."""
        body = json.loads(encoded)
        return cls(
            body["tying"],
            body["after"],
            frozenset(UUID(each) for each in body["tasks"]),
            tuple(body["found"]),
            body["opened"],
            body["over"],
        )


def select_events(context: TenantContext, selection: Selection, *, size: int) -> tuple[int, ...]:
    """Return the indexes below `size` of the selected events, ascending, at once. Opens units of its own.

    Where one of them was erased, the event that erased it is among them: without it the gap would have no proof.
    Raises `BundleRefused` for more than a bundle holds, or when more would have to be opened than one request may.
    """
    if not selection.needs_opening:
        with acting(context):
            found = Body.objects.filter(_fitting(selection, size)).order_by("seq")
            indexes = tuple(found.values_list("seq", flat=True)[: MAX_SELECTED + 1])
        return with_erasures(context, indexes, size=size)
    with acting(context):
        if count_to_open(selection, size=size) > MOST_OPENED * passes(selection):
            raise BundleRefused(
                f"More than {MOST_OPENED:,} events would have to be opened. Give `since` and `until`, or let a"
                " worker make the bundle (`job`)."
            )
    finding = begin_finding(selection)
    while not finding.over:
        context.recheck()
        finding = find_more(context, selection, finding, size=size)
    return with_erasures(context, finding.found, size=size)


def passes(selection: Selection) -> int:
    """Return how often each fitting event is opened."""
    return 1 if selection.project_id is None else 2


def count_to_open(selection: Selection, *, size: int) -> int:
    """Return how many openings it takes, all passes together. Inside `acting`."""
    return Body.objects.filter(_fitting(selection, size)).count() * passes(selection)


def begin_finding(selection: Selection) -> Finding:
    """Return the state before the first slice."""
    return Finding(tying=selection.project_id is not None)


def find_more(context: TenantContext, selection: Selection, finding: Finding, *, size: int) -> Finding:
    """Return the state after the next 1,000 events. Opens one unit; keeps no event, so memory stays small.

    Raises `BundleRefused` as soon as it is known that more events are chosen than one bundle holds, and `Dark`.
    """
    with acting(context):
        fitting = _fitting(selection, size) & Q(seq__gt=finding.after)
        rows = list(Body.objects.filter(fitting).order_by("seq")[:UNIT_EVENTS])
        opened = [(row, _core(open_half(context, row, "core"))) for row in rows]
    tasks, found = set(finding.tasks), list(finding.found)
    for row, core in opened:
        if finding.tying:
            if row.object_kind == "task" and row.object_id and _is_about(row, core, {selection.project_id}):
                tasks.add(row.object_id)
        elif _is_chosen(row, core, selection, finding.tasks):
            found.append(row.seq)
    # What ties a task to a project is chosen with it, unless an item narrows the choice.
    if len(found) > MAX_SELECTED or (len(tasks) > MAX_SELECTED and selection.item_id is None):
        raise _too_many()
    if len(tasks) > MOST_TASKS:
        raise BundleRefused(f"More than {MOST_TASKS:,} tasks belong to this project. Give a shorter time.")
    ended = len(rows) < UNIT_EVENTS
    return Finding(
        tying=finding.tying and not ended,
        after=-1 if ended else rows[-1].seq,
        tasks=frozenset(tasks),
        found=tuple(found),
        opened=finding.opened + len(rows),
        over=ended and not finding.tying,
    )


def with_erasures(context: TenantContext, found: tuple[int, ...], *, size: int) -> tuple[int, ...]:
    """Return `found` with the events that erased some of them, ascending. Raises `BundleRefused` for too many."""
    if len(found) <= MAX_SELECTED:
        with acting(context):
            erasing = {each.index for each in erased_by(context, found).values()}
        found = tuple(sorted({*found, *(index for index in erasing if index is not None and index < size)}))
    if len(found) > MAX_SELECTED:
        raise _too_many()
    return found


def _too_many() -> BundleRefused:
    return BundleRefused(
        f"More than {MAX_SELECTED:,} events fit. Give a shorter time, or take the whole log."
    )


def _fitting(selection: Selection, size: int) -> Q:
    """The conditions that stand in columns; the others take the event to be opened."""
    fitting = Q(seq__lt=size)
    if selection.since is not None:
        fitting &= Q(at__gte=selection.since)
    if selection.until is not None:
        fitting &= Q(at__lt=selection.until)
    if selection.member_id is not None:
        fitting &= Q(actor_id=selection.member_id) | Q(object_id=selection.member_id)
    return fitting


def _is_chosen(row: Body, core: dict[str, Any], selection: Selection, tasks: frozenset[UUID]) -> bool:
    if selection.item_id is not None and not _is_about(row, core, {selection.item_id}):
        return False
    return selection.project_id is None or _is_about(row, core, {selection.project_id, *tasks})


def _is_about(row: Body, core: dict[str, Any], ids: set[UUID | None]) -> bool:
    return row.object_id in ids or is_about(core, {str(each) for each in ids})


def _core(opening: bytes | None) -> dict[str, Any]:
    return {} if opening is None else parse_canonical_json(opening[SALT_BYTES:])
