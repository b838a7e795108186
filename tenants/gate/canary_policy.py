"""A canary's rows of policy, signing and closing, for routes that take their ids."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from tenants.gate.policies import in_force
from tenants.gate.verdicts import today
from tenants.keys.realm import seal_identity
from tenants.neutrality.plan_document import PlanDocument
from tenants.neutrality.policy import Policy
from tenants.people.models import AdminKey, Closing, KeyRecovery, MitigationPlan, PolicyVersion

NEVER = timedelta(days=36_500)
"""A canary's closing waits so long; the gate refuses to carry out one of any tenant but a customer, too."""


def canary_policy(tenant_id: UUID, *, owner: UUID) -> dict[type[models.Model], models.Model]:
    """Return a draft, a key that waits, a recovery of it, a plan and a closing of a canary, made once.

    They stay. A tenant has one recovery and one closing at a time and one policy of each version, so of two checks
    at once that made their own, one would wait for the other's end. `owner` is a member id.
    """
    public = sha256(tenant_id.bytes).digest()
    with control_database(), transaction.atomic(using="control"):
        draft = PolicyVersion.objects.filter(tenant_id=tenant_id).order_by("version").first()
        key = AdminKey.objects.filter(tenant_id=tenant_id, public=public).first()
        recovery = KeyRecovery.objects.filter(tenant_id=tenant_id, new_key=key).first() if key else None
        plan = MitigationPlan.objects.filter(tenant_id=tenant_id).order_by("id").first()
        closing = Closing.objects.filter(tenant_id=tenant_id, withdrawn_at=None).first()
        key = key or AdminKey.objects.create(
            id=uuid7(), tenant_id=tenant_id, member_id=owner, public=public, created_at=timezone.now()
        )
        return {
            PolicyVersion: draft or _draft(tenant_id, owner),
            AdminKey: key,
            KeyRecovery: recovery or _recovery(tenant_id, owner, key),
            MitigationPlan: plan or _plan(tenant_id, owner),
            Closing: closing or _closing(tenant_id, owner),
        }


def _draft(tenant_id: UUID, owner: UUID) -> PolicyVersion:
    row, policy = uuid7(), Policy()
    return PolicyVersion.objects.create(
        id=row,
        tenant_id=tenant_id,
        version=1,
        document=_sealed(policy.to_bytes(), PolicyVersion, row),
        digest=policy.digest,
        drafted_by=owner,
        drafted_at=timezone.now(),
    )


def _recovery(tenant_id: UUID, owner: UUID, key: AdminKey) -> KeyRecovery:
    now = timezone.now()
    return KeyRecovery.objects.create(
        id=uuid7(),
        tenant_id=tenant_id,
        new_key=key,
        asked_by=owner,
        asked_at=now,
        needed=1,
        opens_at=now + timedelta(days=1),
    )


def _plan(tenant_id: UUID, owner: UUID) -> MitigationPlan:
    row, day = uuid7(), today()
    plan = PlanDocument(frozenset({owner}), frozenset({tenant_id}), "Canary", day, day)
    return MitigationPlan.objects.create(
        id=row,
        tenant_id=tenant_id,
        document=_sealed(plan.to_bytes(), MitigationPlan, row),
        digest=plan.digest,
        policy_digest=in_force(tenant_id).digest,
        drafted_by=owner,
        drafted_at=timezone.now(),
    )


def _closing(tenant_id: UUID, owner: UUID) -> Closing:
    now = timezone.now()
    return Closing.objects.create(
        tenant_id=tenant_id,
        asked_by=owner,
        asked_at=now,
        needed=2,
        opens_at=now + NEVER,
        lapses_at=now + NEVER,
    )


def _sealed(document: bytes, model: type[models.Model], row: UUID) -> bytes:
    return seal_identity(document.decode(), table=model._meta.db_table, column="document", row=row)
