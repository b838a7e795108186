"""Take back a draft of the policy that is not signed."""

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.policies import Kept
from tenants.gate.policy_signing import withdraw_draft


def withdraw_policy(context: TenantContext, *, version: int) -> None:
    """Take it back, inside the caller's unit. Raises `NotFound`, `SigningRefused` for a signed version."""

    def announce(kept: Kept) -> None:
        detail = {"version": kept.version, "sha256": kept.digest.hex()}
        record(context, Verb.POLICY_WITHDRAWN, object_kind="policy", object_id=kept.id, detail=detail)

    withdraw_draft(context.tenant_id, version=version, announce=announce)
