"""Mitigation plans from draft to end: kept, signed like a policy, ended early by anybody who may."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7
from tenants.gate.admin_keys import KnownKey, entitled, entitled_by, keys_of, signing_lock
from tenants.gate.errors import SigningRefused
from tenants.gate.plans import TABLE, document_of
from tenants.gate.policies import in_force
from tenants.gate.policy_signing import SIGN_WITHIN, ShownSignature, public_id_of
from tenants.gate.resolve import forget
from tenants.gate.verdicts import today
from tenants.keys.realm import seal_identity
from tenants.neutrality.plan_document import PlanDocument
from tenants.neutrality.signatures import (
    NEEDED_SIGNERS,
    PlanRequest,
    SignatureRefused,
    Signed,
    check_signature,
    counted,
)
from tenants.people.models import Membership, MitigationPlan, PlanSignature


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """One plan as it is kept."""

    id: UUID
    document: PlanDocument
    digest: bytes
    policy_digest: bytes
    drafted_by: UUID
    drafted_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None

    def state(self, in_force_digest: bytes, day: date) -> str:
        """Return in one word how it stands: waiting, active, lapsed, over, coming or ended."""
        if self.ended_at is not None:
            return "ended"
        if self.document.end < day:
            return "over"
        if self.policy_digest != in_force_digest:
            return "lapsed"
        if self.approved_at is None:
            return "waiting"
        return "active" if self.document.start <= day else "coming"


def plans_of(tenant_id: UUID) -> list[KeptPlan]:
    """Return every plan of a tenant, newest first."""
    with control_database():
        return [_kept(row) for row in MitigationPlan.objects.filter(tenant_id=tenant_id).order_by("-id")]


def plan_of(tenant_id: UUID, plan_id: UUID) -> KeptPlan:
    """Return one plan. Raises `NotFound`."""
    with control_database():
        row = MitigationPlan.objects.filter(tenant_id=tenant_id, id=plan_id).first()
        if row is None:
            raise NotFound("plan")
        return _kept(row)


def keep_plan(
    tenant_id: UUID, document: PlanDocument, *, drafted_by: UUID, announce: Callable[[KeptPlan], None]
) -> KeptPlan:
    """Keep a plan under the policy in force; it lifts nothing yet. Raises `SigningRefused`."""
    with signing_lock(tenant_id):
        here = Membership.objects.filter(tenant_id=tenant_id, ended_at=None)
        strangers = document.members - set(here.values_list("member_id", flat=True))
        if strangers:
            raise SigningRefused("A plan names members of this workspace only. Choose them from the list.")
        if document.end < today():
            raise SigningRefused("This plan would be over already. Choose a day that is still to come.")
        row_id = uuid7()
        row = MitigationPlan.objects.create(
            id=row_id,
            tenant_id=tenant_id,
            document=seal_identity(document.to_bytes().decode(), table=TABLE, column="document", row=row_id),
            digest=document.digest,
            policy_digest=in_force(tenant_id).digest,
            drafted_by=drafted_by,
            drafted_at=timezone.now(),
        )
        announce(_kept(row))
        return _kept(row)


def sign_plan(
    tenant_id: UUID,
    *,
    plan_id: UUID,
    public: bytes,
    signature: bytes,
    announce: Callable[[KeptPlan, KnownKey], None],
) -> KeptPlan:
    """Keep one signature; with enough of them the plan holds. Raises `NotFound`, `SigningRefused`."""
    with signing_lock(tenant_id) as public_id:
        now, kept = timezone.now(), plan_of(tenant_id, plan_id)
        _check_open(tenant_id, kept, now)
        key = entitled_by(tenant_id, public)
        request = plan_request_of(public_id, kept)
        try:
            check_signature(request, key.public, signature)
        except SignatureRefused as refused:
            raise SigningRefused(str(refused)) from refused
        if PlanSignature.objects.filter(plan_id=plan_id, key_id=key.id).exists():
            raise SigningRefused("This key has signed this plan already; now another admin signs.")
        PlanSignature.objects.create(
            id=uuid7(), plan_id=plan_id, key_id=key.id, signature=signature, signed_at=now
        )
        keys = {each.id: each for each in keys_of(tenant_id)}
        signed = [
            Signed(keys[key_id].member_id, keys[key_id].public, bytes(made))
            for key_id, made in PlanSignature.objects.filter(plan_id=plan_id).values_list(
                "key_id", "signature"
            )
            if keys[key_id].active
        ]
        if len(counted(request, signed, entitled=entitled(tenant_id).keys())) >= NEEDED_SIGNERS:
            MitigationPlan.objects.filter(id=plan_id).update(approved_at=now)
        after = plan_of(tenant_id, plan_id)
        announce(after, key)
    forget()
    return after


def end_plan(tenant_id: UUID, *, plan_id: UUID, announce: Callable[[KeptPlan], None]) -> None:
    """End a plan now, signed or not: it only takes away, so it needs no signature. Raises `NotFound`."""
    with signing_lock(tenant_id):
        kept = plan_of(tenant_id, plan_id)
        if kept.ended_at is not None:
            raise SigningRefused("This plan has ended already.")
        MitigationPlan.objects.filter(id=plan_id).update(ended_at=timezone.now())
        announce(kept)
    forget()


def plan_request_of(public_id: str, kept: KeptPlan) -> PlanRequest:
    """Return what the signers of a plan sign."""
    return PlanRequest(public_id, kept.id, kept.document.digest, kept.policy_digest)


def plan_signatures_of(tenant_id: UUID, kept: KeptPlan) -> list[ShownSignature]:
    """Return a plan's signatures, oldest first, each verified now over the document as it is kept now."""
    request, able = plan_request_of(public_id_of(tenant_id), kept), entitled(tenant_id)
    by_id = {key.id: key for key in keys_of(tenant_id)}
    with control_database():
        rows = list(PlanSignature.objects.filter(plan_id=kept.id).order_by("signed_at", "id"))
    found = []
    for row in rows:
        key = by_id[row.key_id]
        try:
            check_signature(request, key.public, bytes(row.signature))
            holds = kept.document.digest == kept.digest
        except SignatureRefused:
            holds = False
        found.append(ShownSignature(key, row.signed_at, holds, holds and key.member_id in able))
    return found


def _check_open(tenant_id: UUID, kept: KeptPlan, now: datetime) -> None:
    if kept.ended_at is not None:
        raise SigningRefused("This plan has ended. Draft a new one.")
    if kept.approved_at is not None:
        raise SigningRefused("This plan is signed already.")
    if kept.document.end < today() or now > kept.drafted_at + SIGN_WITHIN:
        raise SigningRefused("This plan has waited too long. Draft it again.")
    if kept.policy_digest != in_force(tenant_id).digest:
        raise SigningRefused(
            "The policy has changed since this plan was drafted, so the plan has lapsed. Draft it again under the"
            " policy in force."
        )


def _kept(row: MitigationPlan) -> KeptPlan:
    return KeptPlan(
        row.id, document_of(row), bytes(row.digest), bytes(row.policy_digest), row.drafted_by, row.drafted_at,
        row.approved_at, row.ended_at,
    )  # fmt: skip
