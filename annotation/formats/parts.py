"""The inside of a sealed part of an export: which objects it delivers, then the content itself.

    u32be count || count x (16-byte object id || 32-byte SHA-256 of its lines) || content

The list lets a download record its delivery without parsing what it delivers.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

Object = tuple[UUID, bytes]

_COUNT_BYTES: Final = 4
_ID_BYTES: Final = 16
_ENTRY_BYTES: Final = _ID_BYTES + 32


def pack(objects: Sequence[Object], content: bytes) -> bytes:
    """Return the bytes to seal."""
    listed = [object_id.bytes + digest for object_id, digest in objects]
    return b"".join([len(objects).to_bytes(_COUNT_BYTES, "big"), *listed, content])


def unpack(body: bytes) -> tuple[list[Object], bytes]:
    """Return the objects and the content of an opened part."""
    start = overhead(int.from_bytes(body[:_COUNT_BYTES], "big"))
    entries = range(_COUNT_BYTES, start, _ENTRY_BYTES)
    objects = [
        (UUID(bytes=body[at : at + _ID_BYTES]), body[at + _ID_BYTES : at + _ENTRY_BYTES]) for at in entries
    ]
    return objects, body[start:]


def overhead(count: int) -> int:
    """Return how many bytes stand before the content of a part with `count` objects."""
    return _COUNT_BYTES + count * _ENTRY_BYTES
