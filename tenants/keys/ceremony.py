"""Making a tenant's keys: one customer key in the key service, one tenant key for each purpose under it."""

import os

from django.utils import timezone

from ringfence.kernel.context import current
from ringfence.kernel.ids import uuid7
from tenants.keys.keyring import KEY_BYTES, encryption_context
from tenants.keys.service import key_service
from tenants.models import TenantKey

PURPOSES = ("data", "index", "blob", "export", "audit")


def make_tenant_keys(key_ref: str) -> None:
    """Make generation 1 of the acting tenant's keys, wrapped by `key_ref`.

    Raises `KeyRefused` or `KeyServiceDown`; the unit of work then leaves no key behind.
    """
    tenant_id, now = current().context.tenant_id, timezone.now()
    for purpose in PURPOSES:
        wrapped = key_service().wrap(
            key_ref, os.urandom(KEY_BYTES), encryption_context=encryption_context(tenant_id, purpose, 1)
        )
        TenantKey.objects.create(
            id=uuid7(), purpose=purpose, key_ref=key_ref, wrapped=wrapped, created_at=now
        )
