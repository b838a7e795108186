"""Filters of the pages of support visits."""

from collections.abc import Mapping
from uuid import UUID

from django import template

from tenants.services.support_rows import Visit

register = template.Library()


@register.filter
def of(names: Mapping[UUID, str], member: UUID | None) -> str:
    """Return a member's name."""
    return names.get(member, "") if member is not None else ""


@register.filter
def clock(seconds: int) -> str:
    """Write seconds as minutes and seconds."""
    return f"{seconds // 60}:{seconds % 60:02}"


@register.filter
def minutes_here(visit: Visit) -> str:
    """Return how many minutes a visit took, begun ones counted; a dash where nobody came in."""
    if visit.starts is None:
        return "–"
    until = visit.ended_at or visit.ends or visit.starts
    return str(max(1, round((until - visit.starts).total_seconds() / 60)))


@register.filter
def events_of(visit: Visit) -> str:
    """Return how many events a visitor caused; a dash until the visit is written down."""
    return "–" if visit.counts is None else str(sum(visit.counts.values()))
