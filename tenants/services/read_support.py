"""What a workspace sees of the operator's support: who asks, who is here and what they do, and what was."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.services.acts_of import Act, acts_of, count_acts
from audit.services.deliver import deliver
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission
from tenants.models import SupportSession
from tenants.services.name_members import name_members
from tenants.services.support_rows import Visit, opened, rows_here, state_of
from tenants.values import VisitState

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Strip:
    """What the frame of every page says about support: to owners, and to the visitor."""

    waiting: int = 0
    here: int = 0
    visits_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a visitor has done so far. `acts` is empty where the watcher has seen all of it."""

    state: VisitState
    total: int
    seconds_left: int
    acts: tuple[Act, ...] = field(default=(), repr=False)


def strip_of(context: TenantContext) -> Strip:
    """Return what the frame says, inside the unit of work; nothing sealed is opened."""
    if context.ends_at is not None:
        return Strip(visits_until=context.ends_at)
    if Permission.SUPPORT_END not in context.permissions:
        return Strip()
    open_rows = rows_here().filter(state__in=(VisitState.ASKED, VisitState.APPROVED))
    states = [state_of(row) for row in open_rows]
    decides = Permission.SUPPORT_DECIDE in context.permissions
    return Strip(
        waiting=states.count(VisitState.ASKED) if decides else 0, here=states.count(VisitState.APPROVED)
    )


def list_visits(context: TenantContext) -> list[Visit]:
    """Return the newest visits and asks, as a delivery."""
    rows = list(rows_here().exclude(state="canary").order_by("-asked_at")[:MOST_SHOWN])
    return _delivered(context, rows)


def read_visit(context: TenantContext, *, session_id: UUID) -> Visit:
    """Return one visit, as a delivery. Raises `NotFound`."""
    return _delivered(context, [_found(session_id)])[0]


def watch_visit(context: TenantContext, *, session_id: UUID, seen: int = -1) -> Watched:
    """Return what the visitor has done, if it is more than the `seen` events that the watcher knows of.

    What leaves is an entry in the log; a look that brings nothing new is none. Raises `NotFound`.
    """
    row = _found(session_id)
    state, now = state_of(row), timezone.now()
    left = 0
    if state is VisitState.APPROVED and row.ends is not None:
        left = max(0, int((row.ends - now).total_seconds()))
    if row.member_id is None or row.starts is None:
        return Watched(state, 0, left)
    total = sum(count_acts(row.member_id, since=row.starts).values())
    if total == seen:
        return Watched(state, total, left)
    acts = acts_of(context, row.member_id, since=row.starts)
    record(
        context,
        Verb.SUPPORT_WATCHED,
        object_kind="support",
        object_id=session_id,
        detail={"events": total},
    )
    return Watched(state, total, left, tuple(acts))


def names_in(context: TenantContext, visits: list[Visit]) -> dict[UUID, str]:
    """Return the names of who decided on and ended these visits."""
    ids = {each for visit in visits for each in (visit.decided_by, visit.ended_by) if each is not None}
    return dict(name_members(context, ids))


def _found(session_id: UUID) -> SupportSession:
    row: SupportSession | None = rows_here().filter(id=session_id).first()
    if row is None:
        raise NotFound("support visit")
    return row


def _delivered(context: TenantContext, rows: list[SupportSession]) -> list[Visit]:
    visits = [opened(context, row) for row in rows]
    if visits:
        deliver(
            context,
            Verb.SUPPORT_DELIVERED,
            object_kind="support",
            objects=[
                (each.id, hashlib.sha256(f"{each.purpose}\0{each.visitor}".encode()).digest())
                for each in visits
            ],
        )
    return visits
