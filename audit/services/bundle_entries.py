"""Opens the events of a bundle: leaf, disclosed halves, and the path where the bundle's kind needs one."""

from collections.abc import Sequence

from django.db import connection

from audit.bundle import Entry
from audit.bundle_plan import BundlePlan
from audit.manifest import BundleKind
from audit.merkle import inclusion_path_from
from audit.models import Body
from audit.services.stored_log import nodes_of_log
from audit.services.timeline import open_half
from ringfence.kernel.context import TenantContext

LEAVES = "SELECT seq, leaf FROM audit.entry WHERE tenant_id = %s AND seq = ANY(%s)"


def bundle_entries(context: TenantContext, plan: BundlePlan, indexes: Sequence[int]) -> list[Entry]:
    """Return the events at `indexes`, ascending and some of the plan's own. Inside `acting(context)`.

    What was erased, or lost its key, is not disclosed. Raises `Dark`.
    """
    wanted = list(indexes)
    nodes = nodes_of_log(plan.size) if plan.kind is BundleKind.SELECTION else None
    with connection.cursor() as cursor:
        cursor.execute(LEAVES, [context.tenant_id, wanted])
        leaves = {seq: bytes(leaf) for seq, leaf in cursor.fetchall()}
    bodies = {row.seq: row for row in Body.objects.filter(seq__in=wanted)}
    entries = []
    for index in sorted(leaves):
        # Without a body: it was lost, and the leaf was put back from the bucket.
        row = bodies.get(index)
        path = [] if nodes is None else inclusion_path_from(nodes, index=index, size=plan.size)
        entries.append(
            Entry(
                index=index,
                leaf=leaves[index],
                core=None if row is None else open_half(context, row, "core"),
                pii=None if row is None else open_half(context, row, "pii"),
                path=tuple(path),
            )
        )
    return entries
