"""End keys: one's own, because it is lost or was a mistake, or all of a member who no longer may sign."""

from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.admin_keys import KnownKey, end_keys_of, withdraw_key
from tenants.services.add_admin_key import told


def end_admin_key(context: TenantContext, *, key_id: UUID) -> None:
    """End one's own key, inside the caller's unit. Raises `NotFound`."""
    withdraw_key(
        context.tenant_id,
        key_id=key_id,
        member_id=context.actor_id,
        announce=lambda key: _record(context, key, key.ended_because),
    )


def end_keys_of_member(context: TenantContext, member_id: UUID) -> None:
    """End every key of a member who is removed or whose role no longer signs. They commit at once."""
    for key in end_keys_of(member_id):
        _record(context, key, key.ended_because)


def _record(context: TenantContext, key: KnownKey, because: str) -> None:
    detail = {**told(key), "because": because}
    record(context, Verb.ADMIN_KEY_ENDED, object_kind="admin_key", object_id=key.id, detail=detail)
