"""Rows of support visits: found, locked and opened. Each verb about visits begins here."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Role
from tenants.models import SupportSession
from tenants.values import ASK_LIFE, VisitState


class SupportRefused(RingfenceError):
    """A support visit cannot be asked for, approved or refused as it stands. The words say why."""

    code = "support_refused"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Visit:
    """One support visit with its sealed parts opened."""

    id: UUID
    state: VisitState
    role: Role
    minutes: int
    approved_minutes: int | None
    purpose: str = field(repr=False)
    visitor: str = field(repr=False)
    visitor_member: UUID = field(repr=False)
    asked_at: datetime
    decided_at: datetime | None
    decided_by: UUID | None
    member_id: UUID | None
    starts: datetime | None
    ends: datetime | None
    ended_at: datetime | None
    ended_by: UUID | None
    counts: dict[str, int] | None

    @property
    def running(self) -> bool:
        """Whether the visitor may be here now."""
        return self.state is VisitState.APPROVED


def rows_here() -> Any:
    """Return the visits to this workspace. What the operator's own people asked for elsewhere is none of them."""
    return SupportSession.objects.filter(asked_by_id=None)


def locked_row(session_id: UUID) -> SupportSession:
    """Return one visit to this workspace, locked. Raises `NotFound`."""
    row: SupportSession | None = rows_here().select_for_update().filter(id=session_id).first()
    if row is None:
        raise NotFound("support visit")
    return row


def state_of(row: SupportSession) -> VisitState:
    """Return the state as it is now: time passes without anybody writing it down."""
    state, now = VisitState(row.state), timezone.now()
    if state is VisitState.ASKED and row.asked_at + ASK_LIFE <= now:
        return VisitState.OVER
    if state is VisitState.APPROVED and row.ends is not None and row.ends <= now:
        return VisitState.OVER
    return state


def opened(context: TenantContext, row: SupportSession) -> Visit:
    """Open the sealed parts of a visit."""
    keyring = context.keyring
    visitor = json.loads(keyring.open(bytes(row.visitor), field=SupportSession.visitor, row=row.id))
    counts = None
    if row.counts is not None:
        counts = json.loads(keyring.open(bytes(row.counts), field=SupportSession.counts, row=row.id))
    return Visit(
        id=row.id,
        state=state_of(row),
        role=Role(row.role),
        minutes=row.minutes,
        approved_minutes=row.approved_minutes,
        purpose=keyring.open(bytes(row.purpose), field=SupportSession.purpose, row=row.id).decode(),
        visitor=visitor["name"],
        visitor_member=UUID(visitor["member"]),
        asked_at=row.asked_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by_id,
        member_id=row.member_id,
        starts=row.starts,
        ends=row.ends,
        ended_at=row.ended_at,
        ended_by=row.ended_by_id,
        counts=counts,
    )
