"""Gives up the platform's own logs, and asks an install of its own what a tenant then gets."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from audit.database import Database
from audit.fsck import check_logs
from audit.meta import META_LOG
from audit.work import WORK_LOG, build_statement
from tests.audit.logkeeping import Keeper
from tests.audit.publishing import publish
from tests.audit.test_refill import command
from tests.stack import REPO, Stack
from tests.world import Workspace

Superuser = psycopg.Connection[Any]

# What the one tenant of that stack gets, from a process that is its own install's.
ASKED = """
import sys, django
django.setup()
from uuid import UUID
from audit.services.export_bundle import export_bundle
from audit.services.pin_file import pin_file
from audit.services.succession_of import succession_of
from audit.services.witnessed import NotWitnessed, witnessed
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tenants.gate.service import tenant_context
context = tenant_context(UUID(sys.argv[1]), Purpose.JOB)
if sys.argv[2] == "bundle":
    given = b"".join(export_bundle(context).chunks())
else:
    with acting(context):
        if sys.argv[2] == "pin":
            given = pin_file(context).content
        elif sys.argv[2] == "succession":
            given = succession_of(context, old_size=int(sys.argv[3]))
        else:
            try:
                given = witnessed(context).signed.checkpoint.origin.encode()
            except NotWitnessed:
                given = b"not witnessed"
sys.stdout.buffer.write(given)
"""


def work_happens(superuser: Superuser, count: int) -> None:
    for n in range(count):
        superuser.execute(
            "INSERT INTO audit.pending (tenant_id, id, verb, actor_id, object_kind, at, leaf)"
            " VALUES (%s, %s, 'work.receipted', %s, 'work', to_timestamp(%s), %s)",
            [
                WORK_LOG,
                uuid4(),
                WORK_LOG,
                1_800_000_000 + n,
                build_statement({"n": n}, (1_800_000_000 + n) * 1000),
            ],
        )


def give_up(keeper: Keeper, workspace: Workspace) -> tuple[int, str]:
    return command(keeper, "rf_signer", "audit_recover", "--succeed", "--tenant", str(workspace.tenant_id))


def problems(keeper: Keeper, workspace: Workspace) -> tuple[str, ...]:
    with keeper.connect("rf_checker") as database:
        (report,) = check_logs(database, workspace.tenant_id)
    return report.problems


def entry(superuser: Superuser, workspace: Workspace, seq: int) -> bytes:
    row = superuser.execute(
        "SELECT leaf FROM audit.entry WHERE tenant_id = %s AND seq = %s", [workspace.tenant_id, seq]
    ).fetchone()
    assert row is not None
    return bytes(row[0])


def statement(superuser: Superuser, log_id: UUID) -> bytes:
    row = superuser.execute("SELECT note FROM audit.succession WHERE successor_id = %s", [log_id]).fetchone()
    assert row is not None
    assert row[0] is not None
    return bytes(row[0])


def asked(own: Stack, superuser: Superuser, policy: Path, *words: str) -> bytes:
    row = superuser.execute(
        "SELECT tenant_id FROM audit.log WHERE tenant_id <> ALL(%s)", [[META_LOG, WORK_LOG]]
    ).fetchone()
    assert row is not None
    done = subprocess.run(
        [sys.executable, "-c", ASKED, str(row[0]), *words],
        env=own.environment(PYTHONPATH=f"{REPO}:{REPO / 'platform'}", RINGFENCE_WITNESS_POLICY=str(policy)),
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def watched(own: Stack, superuser: Superuser, policy: Path) -> str:
    """Return the origin of the meta-log under which the one tenant is shown to be watched."""
    return asked(own, superuser, policy, "watched").decode()


def grow(publisher: Any, keeper: Keeper, publishing: Database, superuser: Superuser, times: int) -> None:
    for _ in range(times):
        work_happens(superuser, 1)
        keeper.settle()
        publish(publisher, keeper, publishing, superuser)


def log_of_origin(superuser: Superuser, workspace: Workspace) -> str:
    row = superuser.execute(
        "SELECT origin FROM audit.log WHERE tenant_id = %s", [workspace.tenant_id]
    ).fetchone()
    assert row is not None
    return str(row[0])
