"""A support visit ends: by its time, by an owner or admin, or by the visitor. At the gate first, then in the log."""

import json
from uuid import UUID

from django.utils import timezone

from audit.services.acts_of import count_acts
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission, Purpose
from ringfence.kernel.registry import LEAVERS
from tenants.gate.service import tenant_context
from tenants.gate.support import customer_with, end_visit, settle_visit, visits_to_end
from tenants.models import Member, SupportSession
from tenants.services.support_rows import rows_here
from tenants.values import VisitState


def end_support(context: TenantContext, *, session_id: UUID) -> None:
    """End a visit at once, for whoever may; opens units of work of its own. Harmless when it is over.

    The gate closes first: were the log dark, the visitor is out all the same, and the sweep writes it down later.
    Raises `PermissionMissing`, `NotFound`, and `Dark` after the gate has closed.
    """
    context.require(Permission.SUPPORT_END)
    with acting(context):
        row = rows_here().filter(id=session_id).first()
    if row is None:
        raise NotFound("support visit")
    if row.member_id is None or row.state != VisitState.APPROVED:
        return
    end_visit(row.member_id)
    with acting(context):
        _write_end(context, row.member_id, by=context.actor_id)
    settle_visit(row.member_id)


def leave_support(context: TenantContext) -> None:
    """End every visit of one's own that runs, wherever it is; harmless when none does."""
    with acting(context):
        own = SupportSession.objects.filter(asked_by_id=context.actor_id)
        visits = [
            json.loads(context.keyring.open(bytes(row.visitor), field=SupportSession.visitor, row=row.id))
            for row in own
        ]
    for about in visits:
        there = tenant_context(customer_with(about["customer"]), Purpose.SUPPORT)
        with acting(there):
            row = rows_here().filter(id=about["visit"], state=VisitState.APPROVED).first()
        if row is not None and row.member_id is not None:
            _close(there, row.member_id)


def close_over_visits(context: TenantContext) -> None:
    """End the visits to this workspace whose time is over, before another one begins. Opens units of its own."""
    there = tenant_context(context.tenant_id, Purpose.SUPPORT)
    with acting(there):
        late = rows_here().filter(state=VisitState.APPROVED, ends__lte=timezone.now())
        members = list(late.values_list("member_id", flat=True))
    for member_id in members:
        _close(there, member_id)


def end_over_visits() -> int:
    """End whatever visit is over anywhere and not yet written down; return how many. Safe to repeat.

    Raises what the last failing tenant raised, after the others were served.
    """
    done, trouble = 0, None
    for visit in visits_to_end():
        try:
            _close(tenant_context(visit.tenant_id, Purpose.SUPPORT), visit.member_id)
            done += 1
        except Exception as failed:  # a dark tenant cannot be told; the gate refuses all the same
            trouble = failed
    if trouble is not None:
        raise trouble
    return done


def close_visit_of(context: TenantContext, member_id: UUID) -> None:
    """Write the end of a visit whose member is being removed, inside the caller's unit."""
    _write_end(context, member_id, by=context.actor_id)


def _close(there: TenantContext, member_id: UUID) -> None:
    end_visit(member_id)
    with acting(there):
        _write_end(there, member_id, by=None)
    settle_visit(member_id)


def _write_end(context: TenantContext, member_id: UUID, *, by: UUID | None) -> None:
    """Write down the end of a member's visit with what they did; leases and jobs of theirs end with it."""
    rows = list(rows_here().select_for_update().filter(member_id=member_id, state=VisitState.APPROVED))
    if not rows:
        return
    ended: dict[str, int] = {}
    for leaver in LEAVERS:
        ended |= leaver(context, member_id)
    Member.objects.filter(id=member_id).update(is_active=False)
    now = timezone.now()
    for row in rows:
        over = row.ends is not None and row.ends <= now
        counts = count_acts(member_id, since=row.starts) if row.starts is not None else {}
        row.state = VisitState.OVER if over else VisitState.ENDED
        row.ended_at, row.ended_by_id = (row.ends, None) if over else (now, by)
        row.counts = context.keyring.seal(
            json.dumps(counts).encode(), field=SupportSession.counts, row=row.id
        )
        row.save(update_fields=["state", "ended_at", "ended_by_id", "counts"])
        record(
            context,
            Verb.SUPPORT_ENDED,
            object_kind="support",
            object_id=row.id,
            detail={
                "by": "time" if over else "person",
                "member": str(member_id),
                "events": counts,
                "ended": ended,
            },
        )
