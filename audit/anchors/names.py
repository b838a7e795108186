"""Names of what is written for good: a name says what the content is, so a name is never written twice.

ckpt/<log id>/<size>-<root hex>              a signed checkpoint
tile/<log id>/<level>/<N>[.p/<W>]            a tile of hashes, as tlog-tiles names it
tile/<log id>/entries/<N>[.p/<W>]            an entry bundle: leaves, which are commitments
"""

import re
from dataclasses import dataclass
from uuid import UUID

from audit.encoding import HASH_BYTES, parse_decimal
from audit.errors import Malformed
from audit.tiles import Level, tile_path

_CHECKPOINT = re.compile(r"ckpt/(?P<log>[0-9a-f]{32})/(?P<size>[0-9]{1,19})-(?P<root>[0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class AnchoredHead:
    """Which head of which log a stored checkpoint is of, as its name says."""

    log_id: UUID
    size: int
    root: bytes


def checkpoint_name(log_id: UUID, size: int, root: bytes) -> str:
    """Name a checkpoint; raises `Malformed` for what no log can have."""
    if size < 0 or len(root) != HASH_BYTES:
        raise Malformed("a checkpoint has a size and a root of 32 bytes")
    return f"{checkpoints_of(log_id)}{size}-{root.hex()}"


def checkpoints_of(log_id: UUID) -> str:
    """Return the beginning of the names of a log's checkpoints."""
    return f"ckpt/{log_id.hex}/"


def parse_checkpoint_name(name: str) -> AnchoredHead:
    """Read the name of a checkpoint; raises `Malformed` unless it is the one name that it has."""
    match = _CHECKPOINT.fullmatch(name)
    if match is None:
        raise Malformed(f"not the name of a checkpoint: {name[:80]!r}")
    return AnchoredHead(UUID(match["log"]), parse_decimal(match["size"]), bytes.fromhex(match["root"]))


def tile_name(log_id: UUID, level: Level, index: int, width: int | None = None) -> str:
    """Name a tile or an entry bundle of a log; raises `Malformed`."""
    return f"tile/{log_id.hex}/{tile_path(level, index, width).removeprefix('tile/')}"
