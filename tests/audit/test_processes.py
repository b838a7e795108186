"""The real processes: started as an install starts them, cut off from the database, killed, stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from audit.process import LogProcess
from tests.audit.logkeeping import Keeper, happen, triggers_off
from tests.stack import REPO, Stack
from tests.world import Workspace

PATIENCE_SECONDS = 240.0
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE usename = %s AND pid <> ALL(%s)"


@contextmanager
def process(stack: Stack, name: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `manage.py <name>` under its own role and environment."""
    environment = stack.environment(f"rf_{name}", **more)
    del environment["RINGFENCE_CONTEXT_KEY_FILE"], environment["RINGFENCE_LOCAL_KEYS"]
    child = subprocess.Popen(
        [sys.executable, str(REPO / "manage.py"), name], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def wait_until(true: Callable[[], object]) -> None:
    """Ask until it is so; a deadline is the only clock."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def signed(keeper: Keeper, workspace: Workspace) -> bool:
    """Say whether everything recorded so far is under a checkpoint."""
    row = keeper.as_sequencer.execute(
        "SELECT count(*) FROM audit.pending WHERE tenant_id = %s", [workspace.tenant_id]
    ).fetchone()
    return row == (0,) and keeper.size(workspace) in keeper.checkpoints(workspace)


def test_events_are_signed_through_lost_connections_kills_and_restarts(
    acme: Workspace, keeper: Keeper, stack: Stack, superuser: psycopg.Connection[Any]
) -> None:
    ours = [keeper.as_sequencer.info.backend_pid, keeper.as_signer.info.backend_pid]
    with process(stack, "sequencer") as sequencer, process(stack, "signer") as signer:
        wait_until(lambda: signed(keeper, acme))
        for role in ("rf_sequencer", "rf_signer"):
            for (pid,) in superuser.execute(BACKENDS, [role, ours]).fetchall():
                superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
        happen(acme, 5)
        wait_until(lambda: signed(keeper, acme))
        os.kill(sequencer.pid, signal.SIGKILL)
        os.kill(signer.pid, signal.SIGKILL)
        happen(acme, 5)
    superuser.execute("DELETE FROM audit.heartbeat")
    with process(stack, "sequencer") as sequencer, process(stack, "signer") as signer:
        wait_until(lambda: signed(keeper, acme))
        wait_until(lambda: superuser.execute("SELECT count(*) FROM audit.heartbeat").fetchone() == (2,))
        for child in (sequencer, signer):
            child.terminate()
            assert child.wait(PATIENCE_SECONDS) == 0
    assert keeper.size(acme) == 12
    assert keeper.report(acme).problems == ()


def test_the_signer_says_what_it_needs(stack: Stack) -> None:
    environment = stack.environment("rf_signer")
    del environment["RINGFENCE_SIGNER_DIR"]
    with pytest.raises(RuntimeError, match="Set RINGFENCE_SIGNER_DIR"):
        stack.manage("signer", env=environment)


def test_a_database_that_does_not_answer_is_asked_again_ever_more_slowly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    def refuse() -> None:
        raise psycopg.OperationalError("no")

    monkeypatch.setattr("audit.process.connect", refuse)
    process = LogProcess(lambda database: False, pause_seconds=1.0)

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 7:
            process.stop()

    monkeypatch.setattr(process._stop, "wait", wait)
    process.run()
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


def test_fsck_exits_1_for_a_damaged_log_and_names_it(
    acme: Workspace, keeper: Keeper, stack: Stack, superuser: psycopg.Connection[Any]
) -> None:
    keeper.settle()
    arguments = ("audit_fsck", "--tenant", str(acme.tenant_id))
    environment = stack.environment("rf_signer")
    assert "holds (2 events" in stack.manage(*arguments, env=environment)
    with triggers_off(superuser, "entry"):
        superuser.execute("DELETE FROM audit.entry WHERE tenant_id = %s AND seq = 0", [acme.tenant_id])
    with pytest.raises(RuntimeError, match="event 0 is missing"):
        stack.manage(*arguments, env=environment)
