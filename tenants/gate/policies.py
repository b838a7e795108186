"""Which neutrality policy holds in a tenant: the newest that its admins signed, or the template until they do.

Until then the template's thresholds rule over whatever the newest draft excludes: a draft can keep more
people away, never fewer, and every report says *unsigned*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from tenants.keys.realm import open_identity, seal_identity
from tenants.neutrality.policy import Policy, parse_policy
from tenants.neutrality.signatures import NEEDED_SIGNERS, PolicyRequest, Signed, counted
from tenants.people.models import PolicySignature, PolicyVersion, Tenant
from tenants.values import TenantState

TABLE = PolicyVersion._meta.db_table
TENANT = Tenant._meta.db_table
LOCK = 0x52465000
REMEMBERED_POLICIES = 2_000


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
    proposed_at: datetime | None
    not_before: datetime | None
    replaces: bytes | None
    effective_from: datetime | None
    signed_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def is_draft(self) -> bool:
        """Whether it is neither signed nor withdrawn."""
        return self.signed_at is None and self.withdrawn_at is None


def in_force(tenant_id: UUID, *, at: datetime | None = None) -> InForce:
    """Return what rules in a tenant at `at`, or now: the newest signed version whose time has come."""
    with control_database():
        rows = PolicyVersion.objects.filter(tenant_id=tenant_id, withdrawn_at=None).order_by("-version")
        return _rules(list(rows), at or timezone.now())


def _rules(rows: Sequence[PolicyVersion], moment: datetime) -> InForce:
    """Return what rules by a tenant's standing versions, newest first. Control database open."""
    for signed in rows:
        if signed.signed_at is None or signed.effective_from is None:
            continue
        if signed.signed_at <= moment and signed.effective_from <= moment:
            policy = _policy(signed)
            if _is_proven(signed, policy):
                return InForce(
                    policy, bytes(signed.digest), signed.version, signed=True,
                    effective_from=signed.effective_from,
                )  # fmt: skip
    draft = next((row for row in rows if row.signed_at is None and row.drafted_at <= moment), None)
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
    now = timezone.now()
    with control_database():
        living = list(Tenant.objects.exclude(state=TenantState.DESTROYED).values_list(*SIDE))
        standing: dict[UUID, list[PolicyVersion]] = {}
        for row in PolicyVersion.objects.filter(withdrawn_at=None).order_by("tenant_id", "-version"):
            standing.setdefault(row.tenant_id, []).append(row)
        return {
            tenant_id: (_opened(tenant_id, sealed), _rules(standing.get(tenant_id, ()), now))
            for tenant_id, sealed in living
        }


def sides_of_closed() -> Mapping[UUID, UUID]:
    """Return by closed tenant the side that its work was on: who saw it has still seen it."""
    with control_database():
        closed = list(Tenant.objects.filter(state=TenantState.DESTROYED).values_list(*SIDE))
        return {tenant_id: _opened(tenant_id, sealed) or tenant_id for tenant_id, sealed in closed}


SIDE = ("id", "sealed_party")


def seal_party(tenant_id: UUID, party: UUID | None) -> bytes | None:
    """Return which party a customer is as it is kept: a reader of the tables learns nobody's customers from it."""
    if party is None:
        return None
    return seal_identity(str(party), table=TENANT, column=SIDE[1], row=tenant_id)


def _opened(tenant_id: UUID, sealed: bytes | None) -> UUID | None:
    if sealed is None:
        return None
    return UUID(open_identity(sealed, table=TENANT, column=SIDE[1], row=tenant_id))


def newest_signed(tenant_id: UUID) -> Kept | None:
    """Return the newest signed version, whether or not its time has come: what a new signature replaces."""
    with control_database():
        rows = PolicyVersion.objects.filter(tenant_id=tenant_id, signed_at__isnull=False)
        row = rows.order_by("-version").first()
        return None if row is None else _kept(row)


def version_of(tenant_id: UUID, version: int) -> Kept | None:
    """Return one version; None when there is none."""
    with control_database():
        row = PolicyVersion.objects.filter(tenant_id=tenant_id, version=version).first()
        return None if row is None else _kept(row)


_proven: set[tuple[UUID, bytes, bytes | None, datetime | None]] = set()
"""Versions whose signatures this process has verified, by everything that is signed."""


def _is_proven(row: PolicyVersion, policy: Policy) -> bool:
    """Say whether enough admins' keys signed what the row holds: the gate believes signatures, not a column.

    Of the keys those count that were active when they signed; that a member left later voids nothing.
    """
    replaces = None if row.replaces is None else bytes(row.replaces)
    if row.not_before is None or row.effective_from is None or row.effective_from < row.not_before:
        return False
    if policy.digest != bytes(row.digest):
        return False
    mark = (row.id, policy.digest, replaces, row.not_before)
    if mark in _proven:
        return True
    signed = [
        Signed(each.key.member_id, bytes(each.key.public), bytes(each.signature))
        for each in PolicySignature.objects.select_related("key").filter(policy=row)
        if each.key.active_from is not None
        and each.key.active_from <= each.signed_at
        and (each.key.ended_at is None or each.key.ended_at >= each.signed_at)
    ]
    public_id = Tenant.objects.values_list("public_id", flat=True).get(id=row.tenant_id)
    request = PolicyRequest(public_id, row.version, policy.digest, replaces, row.not_before)
    if len(counted(request, signed, entitled={each.member for each in signed})) < NEEDED_SIGNERS:
        return False
    _proven.add(mark)
    return True


def _policy(row: PolicyVersion) -> Policy:
    return _read(row.id, bytes(row.document))


@lru_cache(maxsize=REMEMBERED_POLICIES)
def _read(row_id: UUID, document: bytes) -> Policy:
    """Open and parse a document: the same ciphertext of the same row says the same each time."""
    return parse_policy(open_identity(document, table=TABLE, column="document", row=row_id).encode())


def _kept(row: PolicyVersion) -> Kept:
    return Kept(
        row.id, row.version, _policy(row), bytes(row.digest), row.drafted_by, row.drafted_at,
        row.proposed_at, row.not_before, None if row.replaces is None else bytes(row.replaces),
        row.effective_from, row.signed_at, row.withdrawn_at,
    )  # fmt: skip
