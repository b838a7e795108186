"""A person of the operator asks a customer to be let in for a time; and what became of it.

Told first in the platform log, then in the customer's: nobody at the operator asks unseen by their own.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Invalid, NotFound
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import SUPPORT_ROLES, Purpose, Role
from tenants.gate.errors import Excluded, NotNow
from tenants.gate.people import know_person, person_of_member
from tenants.gate.service import tenant_context
from tenants.gate.standings import kept_out
from tenants.gate.support import customer_with, refuse_member
from tenants.models import SupportSession
from tenants.services.support_rows import SupportRefused, rows_here, state_of
from tenants.values import LONGEST_VISIT_MINUTES, VisitState

MOST_WAITING = 3
"""Asks that may wait in one workspace: its owners are not to be worn down."""
LEAST_PURPOSE, LONGEST_PURPOSE = 20, 2_000
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody of the operator asked for, as the operator may see it: no more than their own words."""

    id: UUID
    customer: str
    purpose: str = field(repr=False)
    role: Role
    minutes: int
    asked_at: datetime
    asked_by: UUID
    state: str
    ends: datetime | None


def ask_support(context: TenantContext, *, customer: str, purpose: str, minutes: int, role: Role) -> UUID:
    """Ask; return the id that the visit has in the customer's workspace.

    `context` is of the operator's workspace; opens units of work of its own. Raises `Invalid`, `NotFound` (no such
    customer), `NotNow` (not active), `AlreadyThere`, `SupportRefused`, `Excluded` with the asker's own ties, `Dark`.
    """
    _refuse_unfit(purpose, minutes, role)
    tenant_id, person_id = customer_with(customer.strip()), person_of_member(context.actor_id)
    refuse_member(person_id, tenant_id)
    words, session_id, own_id, now = kept_out(tenant_id, person_id), uuid7(), uuid7(), timezone.now()
    there = tenant_context(tenant_id, Purpose.SUPPORT)
    with acting(there):
        if (
            sum(state_of(row) == VisitState.ASKED for row in rows_here().filter(state=VisitState.ASKED))
            >= MOST_WAITING
        ):
            raise SupportRefused(
                "Enough asks wait in that workspace already. Its owners decide on those first."
            )
    detail = {"customer": customer.strip(), "minutes": minutes, "role": role.value}
    with acting(context):
        record(context, Verb.SUPPORT_ASKED, object_kind="support", object_id=own_id, detail=detail)
        _write(
            context,
            own_id,
            purpose=purpose,
            visitor={"customer": customer.strip(), "visit": str(session_id)},
            minutes=minutes,
            role=role.value,
            asked_at=now,
            asked_by_id=context.actor_id,
            state=VisitState.REFUSED if words else VisitState.ASKED,
        )
    with acting(there):
        if words:
            record(
                there,
                Verb.SUPPORT_REFUSED,
                object_kind="support",
                object_id=session_id,
                detail={"by": "policy"},
            )
        else:
            name = know_person(person_id).name
            _write(
                there,
                session_id,
                purpose=purpose,
                visitor={"name": name, "member": str(context.actor_id)},
                minutes=minutes,
                role=role.value,
                asked_at=now,
            )
            record(
                there,
                Verb.SUPPORT_ASKED,
                object_kind="support",
                object_id=session_id,
                detail={"minutes": minutes, "role": role.value, "purpose": purpose.strip()},
            )
    if words:
        raise Excluded(words)
    return session_id


def list_asked(context: TenantContext) -> list[Asked]:
    """Return the newest asks of the operator's people with what became of them. Opens units of work of its own."""
    with acting(context):
        rows = list(SupportSession.objects.exclude(asked_by_id=None).order_by("-asked_at")[:MOST_SHOWN])
        keyring = context.keyring
        found = [
            (
                row,
                json.loads(keyring.open(bytes(row.visitor), field=SupportSession.visitor, row=row.id)),
                keyring.open(bytes(row.purpose), field=SupportSession.purpose, row=row.id).decode(),
            )
            for row in rows
        ]
    for row, about, _ in found:
        if row.state in {VisitState.ASKED, VisitState.APPROVED}:
            _look_again(context, row, about)
    return [
        Asked(
            row.id, about["customer"], purpose, Role(row.role), row.minutes, row.asked_at, row.asked_by_id,
            state_of(row).value, row.ends,
        )
        for row, about, purpose in found
        if row.asked_by_id is not None
    ]  # fmt: skip


def _look_again(context: TenantContext, row: SupportSession, about: dict[str, str]) -> None:
    """Take over state and times from the customer's row; nothing sealed is opened, so a dark one answers too."""
    try:
        there = tenant_context(customer_with(about["customer"]), Purpose.SUPPORT)
    except (NotFound, NotNow):
        return
    with acting(there):
        theirs = rows_here().filter(id=about["visit"]).first()
    if theirs is None or (theirs.state, theirs.ends) == (row.state, row.ends):
        return
    row.state, row.starts, row.ends, row.ended_at = theirs.state, theirs.starts, theirs.ends, theirs.ended_at
    with acting(context):
        row.save(update_fields=["state", "starts", "ends", "ended_at"])


def _refuse_unfit(purpose: str, minutes: int, role: Role) -> None:
    if not LEAST_PURPOSE <= len(purpose.strip()) <= LONGEST_PURPOSE:
        raise Invalid(
            f"Say in {LEAST_PURPOSE} to {LONGEST_PURPOSE} characters what is wrong and what you will look at.",
            field="purpose",
        )
    if not 1 <= minutes <= LONGEST_VISIT_MINUTES:
        raise Invalid(f"A visit takes 1 to {LONGEST_VISIT_MINUTES} minutes.", field="minutes")
    if role not in SUPPORT_ROLES:
        raise Invalid("Support is never an owner or admin.", field="role")


def _write(
    context: TenantContext, row: UUID, *, purpose: str, visitor: dict[str, str], **columns: object
) -> None:
    seal = context.keyring.seal
    SupportSession.objects.create(
        id=row,
        purpose=seal(purpose.strip().encode(), field=SupportSession.purpose, row=row),
        visitor=seal(json.dumps(visitor).encode(), field=SupportSession.visitor, row=row),
        **columns,
    )
