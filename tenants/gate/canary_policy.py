"""A canary's rows of policy and signing, for routes that take their ids. Made in a transaction that is rolled back."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import models
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from tenants.gate.policies import in_force
from tenants.gate.verdicts import today
from tenants.keys.realm import seal_identity
from tenants.neutrality.plan_document import PlanDocument
from tenants.neutrality.policy import Policy
from tenants.people.models import AdminKey, KeyRecovery, MitigationPlan, PolicyVersion


def canary_policy(tenant_id: UUID, *, owner: UUID) -> dict[type[models.Model], models.Model]:
    """Make a draft, a key that waits, a recovery of it, and a plan of a canary; `owner` is its owner's member id."""
    now, policy_id, plan_id = timezone.now(), uuid7(), uuid7()
    policy, day = Policy(), today()
    plan = PlanDocument(frozenset({owner}), frozenset({tenant_id}), "Canary", day, day)
    rules = in_force(tenant_id)
    with control_database():
        newest = PolicyVersion.objects.filter(tenant_id=tenant_id).count()
        draft = PolicyVersion.objects.create(
            id=policy_id,
            tenant_id=tenant_id,
            version=newest + 1,
            document=_sealed(policy.to_bytes(), PolicyVersion, policy_id),
            digest=policy.digest,
            drafted_by=owner,
            drafted_at=now,
        )
        key = AdminKey.objects.create(
            id=uuid7(),
            tenant_id=tenant_id,
            member_id=owner,
            public=sha256(tenant_id.bytes).digest(),
            created_at=now,
        )
        recovery = KeyRecovery.objects.create(
            id=uuid7(),
            tenant_id=tenant_id,
            new_key=key,
            asked_by=owner,
            asked_at=now,
            needed=1,
            opens_at=now + timedelta(days=1),
        )
        kept = MitigationPlan.objects.create(
            id=plan_id,
            tenant_id=tenant_id,
            document=_sealed(plan.to_bytes(), MitigationPlan, plan_id),
            digest=plan.digest,
            policy_digest=rules.digest,
            drafted_by=owner,
            drafted_at=now,
        )
    return {PolicyVersion: draft, AdminKey: key, KeyRecovery: recovery, MitigationPlan: kept}


def _sealed(document: bytes, model: type[models.Model], row: UUID) -> bytes:
    return seal_identity(document.decode(), table=model._meta.db_table, column="document", row=row)
