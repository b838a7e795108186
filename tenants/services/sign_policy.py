"""Sign a version of the policy: the key's word is verified, kept, and with enough of them the version rules."""

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.admin_keys import KnownKey
from tenants.gate.policies import Kept
from tenants.gate.policy_signing import sign_policy as keep_signature


def sign_policy(context: TenantContext, *, version: int, public: bytes, signature: bytes) -> Kept:
    """Return the version as it is afterwards, inside the caller's unit.

    The key says who signed; whoever brings the signature is the event's actor. Raises `NotFound`, `SigningRefused`.
    """

    def announce(kept: Kept, key: KnownKey) -> None:
        detail = {
            "version": kept.version,
            "sha256": kept.digest.hex(),
            "key": key.public.hex(),
            "signer": str(key.member_id),
            "signature": signature.hex(),
            "signed": kept.signed_at is not None,
            "effective_from": kept.effective_from.isoformat() if kept.effective_from else "",
        }
        record(context, Verb.POLICY_SIGNED, object_kind="policy", object_id=kept.id, detail=detail)

    return keep_signature(
        context.tenant_id, version=version, public=public, signature=signature, announce=announce
    )
