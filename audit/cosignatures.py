"""What a cosigner signs (c2sp.org/tlog-cosignature): that a checkpoint is the largest consistent tree it has seen.

    type 04, Ed25519:    "cosignature/v1" LF "time <seconds>" LF <the whole note text>
    type 06, ML-DSA-44:  "subtree/v1" LF NUL || len8 || cosigner name || time64 || len8 || origin
                         || start64 || end64 || root of 32 bytes; for a checkpoint start is 0 and end its size

Both are carried as time64 || signature. The first covers extension lines, and not the cosigner's name; the second
the name, and no extension lines.
"""

from audit.checkpoints import Checkpoint
from audit.encoding import LARGEST_NUMBER
from audit.errors import Malformed

TIMESTAMP_BYTES = 8
LONGEST_NAME_BYTES = 255
"""Of a cosigner and of an origin, in an ML-DSA-44 cosignature: their length is written as one byte."""

_SUBTREE = b"subtree/v1\n\0"


def ed25519_message(text: bytes, *, seconds: int) -> bytes:
    """Return what a cosigner with an Ed25519 key signs. Raises `Malformed` for a time that cannot be written."""
    _require_time(seconds)
    return b"cosignature/v1\ntime %d\n" % seconds + text


def mldsa44_message(text: bytes, *, name: str, seconds: int) -> bytes:
    """Return what the cosigner `name` signs with an ML-DSA-44 key. Raises `Malformed` unless `text` is a checkpoint."""
    checkpoint = Checkpoint.parse(text.decode())
    return subtree_message(
        name=name,
        seconds=seconds,
        origin=checkpoint.origin,
        start=0,
        end=checkpoint.size,
        root=checkpoint.head,
    )


def subtree_message(*, name: str, seconds: int, origin: str, start: int, end: int, root: bytes) -> bytes:
    """Return the signed message about the leaves from `start` up to `end`. Raises `Malformed`."""
    _require_time(seconds)
    if not 0 <= start <= end <= LARGEST_NUMBER:
        raise Malformed("a subtree starts before it ends")
    numbers = start.to_bytes(8, "big") + end.to_bytes(8, "big")
    return _SUBTREE + _counted(name) + seconds.to_bytes(8, "big") + _counted(origin) + numbers + root


def _counted(name: str) -> bytes:
    written = name.encode()
    if not 1 <= len(written) <= LONGEST_NAME_BYTES:
        raise Malformed(f"a name in a cosignature has 1 to {LONGEST_NAME_BYTES} bytes")
    return bytes([len(written)]) + written


def _require_time(seconds: int) -> None:
    if not 0 <= seconds <= LARGEST_NUMBER:
        raise Malformed("a cosignature's time does not fit")
