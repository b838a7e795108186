"""RF1, the only ciphertext format: a 20-byte header naming the data key, then a chunked ciphertext.

    offset  len  field
    0       3    "RF1"
    3       1    suite 0x01 = Cobblestone-256 (`ringfence.crypto.chunked`)
    4       16   dek_id, the UUID of the data key
    20      24   salt, random
    44      32   commitment to key and context
    76      ...  chunks of 16 KiB + 16-byte tag; the last chunk is always shorter

    context = "RF1" || 0x01 || dek_id || "RF1ctx" || u8 6 || 6 x (u16be length || bytes)
              in order: tenant (16 bytes), purpose, table, column (ASCII), row (16 bytes), version (u64be)

A cell is 92 bytes longer than its plaintext below 16 KiB, and 16 more for each full chunk. Nothing
here stops who can write the table from putting back an older cell with its older version number:
the audit log's digest of the cell does.
"""

from dataclasses import dataclass
from os import urandom
from typing import Final
from uuid import UUID

from ringfence.crypto import chunked
from ringfence.crypto.chunked import Octets
from ringfence.crypto.errors import CannotOpen

HEADER_BYTES: Final = 20
OVERHEAD_BYTES: Final = HEADER_BYTES + chunked.HEADER_BYTES + chunked.TAG_BYTES
MAX_VERSION: Final = 2**64 - 1

_MAGIC: Final = b"RF1\x01"
_CONTEXT_MAGIC: Final = b"RF1ctx"
_FIELD_COUNT: Final = 6
_UUID_LENGTH: Final = b"\x00\x10"
_VERSION_LENGTH: Final = b"\x00\x08"
_VERSION_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Binding:
    """The place a ciphertext belongs to. Moved to any other place, it does not open."""

    tenant: UUID
    purpose: str
    table: str
    column: str
    row: UUID
    version: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.tenant, UUID) or not isinstance(self.row, UUID):
            raise TypeError("tenant and row are UUIDs")
        for name in (self.purpose, self.table, self.column):
            _check_name(name)
        _check_version(self.version)


def seal(
    key: bytes | bytearray, dek_id: UUID, binding: Binding, plaintext: Octets, *, salt: bytes | None = None
) -> bytes:
    """Return `plaintext` as an RF1 cell, sealed under the data key `key` for one place.

    Args:
        key: the data key, 32 bytes.
        dek_id: its id, which `dek_id_of` reads back.
        salt: for frozen vectors alone; the default is fresh for each call, as it must be.
    """
    fresh = urandom(chunked.SALT_BYTES) if salt is None else salt
    return header(dek_id) + chunked.encrypt(key, fresh, context(dek_id, binding), plaintext)


def open_sealed(key: bytes | bytearray, binding: Binding, sealed: Octets) -> bytes:
    """Return the plaintext of an RF1 cell that was sealed with this key for this place.

    Raises:
        CannotOpen: not RF1, or anything differs in key, key id, place or ciphertext.
    """
    dek_id = dek_id_of(sealed)
    return chunked.decrypt(key, context(dek_id, binding), memoryview(sealed)[HEADER_BYTES:])


def dek_id_of(sealed: Octets) -> UUID:
    """Return the id of the data key that the cell names. It is a claim until the cell opens.

    Raises:
        CannotOpen: not RF1.
    """
    if not is_rf1(sealed):
        raise CannotOpen
    return UUID(bytes=bytes(sealed[len(_MAGIC) : HEADER_BYTES]))


def is_rf1(data: Octets) -> bool:
    """Tell whether `data` has RF1's header and a length that some plaintext gives. It may still not open."""
    if len(data) < OVERHEAD_BYTES or data[: len(_MAGIC)] != _MAGIC:
        return False
    chunks_bytes = len(data) - HEADER_BYTES - chunked.HEADER_BYTES
    return chunks_bytes % chunked.SEALED_CHUNK_BYTES >= chunked.TAG_BYTES


def header(dek_id: UUID) -> bytes:
    """Return the 20 bytes before the salt; a file is this, then the output of `chunked.Encryptor`."""
    return _MAGIC + dek_id.bytes


def context(dek_id: UUID, binding: Binding) -> bytes:
    """Return the context that binds a ciphertext to its data key's id and its place."""
    prefix = _context_prefix(dek_id, binding.tenant, binding.purpose, binding.table, binding.column)
    return _context(prefix, binding.row, binding.version)


class Sealer:
    """Seals and opens many cells of one column under one data key, with all but the row worked out before.

    It keeps a copy of the key: whoever drops the key drops the sealer too.
    """

    __slots__ = ("_header", "_key", "_prefix")

    def __init__(
        self, key: bytes | bytearray, dek_id: UUID, tenant: UUID, purpose: str, table: str, column: str
    ) -> None:
        if not isinstance(key, (bytes, bytearray)) or len(key) != chunked.KEY_BYTES:
            raise ValueError(f"a key is {chunked.KEY_BYTES} bytes")
        for name in (purpose, table, column):
            _check_name(name)
        # A copy: a key that its owner wipes would otherwise go on sealing as 32 zero bytes.
        self._key = chunked.PreparedKey(key)
        self._header = header(dek_id)
        self._prefix = _context_prefix(dek_id, tenant, purpose, table, column)

    def seal(self, row: UUID, plaintext: Octets, version: int = 1) -> bytes:
        """Return what `envelope.seal` returns for this row and version."""
        place = _context(self._prefix, row, version)
        return self._header + chunked.encrypt(self._key, urandom(chunked.SALT_BYTES), place, plaintext)

    def names_its_key(self, sealed: Octets) -> bool:
        """Tell whether a cell says that it was sealed under this data key."""
        return bytes(sealed[:HEADER_BYTES]) == self._header

    def open(self, row: UUID, sealed: Octets, version: int = 1) -> bytes:
        """Return what `open_sealed` returns for this row and version.

        Raises:
            CannotOpen: also when the cell names another data key than the sealer's.
        """
        if not self.names_its_key(sealed):
            raise CannotOpen
        cell = memoryview(sealed)[HEADER_BYTES:]
        return chunked.decrypt(self._key, _context(self._prefix, row, version), cell)

    def __reduce__(self) -> str:
        raise TypeError("a sealer holds a key and is neither pickled nor copied")


def _context_prefix(dek_id: UUID, tenant: UUID, purpose: str, table: str, column: str) -> bytes:
    names = b"".join(_field(name.encode("ascii")) for name in (purpose, table, column))
    counted = _MAGIC + dek_id.bytes + _CONTEXT_MAGIC + bytes([_FIELD_COUNT])
    return counted + _UUID_LENGTH + tenant.bytes + names


def _context(prefix: bytes, row: UUID, version: int) -> bytes:
    _check_version(version)
    return prefix + _UUID_LENGTH + row.bytes + _VERSION_LENGTH + version.to_bytes(_VERSION_BYTES, "big")


def _field(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def _check_name(name: str) -> None:
    if not name or not name.isascii() or not name.isprintable() or len(name) >= 2**16:
        raise ValueError("purpose, table and column are printable ASCII, and not empty")


def _check_version(version: int) -> None:
    # A bool is an int to Python; as a version it is a mistake.
    if type(version) is not int:
        raise TypeError("a version is an int")
    if not 0 <= version <= MAX_VERSION:
        raise ValueError("a version is between 0 and 2^64 - 1")
