"""Seals for nobody: a key made for one cell and forgotten at once, where something sealed has to stand for good."""

import os
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from ringfence.crypto import envelope
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import Sealer
from ringfence.kernel.models import cell_of
from tenants.keys.keyring import KEY_BYTES


class OneOffKeyring:
    """Implements `ringfence.kernel.context.Keyring` without any key of the tenant: works in the dark, opens nothing."""

    __slots__ = ("_tenant_id",)

    def __init__(self, tenant_id: UUID) -> None:
        self._tenant_id = tenant_id

    def seal(
        self, plaintext: bytes, *, field: Any, row: UUID, unit: UUID | None = None, version: int = 1
    ) -> bytes:
        """Return an RF1 ciphertext that nobody can open; it names a data key that never was."""
        purpose, table, column = cell_of(field)
        binding = envelope.Binding(self._tenant_id, purpose, table, column, row, version)
        return envelope.seal(os.urandom(KEY_BYTES), uuid4(), binding, plaintext)

    def open(self, sealed: bytes, *, field: Any, row: UUID, version: int = 1) -> bytes:
        """Raise `CannotOpen`."""
        raise CannotOpen

    def sealer(self, *, field: Any, unit: UUID | None = None) -> Sealer:
        """Raise `CannotOpen`: bulk work has a key."""
        raise CannotOpen

    def browser_key(self, member: UUID, *, key_id: UUID | None = None) -> tuple[UUID, bytes]:
        """Raise `CannotOpen`."""
        raise CannotOpen

    def blind(self, value: str, *, field: Any) -> bytes:
        """Raise `CannotOpen`."""
        raise CannotOpen

    def blinder(self, *, field: Any) -> Callable[[str], bytes]:
        """Raise `CannotOpen`."""
        raise CannotOpen
