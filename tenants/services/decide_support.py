"""An owner lets the operator's support in for a time, or refuses. Nobody else, and nothing by itself."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission, Role
from tenants.gate.people import person_of_member
from tenants.gate.standings import kept_out
from tenants.gate.support import placing_visitor, visitor_behind
from tenants.models import Member, SupportSession
from tenants.services.end_support import close_over_visits
from tenants.services.step_up import show_code_again
from tenants.services.support_rows import SupportRefused, Visit, locked_row, opened, state_of
from tenants.values import VisitState


def approve_support(
    context: TenantContext, request: HttpRequest, *, session_id: UUID, minutes: int, code: str
) -> UUID:
    """Let the visitor in for `minutes` from now on; return the member id under which they act. Opens its own units.

    The owner's second factor is shown for this one act. The tenant's log holds the approval before the gate
    holds the membership. Raises `PermissionMissing`, `NotFound`, `Invalid`, `SupportRefused`, `FreshCodeWrong`,
    `LockedOut`, `AlreadyThere`, `NotNow` and `Dark`.
    """
    context.require(Permission.SUPPORT_DECIDE)
    close_over_visits(context)
    with acting(context):
        visit = opened(context, _asked_row(session_id))
    if not 1 <= minutes <= visit.minutes:
        raise Invalid(
            f"You can give 1 to {visit.minutes} minutes: no more than was asked for.", field="minutes"
        )
    approver, visitor = person_of_member(context.actor_id), visitor_behind(visit.visitor_member)
    if visitor is None:
        raise SupportRefused("Who asked does not work for the operator any more. Nobody can come in on this.")
    if visitor == approver:
        raise SupportRefused("You asked for this yourself. Another owner has to decide.")
    if kept_out(context.tenant_id, visitor):
        raise SupportRefused(
            "Your neutrality policy keeps this person away. Ask the operator for somebody else."
        )
    show_code_again(request, approver, code=code)
    starts = timezone.now()
    ends = starts + timedelta(minutes=minutes)
    with (
        placing_visitor(
            person_id=visitor, tenant_id=context.tenant_id, role=visit.role, ends_at=ends
        ) as member_id,
        acting(context),
    ):
        row = _asked_row(session_id)
        row.state, row.member_id, row.starts, row.ends = VisitState.APPROVED, member_id, starts, ends
        row.approved_minutes, row.decided_at, row.decided_by_id = minutes, starts, context.actor_id
        row.save()
        _write_member(context, visit, member_id)
        record(
            context,
            Verb.SUPPORT_APPROVED,
            object_kind="support",
            object_id=session_id,
            detail={
                "member": str(member_id),
                "role": visit.role.value,
                "asked_minutes": visit.minutes,
                "minutes": minutes,
                "until": ends.isoformat(timespec="seconds"),
            },
        )
    return member_id


def refuse_support(context: TenantContext, *, session_id: UUID) -> None:
    """Refuse, inside the caller's unit. Raises `PermissionMissing`, `NotFound`, and `SupportRefused` when late."""
    context.require(Permission.SUPPORT_DECIDE)
    row = _asked_row(session_id)
    row.state, row.decided_at, row.decided_by_id = VisitState.REFUSED, timezone.now(), context.actor_id
    row.save(update_fields=["state", "decided_at", "decided_by_id"])
    record(context, Verb.SUPPORT_REFUSED, object_kind="support", object_id=session_id, detail={"by": "owner"})


def _asked_row(session_id: UUID) -> SupportSession:
    row = locked_row(session_id)
    if state_of(row) is not VisitState.ASKED:
        raise SupportRefused("This was decided already, or waited too long. Support has to ask anew.")
    return row


def _write_member(context: TenantContext, visit: Visit, member_id: UUID) -> None:
    """Write the tenant's own row of the visitor: its name says what they are, and there is no address."""
    keyring, name = context.keyring, f"{visit.visitor} (operator's support)"
    Member.objects.update_or_create(
        id=member_id,
        defaults={
            "name": keyring.seal(name.encode(), field=Member.name, row=member_id, unit=member_id),
            "email": keyring.seal(b"", field=Member.email, row=member_id, unit=member_id),
            "role": Role(visit.role),
            "is_active": True,
            "joined_at": timezone.now(),
        },
    )
