"""The policy with its versions for whoever may see it: a delivery, so it is in the log before it leaves."""

from collections.abc import Sequence
from uuid import UUID

from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from tenants.gate.plan_signing import KeptPlan, plan_of, plans_of
from tenants.gate.policies import Kept, version_of, versions

MOST = 1_000


def read_versions(context: TenantContext) -> list[Kept]:
    """Return the newest 1,000 versions, newest first, inside the caller's unit."""
    found = versions(context.tenant_id)[:MOST]
    if found:
        _deliver(context, found)
    return found


def read_version(context: TenantContext, *, version: int) -> Kept:
    """Return one version, inside the caller's unit. Raises `NotFound`."""
    kept = version_of(context.tenant_id, version)
    if kept is None:
        raise NotFound("version")
    _deliver(context, [kept])
    return kept


def read_plans(context: TenantContext) -> list[KeptPlan]:
    """Return the newest 1,000 plans, newest first, inside the caller's unit."""
    found = plans_of(context.tenant_id)[:MOST]
    if found:
        _deliver_plans(context, found)
    return found


def read_plan(context: TenantContext, *, plan_id: UUID) -> KeptPlan:
    """Return one plan, inside the caller's unit. Raises `NotFound`."""
    kept = plan_of(context.tenant_id, plan_id)
    _deliver_plans(context, [kept])
    return kept


def _deliver(context: TenantContext, kept: Sequence[Kept]) -> None:
    objects = [(each.id, each.digest) for each in kept]
    deliver(context, Verb.POLICY_DELIVERED, object_kind="policy", objects=objects)


def _deliver_plans(context: TenantContext, kept: Sequence[KeptPlan]) -> None:
    objects = [(each.id, each.digest) for each in kept]
    deliver(context, Verb.PLAN_DELIVERED, object_kind="plan", objects=objects)
