"""Register the public half of one's own admin key; the private half never comes here."""

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from tenants.gate.admin_keys import KnownKey, register_key

MOST_LABEL = 100


def add_admin_key(context: TenantContext, *, public: bytes, possession: bytes, label: str = "") -> KnownKey:
    """Return the key, which waits for an endorsement unless it is the first; inside the caller's unit.

    `possession` is the key's own signature over itself. Raises `Invalid`, `SigningRefused`.
    """
    if len(label) > MOST_LABEL:
        raise Invalid(f"A name has at most {MOST_LABEL} characters.", field="label")

    def announce(key: KnownKey) -> None:
        record(context, Verb.ADMIN_KEY_ADDED, object_kind="admin_key", object_id=key.id, detail=told(key))
        if key.active:
            detail = {**told(key), "because": "first"}
            record(
                context, Verb.ADMIN_KEY_ACTIVATED, object_kind="admin_key", object_id=key.id, detail=detail
            )

    return register_key(
        context.tenant_id,
        member_id=context.actor_id,
        public=public,
        possession=possession,
        label=label.strip(),
        announce=announce,
    )


def told(key: KnownKey) -> dict[str, object]:
    """Return what each event about a key tells of it."""
    return {"key": key.public.hex(), "fingerprint": key.fingerprint, "member": str(key.member_id)}
