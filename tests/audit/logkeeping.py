"""Runs the log's processes round by round, and looks at what they made."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self
from uuid import UUID, uuid4

import psycopg

from audit.checkpoints import Checkpoint
from audit.database import Database
from audit.erasure import Ground
from audit.fsck import LogReport, check_logs
from audit.notes import split_note
from audit.sequencer.rounds import Sequencer
from audit.services.erase_entries import erase_entries
from audit.services.record import record
from audit.signer.rounds import Signer
from audit.signer.store import Store
from audit.tiles import Edge
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.tokens import token_signer
from tests.stack import Stack
from tests.world import Workspace


class Keeper:
    """Sequencer and signer of one installation, each with a connection under its own role.

    Args:
        shared: the processes of one test after the other are the same, as they are in an install. A signer that starts
            compares every log with its ledger, and a test run has thousands of them.
    """

    _running: ClassVar[dict[tuple[Path, str], "Keeper"]] = {}

    def __init__(self, stack: Stack, database: str = "cell", *, shared: bool = False) -> None:
        self.stack, self.database, self.shared = stack, database, shared
        self.folder = Path(stack.directory) / "signer"
        self.sequencer = Sequencer()
        self.signer = Signer(Store(self.folder))

    def __enter__(self) -> Self:
        running = self._running.get((self.folder, self.database)) if self.shared else None
        if running is not None and running.is_connected():
            self.sequencer, self.signer = running.sequencer, running.signer
            self.as_sequencer, self.as_signer = running.as_sequencer, running.as_signer
            # What they had to say was said of another test's logs.
            self.sequencer.set_aside = {}
            self.signer.troubles.clear()
            return self
        self.as_sequencer = self.connect("rf_sequencer")
        self.as_signer = self.connect("rf_signer")
        if self.shared:
            first = Keeper(self.stack, self.database)
            first.sequencer, first.signer = self.sequencer, self.signer
            first.as_sequencer, first.as_signer = self.as_sequencer, self.as_signer
            self._running[self.folder, self.database] = first
        return self

    def __exit__(self, *_: object) -> None:
        if not self.shared:
            self.as_sequencer.close()
            self.as_signer.close()

    @classmethod
    def stop_shared(cls) -> None:
        """Close what `shared` keepers left open."""
        for running in cls._running.values():
            running.__exit__()
        cls._running.clear()

    def is_connected(self) -> bool:
        """Say whether both connections still answer."""
        try:
            for each in (self.as_sequencer, self.as_signer):
                each.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def connect(self, role: str) -> Database:
        return psycopg.connect(self.stack.url(role, self.database), autocommit=True)

    def sequence(self) -> None:
        """Append all that is pending."""
        while self.sequencer.run_round(self.as_sequencer):
            pass

    def sign(self) -> None:
        self.signer.run_round(self.as_signer)

    def settle(self) -> None:
        """Append and sign everything."""
        self.sequence()
        self.sign()

    def report(self, workspace: Workspace) -> LogReport:
        """Recompute the workspace's log, its bodies counted too."""
        with self.connect("rf_checker") as database:
            (report,) = check_logs(database, workspace.tenant_id)
        return report

    def log_folder(self, workspace: Workspace) -> Path:
        row = self.as_signer.execute(
            "SELECT id FROM audit.log WHERE tenant_id = %s", [workspace.tenant_id]
        ).fetchone()
        assert row is not None
        return self.folder / row[0].hex

    def ledger(self, workspace: Workspace) -> list[tuple[int, str]]:
        lines = (self.log_folder(workspace) / "ledger").read_text().splitlines()
        return [(int(line.split()[0]), line.split()[1]) for line in lines]

    def checkpoints(self, workspace: Workspace) -> dict[int, bytes]:
        rows = self.as_signer.execute(
            "SELECT size, note FROM audit.checkpoint WHERE tenant_id = %s", [workspace.tenant_id]
        )
        return {size: bytes(note) for size, note in rows}

    def state(self, workspace: Workspace) -> tuple[str, str | None]:
        row = self.as_signer.execute(
            "SELECT state, frozen_why FROM audit.log WHERE tenant_id = %s", [workspace.tenant_id]
        ).fetchone()
        assert row is not None
        return row[0], row[1]

    def size(self, workspace: Workspace) -> int:
        row = self.as_signer.execute(
            "SELECT max(size) FROM audit.head WHERE tenant_id = %s", [workspace.tenant_id]
        ).fetchone()
        assert row is not None
        return int(row[0])


def happen(workspace: Workspace, count: int = 1) -> list[Receipt]:
    """Let `count` events happen in one unit of work, and return their receipts."""
    context = workspace.service(Purpose.JOB)
    with acting(context):
        return [
            record(context, Verb.TASK_RELEASED, object_kind="task", object_id=uuid4(), detail={"n": n})
            for n in range(count)
        ]


def erase(workspace: Workspace, indexes: list[int], ground: Ground = Ground.OBJECTION) -> Receipt:
    """Let an owner erase who did these events."""
    context = workspace.context(Role.OWNER)
    with acting(context):
        return erase_entries(context, indexes=indexes, ground=ground, confirm=len(set(indexes))).receipt


def checkpoint_in(note: bytes) -> Checkpoint:
    return Checkpoint.parse(split_note(note)[0])


@contextmanager
def entered(stack: Stack, tenant_id: UUID, role: str = "rf_app") -> Iterator[psycopg.Connection[Any]]:
    """A raw connection with a good token of one tenant: what SQL injection would have."""
    with psycopg.connect(stack.url(role, "cell")) as connection:
        token = token_signer(tenant_id, uuid4(), Purpose.WORK, 1)(connection.info.backend_pid)
        connection.execute("select set_config('rf.ctx', %s, true)", [token])
        yield connection
        connection.rollback()


AS_IT_WAS = {"A": "ENABLE ALWAYS", "O": "ENABLE", "D": "DISABLE"}
"""`pg_trigger.tgenabled`: a guard that was never armed must not be armed by a test that looks behind it."""


@contextmanager
def triggers_off(superuser: psycopg.Connection[Any], *tables: str) -> Iterator[None]:
    """Let the superuser change log tables, as nothing less can."""
    guards = superuser.execute(
        "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger WHERE tgrelid = ANY(%s::regclass[])",
        [[f"audit.{table}" for table in tables]],
    ).fetchall()
    for table, trigger, _ in guards:
        superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    try:
        yield
    finally:
        for table, trigger, enabled in guards:
            superuser.execute(f"ALTER TABLE {table} {AS_IT_WAS[enabled]} TRIGGER {trigger}")


def set_back(superuser: psycopg.Connection[Any], workspace: Workspace, size: int) -> None:
    """Leave of one log what an older copy of the database would hold: its first `size` events."""
    tables = ("entry", "body", "head", "tile", "checkpoint", "edge", "anchor", "erasure")
    tenant = workspace.tenant_id
    with triggers_off(superuser, *tables):
        superuser.execute("DELETE FROM audit.entry WHERE tenant_id = %s AND seq >= %s", [tenant, size])
        superuser.execute("DELETE FROM audit.body WHERE tenant_id = %s AND seq >= %s", [tenant, size])
        superuser.execute(
            "DELETE FROM audit.tile WHERE tenant_id = %s AND (idx + 1) * (256::numeric ^ (level + 1)) > %s",
            [tenant, size],
        )
        superuser.execute("DELETE FROM audit.head WHERE tenant_id = %s AND size > %s", [tenant, size])
        superuser.execute("DELETE FROM audit.checkpoint WHERE tenant_id = %s AND size > %s", [tenant, size])
        superuser.execute(
            "DELETE FROM audit.anchor a USING audit.log l WHERE l.id = a.log_id AND l.tenant_id = %s AND a.size > %s",
            [tenant, size],
        )
        superuser.execute(
            "DELETE FROM audit.erasure e WHERE tenant_id = %s AND NOT EXISTS"
            " (SELECT FROM audit.body b WHERE b.tenant_id = e.tenant_id AND b.id = e.event)",
            [tenant],
        )
        left = superuser.execute(
            "SELECT leaf_hash FROM audit.entry WHERE tenant_id = %s ORDER BY seq", [tenant]
        )
        edge, _ = Edge().append(bytes(leaf) for (leaf,) in left)
        superuser.execute(
            "UPDATE audit.edge SET size = %s, partials = %s WHERE tenant_id = %s",
            [size, edge.to_bytes(), tenant],
        )
