"""Which neutrality policy holds in a tenant: the newest that its admins signed, or the template until they do.

Until then the template's thresholds rule over whatever the newest draft excludes: a draft can keep more
people away, never fewer, and every report says *unsigned*.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from tenants.keys.realm import open_identity, seal_identity
from tenants.neutrality.policy import Policy, parse_policy
from tenants.people.models import PolicyVersion, Tenant
from tenants.values import TenantState

TABLE = PolicyVersion._meta.db_table
LOCK = 0x52465000


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy that rules at a moment. `version` None: no draft and no signature, the bare template."""

    policy: Policy
    digest: bytes
    version: int | None
    signed: bool
    effective_from: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """One version as it is kept."""

    id: UUID
    version: int
    policy: Policy
    digest: bytes
    drafted_by: UUID | None
    drafted_at: datetime
    effective_from: datetime | None
    signed_at: datetime | None
    withdrawn_at: datetime | None


def in_force(tenant_id: UUID, *, at: datetime | None = None) -> InForce:
    """Return what rules in a tenant at `at`, or now: the newest signed version whose time has come."""
    moment = at or timezone.now()
    with control_database():
        rows = PolicyVersion.objects.filter(tenant_id=tenant_id, withdrawn_at=None).order_by("-version")
        signed = rows.filter(signed_at__lte=moment, effective_from__lte=moment).first()
        if signed is not None:
            return InForce(
                _policy(signed), bytes(signed.digest), signed.version, signed=True,
                effective_from=signed.effective_from,
            )  # fmt: skip
        draft = rows.filter(signed_at=None, drafted_at__lte=moment).first()
        if draft is None:
            bare = Policy()
            return InForce(bare, bare.digest, None, signed=False, effective_from=None)
        drafted = _policy(draft)
        template = Policy(excluded=drafted.excluded, rivals=drafted.rivals)
        return InForce(template, template.digest, draft.version, signed=False, effective_from=None)


def versions(tenant_id: UUID) -> list[Kept]:
    """Return every version of a tenant's policy, newest first."""
    with control_database():
        return [_kept(row) for row in PolicyVersion.objects.filter(tenant_id=tenant_id).order_by("-version")]


def keep_draft(tenant_id: UUID, policy: Policy, *, drafted_by: UUID | None) -> Kept:
    """Keep a draft as the tenant's next version. The caller has recorded it."""
    with control_database(), transaction.atomic(using="control"):
        with connections["control"].cursor() as cursor:
            # Two drafts that land at once get two numbers, and each is kept.
            cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, str(tenant_id)])
        newest = PolicyVersion.objects.filter(tenant_id=tenant_id).order_by("-version").first()
        row_id = uuid7()
        row = PolicyVersion.objects.create(
            id=row_id,
            tenant_id=tenant_id,
            version=1 if newest is None else newest.version + 1,
            document=seal_identity(policy.to_bytes().decode(), table=TABLE, column="document", row=row_id),
            digest=policy.digest,
            drafted_by=drafted_by,
            drafted_at=timezone.now(),
        )
        return _kept(row)


def all_in_force() -> Mapping[UUID, tuple[UUID | None, InForce]]:
    """Return by living tenant the party that it is, and its policy: what conflicts between customers are made of."""
    with control_database():
        tenants = list(Tenant.objects.exclude(state=TenantState.DESTROYED).values_list("id", "party"))
    return {tenant_id: (party, in_force(tenant_id)) for tenant_id, party in tenants}


def _policy(row: PolicyVersion) -> Policy:
    opened = open_identity(row.document, table=TABLE, column="document", row=row.id)
    return parse_policy(opened.encode())


def _kept(row: PolicyVersion) -> Kept:
    return Kept(
        row.id, row.version, _policy(row), bytes(row.digest), row.drafted_by, row.drafted_at,
        row.effective_from, row.signed_at, row.withdrawn_at,
    )  # fmt: skip
