"""What the board of a project shows, made ready for its template."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.labels.tally import last_days, last_hours
from annotation.pages.charts import HEIGHT, WIDTH, Column, columns, parts
from annotation.services.board import board
from annotation.services.find_stuck import find_stuck
from annotation.services.list_comments import open_threads_by_kind
from annotation.services.read_aggregates import read_aggregates
from annotation.values import Aggregates, Board, HeldItem, PersonsCount, Places, SkipReason, Stuck
from ringfence.kernel.context import TenantContext
from tenants.services.list_members import list_members

HOURS_SHOWN = 48
DAYS_SHOWN = 30
LABELS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Chart:
    """One row of columns over time."""

    title: str
    drawn: tuple[Column, ...]
    total: int
    summary: str
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of the board."""

    name: str
    count: PersonsCount
    active: str
    pace: str
    skips: int
    reasons: str
    called_out: tuple[Places, ...]


def board_values(context: TenantContext, *, project_id: UUID) -> dict[str, Any]:
    """Return the board's values. Names and aggregates are opened: two deliveries. Inside a unit of work."""
    counts = board(context, project_id=project_id)
    stuck = find_stuck(context, project_id=project_id)
    seen = read_aggregates(context, project_id=project_id)
    members, _more = list_members(context)
    names = {member.member_id: member.name for member in members}
    now = timezone.now()
    return {
        "board": counts,
        "waiting": [
            (kind.label, n) for kind, n in open_threads_by_kind(context, project_id=project_id).items()
        ],
        "bar": dict(
            zip(("given", "work", "open"), parts(counts.answered, counts.leased, counts.open), strict=True)
        ),
        "people": [_row(names, person, stuck, seen) for person in counts.people],
        "held": [(_name(names, item.member_id), item, _why(item)) for item in stuck.held],
        "held_badly": any(item.overdue or item.extended_often for item in stuck.held),
        "skipped": stuck.skipped,
        "kept": [(_name(names, each.member_id), each.kept) for each in counts.people if each.kept],
        "charts": _charts(seen, now),
        "chart_size": (WIDTH, HEIGHT),
        "places": [(_("Everybody"), each) for each in seen.places]
        + [(_name(names, each.member_id), each) for each in _worst_first(seen.people)],
        "leaning": [(_name(names, each.member_id), each) for each in seen.people if each.called_out],
        "labels": _labels(seen),
        "counted_at": seen.updated_at,
    }


def board_numbers(counts: Board) -> dict[str, int | str]:
    """Return what live progress writes into the board: counts only, nothing of it is content."""
    values: dict[str, int | str] = {
        "items": counts.items,
        "needed": counts.needed,
        "answered": counts.answered,
        "leased": counts.leased,
        "open": counts.open,
        "threads": counts.threads,
    }
    for person in counts.people:
        values[f"given-{person.member_id}"] = person.answered
        values[f"held-{person.member_id}"] = person.held
        values[f"active-{person.member_id}"] = duration(person.active_ms)
        values[f"pace-{person.member_id}"] = _pace(person)
    return values


def duration(milliseconds: int) -> str:
    """Return a time for people: seconds below two minutes, then minutes, then hours and minutes."""
    seconds = round(milliseconds / 1000)
    if seconds < 120:
        return _("{n} s").format(n=seconds)
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("{n} min").format(n=minutes)
    return _("{h} h {m} min").format(h=minutes // 60, m=minutes % 60)


def _name(names: dict[UUID, str], member_id: UUID | None) -> str:
    return names.get(member_id, _("a former member")) if member_id else ""


def _row(names: dict[UUID, str], person: PersonsCount, stuck: Stuck, seen: Aggregates) -> PersonRow:
    skips = stuck.skips.get(person.member_id, {})
    words = {reason.value: str(reason.label) for reason in SkipReason}
    return PersonRow(
        name=_name(names, person.member_id),
        count=person,
        active=duration(person.active_ms),
        pace=_pace(person),
        skips=sum(skips.values()),
        reasons=", ".join(
            f"{words.get(reason, _('no reason given'))}: {n}"
            for reason, n in sorted(skips.items(), key=lambda pair: -pair[1])
        ),
        called_out=tuple(
            each for each in seen.people if each.called_out and each.member_id == person.member_id
        ),
    )


def _pace(person: PersonsCount) -> str:
    if not person.answered or not person.active_ms:
        return "–"
    return duration(person.active_ms // person.answered)


def _why(item: HeldItem) -> str:
    if item.overdue:
        return _("Its time is long over and nobody took it back: the worker may be down")
    return _("Extended again and again without an answer") if item.extended_often else ""


def _worst_first(people: tuple[Places, ...]) -> list[Places]:
    return sorted(people, key=lambda each: (each.chance, -each.decisions))[:LABELS_SHOWN]


def _charts(seen: Aggregates, now: datetime) -> list[Chart]:
    if not seen.times:
        return []
    hours, days = last_hours(seen.times, now, HOURS_SHOWN), last_days(seen.times, now, DAYS_SHOWN)
    return [
        _chart(_("Answers per hour, 48 hours"), hours, "j M, H:i"),
        _chart(_("Answers per day, 30 days"), days, "j M"),
    ]


def _chart(title: str, values: list[tuple[datetime, int]], form: str) -> Chart:
    total = sum(n for _, n in values)
    best, most = max(values, key=lambda pair: pair[1])
    at = date_format(best, form)
    return Chart(
        title,
        columns([(f"{date_format(moment, form)}: {n}", n) for moment, n in values]),
        total,
        ngettext("{total} answer in all", "{total} answers in all, most at {at} UTC: {most}", total).format(
            total=total, at=at, most=most
        ),
        values[0][0],
        values[-1][0],
    )


def _labels(seen: Aggregates) -> list[tuple[str, list[tuple[str, int, str]]]]:
    shown = []
    for question, counts in sorted(seen.labels.items()):
        total = sum(n for n in counts.values() if n > 0)
        rows = sorted(((label, n) for label, n in counts.items() if n > 0), key=lambda pair: -pair[1])
        listed = [(label, n, f"{n} · {n / total:.0%}") for label, n in rows[:LABELS_SHOWN]]
        if rows[LABELS_SHOWN:]:
            rest = sum(n for _, n in rows[LABELS_SHOWN:])
            listed.append((_("all others"), rest, f"{rest} · {rest / total:.0%}"))
        if listed:
            shown.append((question or _("Could not be read"), listed))
    return shown
