"""Reads the acting tenant's log: its row, newest checkpoint and nodes. Inside `acting()` only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from audit.checkpoints import Checkpoint
from audit.merkle import NodeReader
from audit.models import Log
from audit.notes import split_note
from audit.services.errors import LogNotSigned
from audit.stored_tiles import stored_nodes
from ringfence.kernel.context import current_tenant_id

NEWEST = "SELECT size, note, at FROM audit.checkpoint WHERE tenant_id = %s ORDER BY size DESC LIMIT 1"
OF_SIZE = "SELECT size, note, at FROM audit.checkpoint WHERE tenant_id = %s AND size = %s"


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
    """Return the tlog-policy text under which the log's checkpoints are accepted. Raises `LogNotSigned`."""
    if log.vkey is None:
        raise LogNotSigned
    return f"log {log.vkey}\nquorum none\n"


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
