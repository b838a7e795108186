"""Does the database still have what stands in the bucket? Asked by whoever writes there, which alone has its key.

Ledger and database can be set back together, by one backup of both; the bucket cannot. So the process that anchors
holds each log against the newest checkpoint that it finds there when it starts, and from then on against what it wrote.
"""

import logging
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audit.anchors.bucket import Place
from audit.anchors.rebuild import Found, newest_in
from audit.database import Database
from audit.notes import Vkey

ACTIVE = """
SELECT tenant_id, id, origin, vkey FROM audit.log
 WHERE state = 'active' AND vkey IS NOT NULL AND (%s::uuid IS NULL OR tenant_id = %s) ORDER BY tenant_id
"""
HAS = "SELECT FROM audit.head WHERE tenant_id = %s AND size = %s AND root = %s"
FREEZE = "SELECT audit.freeze_log(%s, %s)"

logger = logging.getLogger("ringfence.audit.anchors")


@dataclass(slots=True)
class Memory:
    """The newest checkpoint of each log that stands in the bucket, as far as this process knows."""

    place: Place
    _newest: dict[UUID, Found | None] = field(default_factory=dict, repr=False)

    def compare(self, database: Database, client: Any, tenant_id: UUID | None = None) -> int:
        """Freeze every active log that lacks a head which stands in the bucket; return how many.

        The signed note under lock is the evidence. Raises `BucketTrouble`.
        """
        frozen = 0
        for tenant, log_id, origin, vkey in database.execute(ACTIVE, [tenant_id, tenant_id]).fetchall():
            if log_id not in self._newest:
                self._newest[log_id] = newest_in(
                    client, self.place, log_id=log_id, origin=origin, vkey=Vkey.parse(vkey)
                )
            newest = self._newest[log_id]
            if (
                newest is None
                or database.execute(HAS, [tenant, newest.size, newest.root]).fetchone() is not None
            ):
                continue
            why = f"the bucket has a signed checkpoint of {newest.size} events that the log does not have"
            logger.critical("log %s is frozen: %s", origin, why)
            database.execute(FREEZE, [tenant, why])
            frozen += 1
        return frozen

    def remember(self, log_id: UUID, found: Found) -> None:
        """Keep what was written just now."""
        self._newest[log_id] = found
