"""The only door to ciphertext: seals and opens cells of one tenant, and yields no tenant key."""

import hmac
import os
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max

from ringfence.crypto import envelope
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.ids import uuid7
from ringfence.kernel.models import cell_of
from tenants.keys.vault import LIFE_SECONDS, vault
from tenants.models import DataKey, KeyState, TenantKey

KEY_BYTES = 32
BLIND_BYTES = 16
WRAP_TABLE, WRAP_COLUMN = DataKey._meta.db_table, "wrapped"
WRITE_KEY_SECONDS = 30.0
BROWSER_KEY = b"ringfence browser key 1"
# A statement and not the ORM, whose bulk writes open a savepoint that a pipelined unit does not know.
INSERT_DATA_KEY = """
insert into tenants_datakey (id, tenant_id, unit_id, purpose, generation, wrapped, state, created_at)
values (%s, %s, %s, %s, %s, %s, %s, clock_timestamp()) on conflict do nothing
"""

_write_keys: dict[tuple[UUID, str, UUID], tuple[UUID, str, float]] = {}
"""(tenant, purpose, unit) -> (data key id, key reference, until): which key new writes take. No secrets."""

_origins: dict[tuple[UUID, UUID], str] = {}
"""(tenant, data key id) -> key reference, so that a live key needs no query. No secrets."""


def encryption_context(tenant_id: UUID, purpose: str, generation: int) -> dict[str, str]:
    """Return what a tenant key's wrap is bound to, as the key service logs and enforces it."""
    return {"rf:tenant": str(tenant_id), "rf:purpose": purpose, "rf:gen": str(generation)}


class TenantKeyring:
    """Implements `ringfence.kernel.context.Keyring`. Made by the gate, used inside `acting()`."""

    __slots__ = ("_tenant_id",)

    def __init__(self, tenant_id: UUID) -> None:
        self._tenant_id = tenant_id

    def __repr__(self) -> str:
        return "TenantKeyring()"

    def __reduce__(self) -> str:
        raise TypeError("a keyring never leaves its process")

    def seal(
        self, plaintext: bytes, *, field: Any, row: UUID, unit: UUID | None = None, version: int = 1
    ) -> bytes:
        """Return the RF1 ciphertext of one cell under the newest data key of `unit`. Raises `Dark`."""
        purpose, table, column = cell_of(field)
        dek_id, dek = self._write_key(purpose, unit or self._tenant_id)
        binding = envelope.Binding(self._tenant_id, purpose, table, column, row, version)
        return envelope.seal(dek, dek_id, binding, plaintext)

    def open(self, sealed: bytes, *, field: Any, row: UUID, version: int = 1) -> bytes:
        """Return the plaintext of one cell. Raises `CannotOpen`, `Dark`."""
        purpose, table, column = cell_of(field)
        dek = self._read_key(envelope.dek_id_of(sealed), purpose)
        binding = envelope.Binding(self._tenant_id, purpose, table, column, row, version)
        return envelope.open_sealed(dek, binding, sealed)

    def sealer(self, *, field: Any, unit: UUID | None = None) -> "BoundSealer":
        """Return a handle on the data key of `unit` for bulk work in one column."""
        purpose, table, column = cell_of(field)
        dek_id, dek = self._write_key(purpose, unit or self._tenant_id)
        return BoundSealer(self, field, envelope.Sealer(dek, dek_id, self._tenant_id, purpose, table, column))

    def browser_key(self, member: UUID, *, key_id: UUID | None = None) -> tuple[UUID, bytes]:
        """Return HMAC-SHA-256 of tenant and member under a data key of the member, and that key's id.

        A cell is sealed under a key derived by HKDF with a salt of its own, so no browser key opens one.
        """
        self.check()
        if key_id is None:
            key_id, dek = self._write_key("data", member)
        elif DataKey.objects.filter(id=key_id, unit_id=member, purpose="data").exists():
            dek = self._read_key(key_id, "data")
        else:
            raise CannotOpen
        return key_id, hmac.digest(dek, BROWSER_KEY + self._tenant_id.bytes + member.bytes, "sha256")

    def blind(self, value: str, *, field: Any) -> bytes:
        """Return HMAC-SHA-256 of the value under this column's own index key, cut to 16 bytes."""
        return self.blinder(field=field)(value)

    def blinder(self, *, field: Any) -> Callable[[str], bytes]:
        """Return `blind` of one column, with its key derived once."""
        # The index stands in a column of its own, which is not sealed: `cell_of` would refuse it.
        place = getattr(field, "field", field)
        table, column = place.model._meta.db_table, place.column
        index_key = self._tenant_key(TenantKey.objects.get(purpose="index", state=KeyState.ACTIVE))
        column_key = hmac.digest(index_key, f"blind|{table}|{column}".encode(), "sha256")
        return lambda value: hmac.digest(column_key, value.encode(), "sha256")[:BLIND_BYTES]

    def check(self) -> None:
        """Return while this tenant's keys may be used. Raises `Dark`."""
        vault.check(self._tenant_id, self._any_key_ref())

    def _any_key_ref(self) -> str:
        return TenantKey.objects.filter(state=KeyState.ACTIVE).values_list("key_ref", flat=True)[0]

    def _tenant_key(self, row: TenantKey) -> bytes:
        if row.wrapped is None:
            raise CannotOpen
        return vault.tenant_key(
            self._tenant_id,
            key_id=row.id,
            key_ref=row.key_ref,
            wrapped=bytes(row.wrapped),
            context=encryption_context(self._tenant_id, row.purpose, row.generation),
        )

    def _write_key(self, purpose: str, unit: UUID) -> tuple[UUID, bytes]:
        known = _write_keys.get((self._tenant_id, purpose, unit))
        if known is not None and known[2] > time.monotonic():
            dek = vault.data_key(self._tenant_id, known[1], known[0])
            if dek is not None:
                return known[0], dek
        row = (
            DataKey.objects.filter(purpose=purpose, unit_id=unit, state=KeyState.ACTIVE)
            .order_by("-generation")
            .first()
        )
        if row is None:
            row = self._make_data_key(purpose, unit)
        dek, key_ref = self._open_data_key(row)
        until = time.monotonic() + WRITE_KEY_SECONDS
        _write_keys[(self._tenant_id, purpose, unit)] = (row.id, key_ref, until)
        return row.id, dek

    def _read_key(self, dek_id: UUID, purpose: str) -> bytes:
        key_ref = _origins.get((self._tenant_id, dek_id))
        dek = vault.data_key(self._tenant_id, key_ref, dek_id) if key_ref else None
        if dek is None:
            row = DataKey.objects.filter(id=dek_id).first()
            if row is None or row.wrapped is None or row.purpose != purpose:
                raise CannotOpen
            dek, _ = self._open_data_key(row)
        return dek

    def _open_data_key(self, row: DataKey) -> tuple[bytes, str]:
        if row.wrapped is None:
            raise CannotOpen
        parent = TenantKey.objects.filter(id=envelope.dek_id_of(row.wrapped)).first()
        if parent is None:
            raise CannotOpen
        binding = envelope.Binding(self._tenant_id, "wrap", WRAP_TABLE, WRAP_COLUMN, row.id)
        dek = envelope.open_sealed(self._tenant_key(parent), binding, row.wrapped)
        vault.keep_data_key(self._tenant_id, parent.key_ref, row.id, dek)
        _origins[(self._tenant_id, row.id)] = parent.key_ref
        return dek, parent.key_ref

    def _make_data_key(self, purpose: str, unit: UUID) -> DataKey:
        parent = (
            TenantKey.objects.filter(purpose=purpose, state=KeyState.ACTIVE).order_by("-generation").first()
        )
        if parent is None:
            raise CannotOpen
        row_id = uuid7()
        binding = envelope.Binding(self._tenant_id, "wrap", WRAP_TABLE, WRAP_COLUMN, row_id)
        wrapped = envelope.seal(self._tenant_key(parent), parent.id, binding, os.urandom(KEY_BYTES))
        # Two processes may meet here; the unique constraint lets one through, and both use its row.
        there = DataKey.objects.filter(purpose=purpose, unit_id=unit)
        # A key that was destroyed keeps its number. An active one is the other process's, and has the number that we
        # want: counted in, it would give the unit a second active key.
        ended = there.exclude(state=KeyState.ACTIVE)
        generation = 1 + (ended.aggregate(newest=Max("generation"))["newest"] or 0)
        with connection.cursor() as cursor:
            cursor.execute(
                INSERT_DATA_KEY,
                [row_id, self._tenant_id, unit, purpose, generation, wrapped, KeyState.ACTIVE],
            )
        return there.get(generation=generation)


class BoundSealer:
    """One data key and one column, for loops. Goes dark with the key: usable for at most 30 s."""

    __slots__ = ("_field", "_keyring", "_sealer", "_until")

    def __init__(self, keyring: TenantKeyring, field: Any, sealer: envelope.Sealer) -> None:
        self._keyring, self._field, self._sealer = keyring, field, sealer
        self._until = time.monotonic() + LIFE_SECONDS

    def seal(self, row: UUID, plaintext: bytes, version: int = 1) -> bytes:
        """Return the RF1 ciphertext of one cell. Raises `CannotOpen` past the handle's life."""
        if time.monotonic() >= self._until:
            raise CannotOpen
        return self._sealer.seal(row, plaintext, version)

    def open(self, row: UUID, sealed: bytes, version: int = 1) -> bytes:
        """Return the plaintext of one cell, under whichever of the tenant's data keys sealed it."""
        if time.monotonic() < self._until and self._sealer.names_its_key(sealed):
            return self._sealer.open(row, sealed, version)
        return self._keyring.open(sealed, field=self._field, row=row, version=version)
