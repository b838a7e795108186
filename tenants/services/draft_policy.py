"""Keep a draft of the tenant's neutrality policy. It rules only once admins have signed it."""

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.policies import Kept, keep_draft
from tenants.gate.resolve import forget
from tenants.neutrality.policy import Policy


def draft_policy(context: TenantContext, policy: Policy) -> Kept:
    """Return the draft as the next version, recorded by its digest, inside the caller's unit of work."""
    record(
        context,
        Verb.POLICY_DRAFTED,
        object_kind="policy",
        detail={"sha256": policy.digest.hex(), "excluded": len(policy.excluded)},
    )
    kept = keep_draft(context.tenant_id, policy, drafted_by=context.actor_id if context.role else None)
    forget()
    return kept
