"""Draft a mitigation plan under the policy in force. It lifts nothing until admins have signed it."""

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.plan_signing import KeptPlan, keep_plan
from tenants.neutrality.plan_document import PlanDocument


def draft_plan(context: TenantContext, document: PlanDocument) -> KeptPlan:
    """Return the plan, recorded by its digest, inside the caller's unit. Raises `SigningRefused`."""

    def announce(kept: KeptPlan) -> None:
        record(context, Verb.PLAN_DRAFTED, object_kind="plan", object_id=kept.id, detail=told_of_plan(kept))

    return keep_plan(context.tenant_id, document, drafted_by=context.actor_id, announce=announce)


def told_of_plan(kept: KeptPlan) -> dict[str, object]:
    """Return what each event about a plan tells of it."""
    document = kept.document
    return {
        "sha256": kept.digest.hex(),
        "policy": kept.policy_digest.hex(),
        "members": sorted(map(str, document.members)),
        "systems": sorted(map(str, document.systems)),
        "start": document.start.isoformat(),
        "end": document.end.isoformat(),
    }
