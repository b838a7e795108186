"""Every management command of ours: most cannot open content at all; the others are run, and open none of a workspace.

LG-02 asks this of every route, and `tests/webhooks/test_jobs_tell.py` of every job.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import grimp
import psycopg
import pytest
from django.core.management import call_command, get_commands
from django.db import connections

from tenants.isolation.opening import Watched, watching_openings
from tenants.isolation.probes.lg_02 import LABELS
from tests.audit.logkeeping import Keeper
from tests.isolation.checking import checking
from tests.stack import Stack
from tests.tenants.operator import operator_workspace
from tests.world import Workspace

OURS = ("audit", "tenants", "annotation", "ringfence")
OPENER = "tenants.keys.keyring"
"""The one module that opens ciphertext: a contract of the imports says so (pyproject.toml)."""

ELSEWHERE = {
    "isolation_shadow": "works in the shadow, whose canaries hold nothing of anybody",
    "sabotage": "plants violations in the shadow",
    "seed_demo": "makes the workspaces of a demo through the services, which tell; it refuses any other place",
}
"""Commands that reach the opener and are not run here, each with the reason."""


@pytest.fixture
def keeper(stack: Stack) -> Iterator[Keeper]:
    with Keeper(stack, shared=True) as kept:
        yield kept


@pytest.fixture
def superuser(stack: Stack) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(stack.cluster.superuser_url("cell"), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(*OURS)


def commands() -> dict[str, str]:
    """Name and module of each command of ours."""
    return {
        name: f"{app}.management.commands.{name}"
        for name, app in get_commands().items()
        if str(app).partition(".")[0] in OURS
    }


def openers(imports: grimp.ImportGraph) -> set[str]:
    """The commands from which some chain of imports leads to whatever opens."""
    return {
        name for name, module in commands().items() if imports.find_shortest_chain(module, OPENER) is not None
    }


@contextmanager
def as_worker(stack: Stack) -> Iterator[None]:
    """Be the worker's role in this process for a while."""
    at = connections.settings["default"]
    before = dict(at)
    connections.close_all()
    at.update({"USER": "rf_worker", "PASSWORD": stack.passwords["rf_worker"]})
    try:
        yield
    finally:
        connections.close_all()
        at.update(before)


def create_tenant(stack: Stack, **_: Any) -> None:
    operator_workspace(stack)
    address = f"owner-{uuid4().hex[:8]}@acme.example"
    call_command("create_tenant", name="Acme Models", code_name="Project Ash", owner_email=address)


def create_canaries(**_: Any) -> None:
    call_command("create_canaries")


def audit_resume(stack: Stack, workspace: Workspace, superuser: psycopg.Connection[Any], **_: Any) -> None:
    superuser.execute("SELECT audit.freeze_log(%s, 'set back')", [workspace.tenant_id])
    superuser.execute(
        "SELECT audit.note_recovery(%s, size, root) FROM audit.head WHERE tenant_id = %s ORDER BY size DESC LIMIT 1",
        [workspace.tenant_id] * 2,
    )
    with as_worker(stack):
        call_command("audit_resume", tenant=workspace.tenant_id)


def audit_reconcile(stack: Stack, workspace: Workspace, **_: Any) -> None:
    with checking(stack, "cell", "context.key"), pytest.raises(SystemExit):
        call_command("audit_reconcile", tenant=workspace.tenant_id)


def isolation_check(stack: Stack, **_: Any) -> None:
    with checking(stack, "cell", "context.key"), pytest.raises(SystemExit):
        call_command("isolation_check", only=["DB-09"])


RUN: dict[str, Callable[..., None]] = {
    each.__name__: each
    for each in (create_tenant, create_canaries, audit_resume, audit_reconcile, isolation_check)
}


def test_every_command_that_could_open_is_run_or_has_a_reason(imports: grimp.ImportGraph) -> None:
    reach = openers(imports)
    assert len(commands()) > 15
    assert reach == set(RUN) | set(ELSEWHERE)
    assert not set(RUN) & set(ELSEWHERE)
    # The graph sees what opens: a service that every opening command passes through.
    assert imports.find_shortest_chain("tenants.gate.service", OPENER) is not None


@pytest.mark.parametrize("name", sorted(RUN))
def test_a_command_opens_nothing_but_labels(
    name: str, stack: Stack, acme: Workspace, keeper: Keeper, superuser: psycopg.Connection[Any]
) -> None:
    keeper.settle()
    with watching_openings() as seen:
        RUN[name](stack=stack, workspace=acme, superuser=superuser)
    assert untold(seen) == set()


def untold(seen: Watched) -> set[str]:
    return {each.column for each in seen.opened} - set(LABELS)
