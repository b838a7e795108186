"""Endorse another member's new key with an active one: from then on it signs, and the member's old key does not."""

from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.admin_keys import KnownKey, endorse_key
from tenants.services.add_admin_key import told


def endorse_admin_key(context: TenantContext, *, key_id: UUID, endorser: bytes, signature: bytes) -> KnownKey:
    """Return the key, active now, inside the caller's unit. Raises `NotFound`, `SigningRefused`."""

    def announce(key: KnownKey, by: KnownKey) -> None:
        detail = {
            **told(key),
            "because": "endorsed",
            "endorsed_by": by.public.hex(),
            "signature": signature.hex(),
        }
        record(context, Verb.ADMIN_KEY_ACTIVATED, object_kind="admin_key", object_id=key.id, detail=detail)

    return endorse_key(
        context.tenant_id, key_id=key_id, endorser=endorser, signature=signature, announce=announce
    )
