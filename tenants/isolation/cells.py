"""How the application opens a sealed cell, whichever of a tenant's keys it stands under."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from ringfence.crypto import envelope
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext
from ringfence.kernel.models import cell_of
from tenants.keys.keyring import encryption_context
from tenants.keys.unwrapping import unwrap
from tenants.models import TenantKey

Opener = Callable[[TenantContext, bytes, Any, UUID, int], bytes]
"""(context, sealed, field, row, version) -> plaintext. Raises `CannotOpen`."""


def open_cell(context: TenantContext, sealed: bytes, field: Any, row: UUID, version: int) -> bytes:
    """Open a cell inside its tenant's unit of work; a wrapped data key too, as the keyring does within itself."""
    purpose, table, column = cell_of(field)
    if purpose != "wrap":
        return context.keyring.open(sealed, field=field, row=row, version=version)
    parent = TenantKey.objects.filter(id=envelope.dek_id_of(sealed)).first()
    if parent is None or parent.wrapped is None:
        raise CannotOpen
    named = encryption_context(context.tenant_id, parent.purpose, parent.generation)
    key = unwrap(parent.key_ref, bytes(parent.wrapped), context=named)
    binding = envelope.Binding(context.tenant_id, purpose, table, column, row, version)
    return envelope.open_sealed(key, binding, sealed)
