"""Destroys the data keys of one person or project, or every key of a tenant: what they sealed opens for nobody."""

from uuid import UUID

from ringfence.crypto.errors import KeyRefused
from tenants.keys.service import key_service
from tenants.keys.vault import vault
from tenants.models import DataKey, KeyState, TenantKey


class CustomerKeyStands(Exception):
    """The key service does not let us destroy a customer's key, and the key still opens what it wrapped."""


def destroy_data_keys(tenant_id: UUID, *, unit: UUID, purpose: str) -> int:
    """Destroy all data keys of `unit` for `purpose`, and return how many. Inside a unit of work.

    Other processes that have one open forget it when the customer's key closes; nothing new is sealed under it
    after 30 s, so whoever calls this makes sure that the unit writes nothing any more.
    """
    rows = DataKey.objects.filter(unit_id=unit, purpose=purpose).exclude(state=KeyState.DESTROYED)
    ids = list(rows.values_list("id", flat=True))
    DataKey.objects.filter(id__in=ids).update(wrapped=None, state=KeyState.DESTROYED)
    for each in ids:
        vault.forget_data_key(tenant_id, each)
    return len(ids)


def count_keys() -> tuple[int, int]:
    """Return (tenant keys, data keys) of the acting tenant that are not destroyed. Inside a unit of work."""
    return (
        TenantKey.objects.exclude(state=KeyState.DESTROYED).count(),
        DataKey.objects.exclude(state=KeyState.DESTROYED).count(),
    )


def destroy_all_keys(tenant_id: UUID) -> list[str]:
    """Destroy every wrap of the acting tenant; return the customer keys that they lay under. Inside a unit of work.

    Safe to repeat: rows stay and name their customer key. The tenant records nothing after this.
    """
    references = sorted(set(TenantKey.objects.values_list("key_ref", flat=True)))
    DataKey.objects.exclude(state=KeyState.DESTROYED).update(wrapped=None, state=KeyState.DESTROYED)
    TenantKey.objects.exclude(state=KeyState.DESTROYED).update(wrapped=None, state=KeyState.DESTROYED)
    vault.forget_tenant(tenant_id)
    return references


def destroy_customer_key(key_ref: str) -> None:
    """Let the key service destroy a customer's key; other processes forget what they opened within 30 s.

    Safe to repeat. Raises `CustomerKeyStands` where the service refuses and the key still works, and `KeyServiceDown`.
    """
    try:
        key_service().destroy(key_ref)
    except KeyRefused:
        try:
            key_service().probe(key_ref)
        except KeyRefused:
            return  # gone already, or out of our reach for good
        raise CustomerKeyStands from None
