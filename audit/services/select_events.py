"""Finds the events that a bundle is about: one object, one member, one project, a stretch of time."""

from collections.abc import Iterator
from dataclasses import dataclass
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
"""Events opened to find those that name an id in their detail: about half a minute's work."""

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


def select_events(context: TenantContext, selection: Selection, *, size: int) -> tuple[int, ...]:
    """Return the indexes below `size` of the selected events, ascending. Opens units of its own.

    Where one of them was erased, the event that erased it is among them: without it the gap would have no proof.
    Raises `BundleRefused` for more than a bundle holds, or when more would have to be opened than is sensible.
    """
    fitting = Q(seq__lt=size)
    if selection.since is not None:
        fitting &= Q(at__gte=selection.since)
    if selection.until is not None:
        fitting &= Q(at__lt=selection.until)
    if selection.member_id is not None:
        fitting &= Q(actor_id=selection.member_id) | Q(object_id=selection.member_id)
    if selection.item_id is None and selection.project_id is None:
        with acting(context):
            found = _indexes(fitting)
    else:
        found = _opened(context, selection, fitting)
    if len(found) <= MAX_SELECTED:
        with acting(context):
            erasing = {each.index for each in erased_by(context, found).values()}
        found = sorted({*found, *(index for index in erasing if index is not None and index < size)})
    if len(found) > MAX_SELECTED:
        raise BundleRefused(
            f"More than {MAX_SELECTED:,} events fit. Give a shorter time, or take the whole log."
        )
    return tuple(found)


def _indexes(fitting: Q) -> list[int]:
    return list(
        Body.objects.filter(fitting).order_by("seq").values_list("seq", flat=True)[: MAX_SELECTED + 1]
    )


def _opened(context: TenantContext, selection: Selection, fitting: Q) -> list[int]:
    with acting(context):
        if Body.objects.filter(fitting).count() > MOST_OPENED:
            raise BundleRefused(
                f"More than {MOST_OPENED:,} events would have to be opened. Give `since` and `until`."
            )
    about: set[int] | None = None
    if selection.item_id is not None:
        about = {
            row.seq for row, core in _cores(context, fitting) if _is_about(row, core, {selection.item_id})
        }
    if selection.project_id is not None:
        members = _of_project(context, selection.project_id, fitting)
        about = members if about is None else about & members
    return sorted(about or ())


def _of_project(context: TenantContext, project_id: UUID, fitting: Q) -> set[int]:
    """Return the events about a project, or about a task that one of these ties to it."""
    wanted = {project_id}
    for row, core in _cores(context, fitting):
        if row.object_kind == "task" and row.object_id is not None and _is_about(row, core, {project_id}):
            wanted.add(row.object_id)
    return {row.seq for row, core in _cores(context, fitting) if _is_about(row, core, wanted)}


def _is_about(row: Body, core: dict[str, Any], ids: set[UUID]) -> bool:
    return row.object_id in ids or is_about(core, {str(each) for each in ids})


def _cores(context: TenantContext, fitting: Q) -> Iterator[tuple[Body, dict[str, Any]]]:
    """Yield the fitting events with what is still to be opened of them; access is checked for every 1,000."""
    after = -1
    while True:
        context.recheck()
        with acting(context):
            rows = list(Body.objects.filter(fitting, seq__gt=after).order_by("seq")[:UNIT_EVENTS])
            opened = [(row, _core(open_half(context, row, "core"))) for row in rows]
        yield from opened
        if len(rows) < UNIT_EVENTS:
            return
        after = rows[-1].seq


def _core(opening: bytes | None) -> dict[str, Any]:
    return {} if opening is None else parse_canonical_json(opening[SALT_BYTES:])
