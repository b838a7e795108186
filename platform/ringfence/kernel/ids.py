"""Identifiers made by us, before the row exists, so that a ciphertext can be bound to its row."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """Return a version 7 UUID: 48 bits of milliseconds, then 74 random bits.

    Source: RFC 9562 section 5.7.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = int.from_bytes(os.urandom(10), "big") | (milliseconds & 0xFFFFFFFFFFFF) << 80
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
