"""Serves the acting tenant's log as c2sp.org/tlog-tiles has it: tiles and entry bundles of what is signed."""

from django.db import connection

from audit.errors import Malformed
from audit.services.stored_log import newest_checkpoint, nodes_of_log
from audit.tiles import TILE_HEIGHT, TILE_WIDTH, build_entry_bundle, parse_tile_path
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound

LEAVES = "SELECT leaf FROM audit.entry WHERE tenant_id = %s AND seq >= %s AND seq < %s ORDER BY seq"


def log_file(context: TenantContext, path: str) -> bytes:
    """Return the file that tlog-tiles has at `path`, such as `tile/0/000.p/5`. Inside `acting(context)`.

    A file is there once a checkpoint covers all of it, a partial one of each width too: the newest signed
    tree holds every shorter one as a beginning. Raises `NotFound` for every other path, and `LogNotSigned`.
    """
    try:
        named = parse_tile_path(path)
    except Malformed:
        raise NotFound("file of the log") from None
    newest = newest_checkpoint()
    level = 0 if named.level == "entries" else named.level
    first, width = named.index * TILE_WIDTH, named.width or TILE_WIDTH
    # One hash of this level covers so many events. Python's numbers do not overflow at level 63.
    covered = 1 << TILE_HEIGHT * level
    if (first + width) * covered > newest.size:
        raise NotFound("file of the log")
    if named.level == "entries":
        return _entry_bundle(context, first, width)
    read = nodes_of_log(newest.size)
    return b"".join(read(TILE_HEIGHT * level, first + place) for place in range(width))


def _entry_bundle(context: TenantContext, first: int, width: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(LEAVES, [context.tenant_id, first, first + width])
        leaves = [bytes(row[0]) for row in cursor.fetchall()]
    if len(leaves) != width:
        raise NotFound("file of the log")
    return build_entry_bundle(leaves)
