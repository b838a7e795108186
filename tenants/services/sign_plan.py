"""Sign a mitigation plan: the key's word is verified, kept, and with enough of them the plan holds."""

from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.admin_keys import KnownKey
from tenants.gate.plan_signing import KeptPlan
from tenants.gate.plan_signing import sign_plan as keep_signature
from tenants.services.draft_plan import told_of_plan


def sign_plan(context: TenantContext, *, plan_id: UUID, public: bytes, signature: bytes) -> KeptPlan:
    """Return the plan as it is afterwards, inside the caller's unit. Raises `NotFound`, `SigningRefused`."""

    def announce(kept: KeptPlan, key: KnownKey) -> None:
        detail = {
            **told_of_plan(kept),
            "key": key.public.hex(),
            "signer": str(key.member_id),
            "signature": signature.hex(),
            "approved": kept.approved_at is not None,
        }
        record(context, Verb.PLAN_SIGNED, object_kind="plan", object_id=kept.id, detail=detail)

    return keep_signature(
        context.tenant_id, plan_id=plan_id, public=public, signature=signature, announce=announce
    )
