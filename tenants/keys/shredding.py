"""Destroys the data keys of one person or project: what they sealed opens for nobody any more."""

from uuid import UUID

from tenants.keys.vault import vault
from tenants.models import DataKey, KeyState


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
