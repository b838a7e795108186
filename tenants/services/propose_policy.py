"""Put a draft of the policy up for signature, with the time from which it is to rule."""

from datetime import datetime

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.policies import Kept
from tenants.gate.policy_signing import propose_policy as keep_proposal


def propose_policy(context: TenantContext, *, version: int, not_before: datetime | None) -> Kept:
    """Return the version as it is signed from now on, inside the caller's unit. Raises `NotFound`, `SigningRefused`."""

    def announce(kept: Kept) -> None:
        detail = {
            "version": kept.version,
            "sha256": kept.digest.hex(),
            "replaces": "none" if kept.replaces is None else kept.replaces.hex(),
            "not_before": kept.not_before.isoformat() if kept.not_before else "",
        }
        record(context, Verb.POLICY_PROPOSED, object_kind="policy", object_id=kept.id, detail=detail)

    return keep_proposal(context.tenant_id, version=version, not_before=not_before, announce=announce)
