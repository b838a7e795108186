"""The log for people: opened events, newest first, by page and filter."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.leaf import SALT_BYTES
from audit.models import Body
from audit.services.erasures import ErasedBy, erased_by
from audit.services.record import record
from audit.verbs import Verb
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext
from ringfence.kernel.registry import names_of

MOST_LINES = 100
MOST_SEARCHED = 5_000
SLICE = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events: every condition that is given holds. `before` is an index, for the next page."""

    verb: Verb | None = None
    actor_id: UUID | None = None
    object_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    text: str = ""
    """Words that what the event says, or a name that it names, holds; not minding case."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event, opened as far as its keys still exist: `core` and `pii` are None once erased."""

    index: int
    event_id: UUID
    at: datetime
    verb: str
    actor_id: UUID
    actor_name: str
    object_kind: str
    object_id: UUID | None
    object_name: str
    core: Mapping[str, Any] | None = field(repr=False)
    pii: Mapping[str, Any] | None = field(repr=False)
    erased_by: ErasedBy | None = None

    @property
    def detail(self) -> Mapping[str, Any]:
        """What the event tells beyond verb, actor, object and time."""
        found = (self.core or {}).get("detail", {})
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Lines of the log, newest first; `next_before` continues, None at the end.

    `searched` is how many events were opened to find these; 0 where nothing had to be.
    """

    lines: tuple[Line, ...]
    next_before: int | None
    searched: int = 0


def timeline(context: TenantContext, filters: Filters, *, limit: int = 50) -> TimelinePage:
    """Return at most `limit` (1 to 100) events, and record that they were read. Inside `acting(context)`.

    With `filters.text` at most 5,000 events are opened for one page, so a page may be short and not the last.
    """
    limit = max(1, min(limit, MOST_LINES))
    page = _search(context, filters, limit) if filters.text.strip() else _page(context, filters, limit)
    if page.lines or page.searched:
        first, last = page.lines[:1], page.lines[-1:]
        record(
            context,
            Verb.AUDIT_TIMELINE_DELIVERED,
            object_kind="event",
            detail={
                **({"from": last[0].index, "to": first[0].index} if first else {}),
                "count": len(page.lines),
                **({"searched": page.searched} if page.searched else {}),
            },
        )
    return page


def _page(context: TenantContext, filters: Filters, limit: int) -> TimelinePage:
    found = list(_select(filters)[: limit + 1])
    rows, more = found[:limit], len(found) > limit
    return TimelinePage(_lines(context, rows), rows[-1].seq if more else None)


def _search(context: TenantContext, filters: Filters, limit: int) -> TimelinePage:
    """Open events, newest first, until enough of them fit: their content is sealed, so no index can find it."""
    wanted, searched, found = filters.text.strip().casefold(), 0, list[Line]()
    while searched < MOST_SEARCHED:
        rows = list(_select(filters)[:SLICE])
        for line in _lines(context, rows):
            searched += 1
            if wanted in _said(line):
                found.append(line)
                if len(found) == limit:
                    return TimelinePage(tuple(found), line.index or None, searched)
        if len(rows) < SLICE:
            return TimelinePage(tuple(found), None, searched)
        filters = replace(filters, before=rows[-1].seq)
    return TimelinePage(tuple(found), filters.before, searched)


def _said(line: Line) -> str:
    """Return all words of an event, as they are looked for."""
    halves = json.dumps([line.core, line.pii], ensure_ascii=False)
    return f"{line.actor_name}\n{line.object_name}\n{line.verb}\n{line.object_id}\n{halves}".casefold()


def _lines(context: TenantContext, rows: list[Body]) -> tuple[Line, ...]:
    names = _names(context, rows)
    erased = erased_by(context, [row.seq for row in rows if row.pii is None])
    return tuple(replace(_line(context, row, names), erased_by=erased.get(row.seq)) for row in rows)


def _select(filters: Filters) -> Any:
    events = Body.objects.order_by("-seq")
    if filters.verb is not None:
        events = events.filter(verb=filters.verb.value)
    if filters.actor_id is not None:
        events = events.filter(actor_id=filters.actor_id)
    if filters.object_id is not None:
        events = events.filter(object_id=filters.object_id)
    if filters.since is not None:
        events = events.filter(at__gte=filters.since)
    if filters.until is not None:
        events = events.filter(at__lt=filters.until)
    if filters.before is not None:
        events = events.filter(seq__lt=filters.before)
    return events


def _names(context: TenantContext, rows: Iterable[Body]) -> dict[UUID, str]:
    wanted: dict[str, set[UUID]] = {"member": set()}
    for row in rows:
        wanted["member"].add(row.actor_id)
        if row.object_id is not None:
            wanted.setdefault(row.object_kind, set()).add(row.object_id)
    names: dict[UUID, str] = {}
    for kind, ids in wanted.items():
        names |= names_of(context, kind, ids)
    return names


def _line(context: TenantContext, row: Body, names: Mapping[UUID, str]) -> Line:
    return Line(
        index=row.seq,
        event_id=row.id,
        at=row.at,
        verb=row.verb,
        actor_id=row.actor_id,
        actor_name=names.get(row.actor_id, ""),
        object_kind=row.object_kind,
        object_id=row.object_id,
        object_name=names.get(row.object_id, "") if row.object_id else "",
        core=_read(open_half(context, row, "core")),
        pii=_read(open_half(context, row, "pii")),
    )


def open_half(context: TenantContext, row: Body, half: str) -> bytes | None:
    """Return the opening (salt || JSON) of one half of an event, or None once it, or its key, is erased.

    Damage looks the same as a destroyed key; `manage.py audit_fsck` and the isolation check tell them apart.
    """
    sealed = getattr(row, half)
    if sealed is None:
        return None
    try:
        return context.keyring.open(bytes(sealed), field=getattr(Body, half), row=row.id)
    except CannotOpen:
        return None


def _read(opening: bytes | None) -> Mapping[str, Any] | None:
    if opening is None:
        return None
    content: Mapping[str, Any] = json.loads(opening[SALT_BYTES:])
    return content
