"""Since when the acting tenant's log existed: an authority's time-stamp, and the proof that leads to the log."""

import io
import logging
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final

from audit.archive import ArchiveWriter
from audit.checkpoints import Checkpoint
from audit.errors import EvidenceRefused
from audit.merkle import check_inclusion, inclusion_path_from, leaf_hash
from audit.meta import META_LOG, parse_leaf
from audit.notes import Vkey, open_note
from audit.proofs import TlogProof
from audit.services.stored_log import META_KEY, fetch_row
from audit.services.witnessed import fetch_meta
from audit.stored_tiles import stored_nodes
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import RingfenceError

TIMESTAMPED: Final = (
    "SELECT place, leaf, meta_size, meta_note, stated, authority, token FROM audit.timestamped()"
)
README: Final = """\
An authority has stated when it saw a checkpoint of the meta-log, below which stands a checkpoint of your log.

  checkpoint                    the meta-log's signed checkpoint: what the time-stamp is over
  checkpoint.tsr                the authority's answer (RFC 3161)
  log-checkpoint                your log's signed checkpoint: its first {size} events
  log-checkpoint.tlog-proof     the proof that it stands below the meta-log's checkpoint (c2sp.org/tlog-proof)
  policy                        the meta-log's key

With the authority's root certificates in roots.pem, which you have from the authority and not from us:

  openssl ts -verify -data checkpoint -in checkpoint.tsr -CAfile roots.pem
  openssl ts -reply -in checkpoint.tsr -text

The first says whether the time-stamp holds, the second what time it states. That your log's own checkpoint stands
below what was stamped says our verifier, of which every bundle has a copy:

  python ringfence_verify.py proof log-checkpoint.tlog-proof --pin YOUR-PIN

It shows that these events stood in the log at that time. It does not show that no others did.
"""

logger = logging.getLogger("ringfence.audit")


class NotTimestamped(RingfenceError):
    """No checkpoint of the log lies below one that was time-stamped."""

    code = "not_timestamped"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "No checkpoint of this log is time-stamped yet. Once a day one is, where there is an authority."
        )


@dataclass(frozen=True, slots=True)
class Timestamped:
    """The newest checkpoint of the log below the newest time-stamp."""

    size: int
    at: datetime
    """What the authority states."""
    authority: str
    content: bytes = field(repr=False)
    """An archive of `README`'s files."""


def timestamped(context: TenantContext) -> Timestamped:
    """Return the time-stamp with all that leads to the acting tenant's log. Inside `acting(context)`.

    The authority's signature was verified before it was kept, and is not verified again here.
    Raises `NotTimestamped`, and `EvidenceRefused` for what was damaged since.
    """
    row, key = fetch_row(TIMESTAMPED, []), fetch_row(META_KEY, [])
    if row is None or key is None:
        raise NotTimestamped
    leaf, note = bytes(row[1]), bytes(row[3])
    ours, proof = parse_leaf(leaf).size, proof_below(row[0], leaf, note, key[0])
    files = {
        "README.txt": README.format(size=f"{ours:,}").encode(),
        "checkpoint": note,
        "checkpoint.tsr": bytes(row[6]),
        "log-checkpoint": leaf,
        "log-checkpoint.tlog-proof": proof.to_bytes(),
        "policy": f"log {key[0]}\nquorum none\n".encode(),
    }
    return Timestamped(ours, row[4], row[5], _archive(files))


def proof_below(place: int, leaf: bytes, note: bytes, meta_key: str) -> TlogProof:
    """Return the proof that the meta-log's leaf at `place` stands below its signed checkpoint `note`.

    Raises `EvidenceRefused` for what was damaged: a proof that its reader would refuse is never handed out.
    """
    signed = Checkpoint.parse(open_note(note, [Vkey.parse(meta_key)]).text)
    nodes = stored_nodes(fetch_meta, META_LOG, size=signed.size)
    path = inclusion_path_from(nodes, index=place, size=signed.size)
    check_inclusion(path, index=place, size=signed.size, leaf=leaf_hash(leaf), head=signed.head)
    return TlogProof(place, tuple(path), note, extra=leaf)


def stamp_of(context: TenantContext) -> Timestamped | None:
    """Return the same for a page, or None: what does not hold keeps nobody from a page."""
    try:
        return timestamped(context)
    except NotTimestamped:
        return None
    except EvidenceRefused as damage:
        logger.error("what was time-stamped does not hold: %s", damage)
        return None


def _archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    writer = ArchiveWriter(out)
    for name, content in files.items():
        writer.add(name, content)
    writer.close()
    return out.getvalue()
