"""Owners who close a workspace, the passing of time, and the worker that carries it out."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.test import RequestFactory

from ringfence.kernel.permissions import Role
from tenants.gate.carrying_out import closings_to_carry_out
from tenants.gate.closings import KnownClosing, closing_of
from tenants.services import carry_out_closing as job
from tenants.services import close_workspace as acts
from tests.audit.logkeeping import Keeper
from tests.stack import Stack
from tests.world import Someone, Workspace


@contextmanager
def codes_accepted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Accept every code: that it is asked for has a test of its own."""
    with monkeypatch.context() as patched:
        patched.setattr(acts, "show_code_again", lambda *_, **__: None)
        yield


def request() -> Any:
    """A request as the services want one, to count wrong codes by."""
    return RequestFactory().post("/")


def name_of(workspace: Workspace) -> str:
    """The code name, as its page shows it."""
    from ringfence.kernel.context import acting
    from tenants.services.read_closing import read_closing

    context = workspace.context()
    with acting(context):
        return read_closing(context).code_name


def ask(workspace: Workspace, owner: Someone | None = None) -> KnownClosing:
    """Ask as an owner."""
    context = (owner or workspace.someone(Role.OWNER)).context
    return acts.ask_closing(context, request(), code_name=name_of(workspace), code="1")


def under_way(workspace: Workspace) -> KnownClosing:
    """The closing under way."""
    found = closing_of(workspace.tenant_id)
    assert found is not None
    return found


def let_pass(stack: Stack, workspace: Workspace, time: timedelta) -> None:
    """Move a closing's times back, as the database's clock has it."""
    with psycopg.connect(stack.cluster.superuser_url("control")) as database:
        database.execute(
            "update people_closing set asked_at = asked_at - %(by)s, opens_at = opens_at - %(by)s,"
            " lapses_at = lapses_at - %(by)s, begun_at = begun_at - %(by)s where tenant_id = %(tenant)s",
            {"by": time, "tenant": workspace.tenant_id},
        )


def begin(stack: Stack, workspace: Workspace) -> KnownClosing:
    """Ask as the only owner, let the waiting time pass, carry out, and let the last units of work end."""
    closing = ask(workspace)
    let_pass(stack, workspace, timedelta(days=8))
    acts.begin_closing(workspace.context(), request(), closing_id=closing.id, code="1")
    let_pass(stack, workspace, job.QUIET)
    return under_way(workspace)


@contextmanager
def as_worker(stack: Stack) -> Iterator[None]:
    """Act under the worker's role: it alone may retire a log."""
    at, before = connection.settings_dict, dict(connection.settings_dict)
    connection.close()
    at["USER"], at["PASSWORD"] = "rf_worker", stack.passwords["rf_worker"]
    try:
        yield
    finally:
        connections["default"].close()
        at.update(before)


def round_of(workspace: Workspace) -> str:
    """One round of the job for one workspace; `over` when nothing is left to do."""
    for closing in closings_to_carry_out():
        if closing.tenant_id == workspace.tenant_id:
            return job.carry_out_closing(closing)
    return "over"


def close(stack: Stack, keeper: Keeper, workspace: Workspace) -> None:
    """Close a workspace from end to end."""
    begin(stack, workspace)
    with as_worker(stack):
        assert round_of(workspace) == "signature"
        keeper.settle()
        assert round_of(workspace) == "done"
        assert round_of(workspace) == "over"


def verify(*arguments: str) -> tuple[int, str]:
    """Run the offline verifier in a process of its own; return (exit code, what it said)."""
    done = subprocess.run(
        [sys.executable, "-m", "audit.verify", *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr
