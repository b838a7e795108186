"""Violations made by hand, as superuser, on a running stack: the check finds each one, and is green again after it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from ringfence.kernel.permissions import Purpose
from tenants.gate.tokens import token_signer
from tests.stack import REPO, Stack, new_stack

UNDECLARED_APP = """
from django.db import models

class Notes(models.Model):
    body = models.TextField()
    class Meta:
        app_label = "undeclared"
"""
UNDECLARED_ROUTES = """
from django.http import HttpResponse
from django.urls import path
from ringfence import urls as real

handler404 = real.handler404
urlpatterns = [*real.urlpatterns, path("w/<str:tenant>/notes", lambda request, tenant: HttpResponse(), name="notes")]
"""


@pytest.fixture(scope="module")
def own() -> Iterator[Stack]:
    """A stack of its own, since its walls are taken down for real."""
    made = new_stack()
    try:
        made.start()
        made.manage(
            "create_tenant", "--operator", "--name=We", "--code-name=We", "--owner-email=we@us.example"
        )
        made.manage("create_tenant", "--name=Acme", "--code-name=A", "--owner-email=ada@acme.example")
        made.manage("create_canaries")
        keep_logs(made)
        yield made
    finally:
        made.stop()


def keep_logs(own: Stack) -> None:
    """Run one round of the sequencer and one of the signer."""
    from audit.sequencer.rounds import Sequencer
    from audit.signer.rounds import Signer
    from audit.signer.store import Store

    for role, worker in (
        ("rf_sequencer", Sequencer()),
        ("rf_signer", Signer(Store(own.directory / "signer"))),
    ):
        with psycopg.connect(own.url(role, "cell"), autocommit=True) as database:
            worker.run_round(database)


def check(own: Stack, *only: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """Run the check as the checker; return its exit code and report."""
    done = subprocess.run(
        [
            sys.executable,
            str(REPO / "manage.py"),
            "isolation_check",
            "--format=json",
            *(part for each in only for part in ("--only", each)),
        ],
        env=own.environment("rf_checker", **environment),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout)


def red(report: dict[str, Any]) -> set[str]:
    """Return the checks that found a violation."""
    return {each["check"] for each in report["checks"] if each["status"] == "fail"}


@contextmanager
def by_hand(own: Stack, do: list[str], undo: list[str]) -> Iterator[None]:
    """Change the live cell as its superuser, past every policy and trigger, and put it back."""
    url = own.cluster.superuser_url("cell")

    def run(statements: list[str]) -> None:
        with psycopg.connect(url) as cell:
            for statement in statements:
                cell.execute(statement.encode())

    run(do)
    try:
        yield
    finally:
        run(undo)


def one(own: Stack, query: str) -> Any:
    """Return one value, as superuser."""
    with psycopg.connect(own.cluster.superuser_url("cell")) as cell:
        row = cell.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.long
def test_a_standing_system_passes(own: Stack) -> None:
    code, report = check(own)

    problems = [each for each in report["checks"] if each["status"] != "pass" or not each["sound"]]
    assert code == 0, problems
    assert report["planted"] == report["detected"] >= 60


@dataclass(frozen=True, slots=True)
class Violation:
    """What is done by hand, how it is undone, and what the check says of it: (check, words of its evidence)."""

    do: list[str]
    undo: list[str]
    found: set[tuple[str, str]]


PLAIN = {
    "row security is off on one table": Violation(
        ["ALTER TABLE annotation_task DISABLE ROW LEVEL SECURITY"],
        ["ALTER TABLE annotation_task ENABLE ROW LEVEL SECURITY"],
        {("DB-02", "annotation_task")},
    ),
    "a permissive policy": Violation(
        ["CREATE POLICY support ON annotation_skip USING (true)"],
        ["DROP POLICY support ON annotation_skip"],
        {("DB-03", "annotation_skip")},
    ),
    "BYPASSRLS for a service role": Violation(
        ["ALTER ROLE rf_worker BYPASSRLS"],
        ["ALTER ROLE rf_worker NOBYPASSRLS"],
        {("DB-04", "rf_worker")},
    ),
    "pg_read_all_data for a service role": Violation(
        ["GRANT pg_read_all_data TO rf_app"],
        ["REVOKE pg_read_all_data FROM rf_app"],
        {("DB-04", "rf_app")},
    ),
}
COPIES = {
    # Profiles of two tenants, and two members of one canary: real rows, committed.
    "a ciphertext copied to another tenant": ("tenants_profile", "a.tenant_id <> b.tenant_id"),
    "a ciphertext copied to another row": ("tenants_member", "a.tenant_id = b.tenant_id AND a.id <> b.id"),
}
ACROSS = "a right across tenants"


def copied_cell(own: Stack, table: str, condition: str) -> Violation:
    """One sealed name lies in the place of another."""
    ids = one(own, f"SELECT ARRAY[a.id, b.id]::text[] FROM {table} a JOIN {table} b ON {condition} LIMIT 1")
    before = one(own, f"SELECT encode(name, 'hex') FROM {table} WHERE id = '{ids[1]}'")
    copy = f"UPDATE {table} SET name = (SELECT name FROM {table} WHERE id = '{ids[0]}') WHERE id = '{ids[1]}'"
    back = f"UPDATE {table} SET name = decode('{before}', 'hex') WHERE id = '{ids[1]}'"
    return Violation([copy], [back], {("CR-01", table)})


def right_across_tenants(own: Stack) -> Violation:
    """A member of one tenant is given a right on another's project, its constraint dropped first."""
    grant, constraint = "annotation_projectgrant", "annotation_projectgrant_user_id_same_tenant"
    definition = one(
        own, f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{constraint}'"
    )
    tenants = one(own, "SELECT array_agg(DISTINCT tenant_id)::text[] FROM tenants_member")
    member = one(own, f"SELECT id::text FROM tenants_member WHERE tenant_id = '{tenants[1]}' LIMIT 1")
    project, row = "01990000-0000-7000-8000-000000000001", "01990000-0000-7000-8000-000000000002"
    do = [
        f"ALTER TABLE {grant} DROP CONSTRAINT {constraint}",
        "SET session_replication_role = replica",
        f"INSERT INTO annotation_project (id, tenant_id, name, state, overlap, lease_minutes, next_seq, schema_version,"
        f" guidelines_version, purpose_version, agreement_version, guidelines_required, skip_policy, skip_needs_reason,"
        f" reopen_minutes, created_at) SELECT '{project}', '{tenants[0]}', name, 'open', 1, 30, 1, 0, 0, 0, 0, false,"
        f" 'others', false, 15, now()"
        f" FROM tenants_profile WHERE tenant_id = '{tenants[0]}'",
        f"INSERT INTO {grant} (id, tenant_id, content_object_id, user_id, permission_id)"
        f" SELECT '{row}', '{tenants[0]}', '{project}', '{member}', id FROM auth_permission LIMIT 1",
    ]
    undo = [
        f"DELETE FROM {grant} WHERE id = '{row}'",
        f"DELETE FROM annotation_project WHERE id = '{project}'",
        f"ALTER TABLE {grant} ADD CONSTRAINT {constraint} {definition}",
    ]
    return Violation(do, undo, {("DB-09", grant), ("PE-04", grant)})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the check said while everything was broken, and after it was mended."""

    violations: dict[str, Violation]
    broken: tuple[int, dict[str, Any]]
    mended: tuple[int, dict[str, Any]]


@pytest.fixture(scope="module")
def outcome(own: Stack) -> Outcome:
    """All violations at once, each in a place of its own; the check is run twice for all of them."""
    violations = {
        **PLAIN,
        **{what: copied_cell(own, *where) for what, where in COPIES.items()},
        ACROSS: right_across_tenants(own),
    }
    asked = sorted({each for violation in violations.values() for each, _ in violation.found})
    with ExitStack() as stack:
        for violation in violations.values():
            stack.enter_context(by_hand(own, violation.do, violation.undo))
        broken = check(own, *asked)
    return Outcome(violations, broken, check(own, *asked))


@pytest.mark.parametrize("what", [*PLAIN, *COPIES, ACROSS])
def test_what_is_done_by_hand_is_found(outcome: Outcome, what: str) -> None:
    code, report = outcome.broken
    evidence = {each["check"]: "\n".join(each["evidence"]) for each in report["checks"]}
    assert code == 1
    assert [(c, w) for c, w in outcome.violations[what].found if w not in evidence[c]] == [], evidence


def test_the_check_is_green_again_once_all_is_mended(outcome: Outcome) -> None:
    code, report = outcome.mended
    assert (code, red(report)) == (0, set())
    assert red(outcome.broken[1]) == {each["check"] for each in report["checks"]}


@pytest.mark.parametrize("what", ["an entry", "what an event of the asking tenant says"])
def test_one_byte_of_a_logged_event_is_found(own: Stack, what: str) -> None:
    tenant = one(
        own,
        "SELECT tenant_id::text FROM audit.log WHERE tenant_id IN (SELECT tenant_id FROM tenants_profile)"
        " AND tenant_id NOT IN (SELECT tenant_id FROM tenants_member GROUP BY 1 HAVING count(*) > 5) LIMIT 1",
    )
    with psycopg.connect(own.cluster.superuser_url("control")) as control:
        public_id = control.execute("SELECT public_id FROM people_tenant WHERE id = %s", [tenant]).fetchone()
    assert public_id is not None
    table, column, place = ("entry", "leaf", 10) if what == "an entry" else ("body", "core", 120)
    flip = (
        f"UPDATE audit.{table} SET {column} = set_byte({column}, {place}, get_byte({column}, {place}) # 1)"
        f" WHERE tenant_id = '{tenant}' AND seq = 0"
    )
    off, on = (
        f"ALTER TABLE audit.{table} {way} TRIGGER refuse_change" for way in ("DISABLE", "ENABLE ALWAYS")
    )
    with by_hand(own, [off, flip], [flip, on]):
        code, report = check_for(own, public_id[0])
    assert (code, red(report)) == (1, {"LG-01", "LG-04"})


def check_for(own: Stack, public_id: str) -> tuple[int, dict[str, Any]]:
    """Run the checks of the log for one tenant."""
    done = subprocess.run(
        [sys.executable, str(REPO / "manage.py"), "isolation_check", "--format=json", "--tenant", public_id,
         "--only=LG-01", "--only=LG-04"],
        env=own.environment("rf_checker"), capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_model_or_a_route_without_its_declaration_is_found(own: Stack, tmp_path: Path) -> None:
    (tmp_path / "undeclared").mkdir()
    (tmp_path / "undeclared" / "__init__.py").touch()
    (tmp_path / "undeclared" / "models.py").write_text(UNDECLARED_APP)
    (tmp_path / "undeclared_urls.py").write_text(UNDECLARED_ROUTES)
    (tmp_path / "undeclared_settings.py").write_text(
        'from ringfence.settings import *\nINSTALLED_APPS += ["undeclared"]\nROOT_URLCONF = "undeclared_urls"\n'
    )
    code, report = check(
        own,
        "DB-01",
        "PE-01",
        DJANGO_SETTINGS_MODULE="undeclared_settings",
        PYTHONPATH=os.pathsep.join([str(tmp_path), str(REPO), str(REPO / "platform")]),
    )

    evidence = [text for each in report["checks"] for text in each["evidence"]]
    assert any("undeclared.Notes" in text for text in evidence)
    assert any("notes" in text and "declare who may" in text for text in evidence)
    assert red(report) == {"DB-01", "PE-01"}
    assert code == 1


def test_a_token_replayed_from_another_connection_is_refused(own: Stack) -> None:
    key_id, key = (own.directory / "context.key").read_text().split()[:2]

    tenant = UUID(one(own, "SELECT tenant_id::text FROM tenants_profile LIMIT 1"))
    sign = token_signer(tenant, tenant, Purpose.WORK, 0, (key_id, bytes.fromhex(key)))
    with (
        psycopg.connect(own.url("rf_app", "cell")) as first,
        psycopg.connect(own.url("rf_app", "cell")) as second,
    ):
        token = sign(first.info.backend_pid)
        first.execute("SELECT set_config('rf.ctx', %s, true)", [token])
        assert first.execute("SELECT count(*) FROM tenants_profile").fetchone() == (1,)
        second.execute("SELECT set_config('rf.ctx', %s, true)", [token])
        with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification, match="replayed"):
            second.execute("SELECT count(*) FROM tenants_profile")


def sabotage(own: Stack, *arguments: str) -> tuple[int, str]:
    """Run `manage.py sabotage` as the checker; return its exit code and all that it said."""
    done = subprocess.run(
        [sys.executable, str(REPO / "manage.py"), "sabotage", *arguments],
        env=own.environment("rf_checker"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_shows_a_wall_coming_down_and_standing_again(own: Stack) -> None:
    code, said = sabotage(own, "DB-02/unforced")

    assert code == 0, said
    before, _, after = said.partition("taken down")
    assert "RED" not in before
    assert "RED   DB-02" in after
    assert after.rstrip().endswith("noticed, and quiet again")
    assert check(own, "DB-02")[0] == 0


def test_the_command_lists_the_walls_and_knows_no_other(own: Stack) -> None:
    code, said = sabotage(own, "--list")
    assert code == 0
    assert len(said.splitlines()) >= 60

    code, said = sabotage(own, "DB-02/no-such-wall")
    assert code == 1
    assert "no-such-wall" in said
    assert "Traceback" not in said


def test_without_a_shadow_the_check_says_that_it_could_not_run(own: Stack) -> None:
    environment = own.environment("rf_checker")
    del environment["RINGFENCE_SHADOW_URL"]
    done = subprocess.run(
        [sys.executable, str(REPO / "manage.py"), "isolation_check", "--only=DB-14"],
        env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert (done.returncode, "RINGFENCE_SHADOW_URL" in done.stderr) == (3, True)


def test_nothing_is_ever_planted_outside_the_shadow(own: Stack) -> None:
    done = subprocess.run(
        [sys.executable, str(REPO / "manage.py"), "isolation_shadow", "--only=DB-02"],
        env=own.environment("rf_checker"), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "not the shadow" in done.stderr


def test_as_another_role_the_check_does_not_run(own: Stack) -> None:
    done = subprocess.run(
        [sys.executable, str(REPO / "manage.py"), "isolation_check", "--only=DB-14"],
        env=own.environment("rf_app"), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert (done.returncode, "rf_checker" in done.stderr) == (3, True)


def test_web_and_worker_hold_nothing_of_the_checkers(own: Stack) -> None:
    for role in ("rf_app", "rf_worker"):
        values = "\n".join(own.environment(role).values())
        assert own.passwords["rf_checker"] not in values
        assert "shadow" not in values
