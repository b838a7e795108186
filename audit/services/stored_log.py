"""Reads the acting tenant's log: its row, newest checkpoint and nodes. Inside `acting()` only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from audit.checkpoints import Checkpoint
from audit.merkle import NodeReader
from audit.meta import requirement, wanted_of, with_requirement
from audit.models import Log
from audit.notes import split_note
from audit.services.errors import LogNotSigned
from audit.services.witnesses import operators_policy
from audit.stored_tiles import stored_nodes
from ringfence.kernel.context import current_tenant_id

# Above `after_size`: what lies below was signed by the log that this one succeeds.
NEWEST = """
SELECT c.size, c.note, c.at FROM audit.log l JOIN audit.checkpoint c USING (tenant_id)
 WHERE tenant_id = %s AND c.size > l.after_size ORDER BY c.size DESC LIMIT 1
"""
META_KEY = "SELECT audit.meta_key()"
OF_SIZE = """
SELECT c.size, c.note, c.at FROM audit.log l JOIN audit.checkpoint c USING (tenant_id)
 WHERE tenant_id = %s AND c.size = %s AND c.size > l.after_size
"""


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed checkpoint as stored; `note` is what a customer gets, byte for byte."""

    size: int
    note: bytes
    at: datetime

    @property
    def root(self) -> bytes:
        """The root that the note states. Verified by whoever pins the key, not here."""
        return Checkpoint.parse(split_note(self.note)[0]).head


def the_log() -> Log:
    """Return the acting tenant's log. Raises `Log.DoesNotExist` for a tenant without one."""
    return Log.objects.get()


def policy_of(log: Log) -> str:
    """Return the tlog-policy text under which the log's checkpoints are accepted. Raises `LogNotSigned`.

    Where there are witnesses, the meta-log's own policy stands in it as comments.
    """
    if log.vkey is None:
        raise LogNotSigned
    own, meta = f"log {log.vkey}\nquorum none\n", meta_requirement(log)
    return own if meta is None else with_requirement(own, meta)


def meta_requirement(log: Log) -> str | None:
    """Return the policy text for the meta-log that the log's owner wants; None where there are no witnesses."""
    policy, row = operators_policy(), fetch_row(META_KEY, [])
    if policy is None or row is None or row[0] is None:
        return None
    return requirement(row[0], policy, log.witnesses_wanted or wanted_of(policy))


def newest_checkpoint() -> StoredCheckpoint:
    """Return the newest signed checkpoint. Raises `LogNotSigned`."""
    row = fetch_row(NEWEST, [current_tenant_id()])
    if row is None:
        raise LogNotSigned
    return StoredCheckpoint(row[0], bytes(row[1]), row[2])


def checkpoint_of_size(size: int) -> StoredCheckpoint | None:
    """Return the checkpoint over exactly `size` events, if one was signed."""
    row = fetch_row(OF_SIZE, [current_tenant_id(), size])
    return None if row is None else StoredCheckpoint(row[0], bytes(row[1]), row[2])


def nodes_of_log(size: int) -> NodeReader:
    """Return a reader of the nodes of the log's first `size` events."""
    return stored_nodes(fetch_row, current_tenant_id(), size=size)


def fetch_row(query: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return the first row of a statement on the unit of work's connection."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
