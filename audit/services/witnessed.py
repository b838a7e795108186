"""Who watches the signer: which witnesses cosigned, when, and the proof that they saw the acting tenant's log."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from audit.errors import EvidenceRefused
from audit.merkle import check_inclusion, consistency_path_from, inclusion_path_from, leaf_hash
from audit.meta import DAY_SECONDS, META_LOG, parse_leaf, witness_id
from audit.policy import Policy, SignedCheckpoint
from audit.proofs import ConsistencyProof, TlogProof
from audit.services.stored_log import (
    StoredCheckpoint,
    fetch_row,
    meta_requirement,
    nodes_of_log,
    the_log,
)
from audit.stored_tiles import EDGE, TILE, stored_nodes
from audit.watched import Watched
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import RingfenceError

NEWS: Final = "SELECT array_agg(witness), array_agg(seconds) FROM audit.witness_news(%s)"
WITNESSED: Final = "SELECT place, leaf, meta_size, meta_note, lines FROM audit.witnessed(%s, %s)"
META_HASHES: Final = {
    EDGE: "SELECT size, partials FROM audit.meta_edge()",
    TILE: "SELECT audit.meta_tile(%s::smallint, %s)",
}
"""What a statement on a log's own tables becomes for the meta-log, whose id is then not said."""


logger = logging.getLogger("ringfence.audit")


class NotWitnessed(RingfenceError):
    """No checkpoint of the log is under a tree that enough witnesses have cosigned."""

    code = "not_witnessed"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "No checkpoint of this log is cosigned by enough witnesses yet. The log's page says who is missing."
        )


@dataclass(frozen=True, slots=True)
class Watcher:
    """One witness, and when it last cosigned any tree of the meta-log."""

    name: str
    key_name: str
    seen_at: datetime | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """The log's witnesses, how many of them its owner wants, and what they have seen."""

    watchers: tuple[Watcher, ...]
    wanted: int
    size: int | None
    """Events under the newest checkpoint of this log that enough witnesses know."""
    at: datetime | None
    """Since when they all say so: the earliest of their times."""

    @property
    def fresh(self) -> int:
        """How many cosigned in the last 24 hours."""
        return sum(watcher.fresh for watcher in self.watchers)

    @property
    def met(self) -> bool:
        """Whether as many as are wanted did, and know this log."""
        return self.fresh >= self.wanted and self.size is not None


@dataclass(frozen=True, slots=True)
class NestedProof:
    """A checkpoint of the log, and the tlog-proof by which witnesses know it; its extra data is the checkpoint."""

    note: bytes
    size: int
    content: bytes
    signed: SignedCheckpoint


def witnessed(context: TenantContext) -> NestedProof:
    """Return the proof for the newest checkpoint that enough witnesses know. Inside `acting(context)`.

    Raises `NotWitnessed`, also where the operator has named no witnesses.
    """
    requirement = meta_requirement(the_log())
    found = None if requirement is None else _proof(Policy.parse(requirement))
    if found is None:
        raise NotWitnessed
    return found


def watched_by(checkpoint: StoredCheckpoint) -> Watched | None:
    """Return what a bundle up to `checkpoint` brings of its witnesses; None where too few know the log yet."""
    found = _known()
    if found is None or found.size > checkpoint.size:
        return None
    nodes = nodes_of_log(checkpoint.size)
    path = consistency_path_from(nodes, old_size=found.size, new_size=checkpoint.size)
    growth = ConsistencyProof(found.size, tuple(path), checkpoint.note).to_bytes()
    return Watched(found.content, growth)


def _known() -> NestedProof | None:
    """Return the newest proof, or None: what does not hold keeps nobody from a bundle or a page."""
    requirement = meta_requirement(the_log())
    try:
        return None if requirement is None else _proof(Policy.parse(requirement))
    except EvidenceRefused as damage:
        logger.error("what witnesses said does not hold: %s", damage)
        return None


def watch(context: TenantContext) -> Watch | None:
    """Return who watches the acting tenant's log; None where there are no witnesses. Inside `acting(context)`."""
    requirement = meta_requirement(the_log())
    if requirement is None:
        return None
    policy, now = Policy.parse(requirement), time.time()
    ids = {name: witness_id(witness) for name, witness in policy.witnesses.items()}
    row = fetch_row(NEWS, [list(ids.values())])
    seconds: dict[str, int] = dict(zip(row[0], row[1], strict=True)) if row and row[0] else {}
    watchers = tuple(
        Watcher(
            name,
            policy.witnesses[name].vkey.name,
            _moment(seconds[each]) if each in seconds else None,
            each in seconds and now - seconds[each] <= DAY_SECONDS,
        )
        for name, each in ids.items()
    )
    proof = _known()
    times = [each.timestamp for each in proof.signed.cosigners if each.timestamp] if proof else []
    return Watch(
        watchers,
        policy.groups[policy.quorum].threshold,
        proof.size if proof else None,
        _moment(min(times)) if times else None,
    )


def _proof(policy: Policy) -> NestedProof | None:
    ids = [witness_id(witness) for witness in policy.witnesses.values()]
    row = fetch_row(WITNESSED, [ids, policy.groups[policy.quorum].threshold])
    if row is None:
        return None
    place, leaf, size, note = row[0], bytes(row[1]), row[2], bytes(row[3])
    cosigned = note + "".join(row[4]).encode()
    signed = policy.open_checkpoint(cosigned)
    path = inclusion_path_from(stored_nodes(fetch_meta, META_LOG, size=size), index=place, size=size)
    # Never hand out a proof that its reader would refuse: damage shows here first.
    check_inclusion(path, index=place, size=size, leaf=leaf_hash(leaf), head=signed.checkpoint.head)
    proof = TlogProof(place, tuple(path), cosigned, extra=leaf)
    return NestedProof(leaf, parse_leaf(leaf).size, proof.to_bytes(), signed)


def fetch_meta(query: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """Read the meta-log's hashes by the functions that give them: its tables are no service's to read."""
    row = fetch_row(META_HASHES[query], parameters[1:])
    return None if row is None or row[0] is None else row


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
