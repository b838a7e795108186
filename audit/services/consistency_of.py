"""Proves that the log only grew since an older size."""

from audit.frontier import Frontier
from audit.merkle import check_consistency, consistency_path_from
from audit.proofs import ConsistencyProof
from audit.services.stored_log import newest_checkpoint, nodes_of_log
from audit.stored_tiles import frontier_from
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound


def consistency_of(context: TenantContext, *, old_size: int) -> bytes:
    """Return the add-checkpoint body from `old_size` to the newest checkpoint. Inside `acting(context)`.

    Raises `NotFound` for a size that is not signed yet, and `LogNotSigned`. Source: c2sp.org/tlog-witness.
    """
    signed = newest_checkpoint()
    if not 0 <= old_size <= signed.size:
        raise NotFound("size of the log")
    nodes = nodes_of_log(signed.size)
    path = consistency_path_from(nodes, old_size=old_size, new_size=signed.size)
    old_head = (frontier_from(nodes, old_size) if old_size else Frontier()).head
    # As with inclusion: what its reader would refuse is not handed out.
    check_consistency(path, old_size=old_size, old_head=old_head, new_size=signed.size, new_head=signed.root)
    return ConsistencyProof(old_size, tuple(path), signed.note).to_bytes()
