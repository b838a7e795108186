"""End a mitigation plan before its last day; it only takes away, so no signature is needed."""

from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.plan_signing import KeptPlan
from tenants.gate.plan_signing import end_plan as end
from tenants.services.draft_plan import told_of_plan


def end_plan(context: TenantContext, *, plan_id: UUID) -> None:
    """End it now, inside the caller's unit. Raises `NotFound`, `SigningRefused`."""

    def announce(kept: KeptPlan) -> None:
        record(context, Verb.PLAN_ENDED, object_kind="plan", object_id=kept.id, detail=told_of_plan(kept))

    end(context.tenant_id, plan_id=plan_id, announce=announce)
