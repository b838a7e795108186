"""Who may do what with the log's tables: tenants, services, the log's processes, and everybody else."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from audit.publisher.rounds import Publisher
from audit.services.build_event import INSERT_PENDING, build_event
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tests.audit.asking import ask
from tests.audit.asking import statement as statement_of
from tests.audit.logkeeping import Keeper, checkpoint_in, entered, erase, happen, triggers_off
from tests.audit.publishing import publish
from tests.audit.rights import FUNCTIONS, GRANTED, RIGHTS
from tests.audit.test_publisher import no_post
from tests.stack import Stack
from tests.world import Workspace

LOGINS = (
    "rf_app",
    "rf_worker",
    "rf_gate",
    "rf_migrator",
    "rf_sequencer",
    "rf_signer",
    "rf_publisher",
    "rf_checker",
)
FOREVER = (
    "entry", "body", "tile", "head", "checkpoint", "attestation", "erasure", "anchor", "cosignature", "recovery",
    "timestamp", "succession",
)  # fmt: skip
A_LINE = "\N{EM DASH} w.example/1 C63K/gAAAAAAAAABAA==\n"

Superuser = psycopg.Connection[Any]


def tables_of_tenants(superuser: Superuser) -> list[str]:
    """Ask the catalog, so that a table that is added later is in."""
    rows = superuser.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
        " WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1"
    )
    return [name for (name,) in rows]


@pytest.fixture
def both_logged(acme: Workspace, rival: Workspace, keeper: Keeper, superuser: Superuser) -> Iterator[None]:
    """Both tenants have rows in every table of the log."""
    for workspace in (acme, rival):
        happen(workspace, 300)
    keeper.settle()
    for workspace in (acme, rival):
        ask(workspace, statement_of(workspace))
    keeper.settle()
    with keeper.connect("rf_publisher") as publisher:
        publisher.execute("SELECT audit.add_cosignature(0, 'w.example/1+0badcafe', 1, %s)", [A_LINE])
        publish(Publisher(None, no_post), keeper, publisher, superuser)
        # To the database a time-stamp is what holds the hash of the checkpoint.
        publisher.execute(
            "SELECT audit.add_timestamp(size, now(), 'nobody', sha256(note)) FROM audit.checkpoint"
            " ORDER BY size DESC LIMIT 1"
        )
    for workspace in (acme, rival):
        erase(workspace, [1])
        anchor_row(keeper, workspace)
        happen(workspace)
        ask(workspace, statement_of(workspace))
    superuser.execute(
        "INSERT INTO audit.recovery (log_id, from_size, size, root, lost)"
        " VALUES (gen_random_uuid(), 0, 0, sha256(''), 0)"
    )
    superuser.execute(
        "INSERT INTO audit.succession (log_id, origin, vkey, successor_id, successor_origin, standing, kept_size,"
        " kept_root, promised_size, promised_root) SELECT gen_random_uuid(), 'old', 'key', id, id::text, 'behind', 0,"
        " sha256(''), 1, sha256('') FROM gen_random_uuid() AS id"
    )
    yield
    with triggers_off(superuser, "timestamp"):
        superuser.execute("DELETE FROM audit.timestamp")


def anchor_row(keeper: Keeper, workspace: Workspace) -> None:
    """Note the newest checkpoint as anchored."""
    size, note = max(keeper.checkpoints(workspace).items())
    keeper.as_signer.execute(
        "SELECT audit.add_anchor(%s, %s, %s, 'ckpt/x', 'v1', now())",
        [workspace.tenant_id, size, checkpoint_in(note).head],
    )


@pytest.mark.usefixtures("both_logged")
def test_each_tenant_sees_its_own_log_and_nothing_of_the_other(
    acme: Workspace, rival: Workspace, stack: Stack, superuser: Superuser
) -> None:
    tables = tables_of_tenants(superuser)
    assert set(tables) >= {"log", "pending", "entry", "body", "tile", "head", "edge", "checkpoint"}
    for workspace in (acme, rival):
        with entered(stack, workspace.tenant_id) as connection:
            for table in tables:
                seen = connection.execute(f"SELECT DISTINCT tenant_id FROM audit.{table}").fetchall()
                assert seen == [(workspace.tenant_id,)], table


@pytest.mark.usefixtures("both_logged")
def test_without_a_context_no_table_answers_a_service(stack: Stack, superuser: Superuser) -> None:
    with psycopg.connect(stack.url("rf_app", "cell"), autocommit=True) as connection:
        for table in tables_of_tenants(superuser):
            with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification):
                connection.execute(f"SELECT tenant_id FROM audit.{table}")


def test_an_event_cannot_be_put_into_a_rivals_log(acme: Workspace, rival: Workspace, stack: Stack) -> None:
    context = rival.service(Purpose.JOB)
    with acting(context):
        event = build_event(context, Verb.TASK_RELEASED, object_kind="task")
    with (
        entered(stack, acme.tenant_id) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
    ):
        connection.execute(INSERT_PENDING, event.row)
    with entered(stack, rival.tenant_id) as connection:
        assert connection.execute(INSERT_PENDING, event.row).rowcount == 1


def test_rights_on_the_tables_are_exactly_these(superuser: Superuser) -> None:
    tables = [name for (name,) in superuser.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
                                                    " AND relnamespace = 'audit'::regnamespace")]  # fmt: skip
    found = {
        (role, table, right)
        for role in LOGINS
        for table in tables
        for right in RIGHTS
        if superuser.execute(
            "SELECT has_table_privilege(%s, %s, %s)", [role, f"audit.{table}", right]
        ).fetchone()
        == (True,)
    }
    assert found == GRANTED
    by_column = superuser.execute(
        "SELECT DISTINCT grantee, table_name, privilege_type FROM information_schema.column_privileges"
        " WHERE table_schema = 'audit' AND grantee = ANY(%s) AND privilege_type <> 'SELECT'",
        [[*LOGINS, "PUBLIC"]],
    )
    assert set(by_column) - GRANTED == {
        ("rf_app", "pending", "INSERT"),
        ("rf_worker", "pending", "INSERT"),
        ("rf_app", "attestation_request", "INSERT"),
        ("rf_worker", "attestation_request", "INSERT"),
    }


def test_functions_are_for_exactly_these_roles(superuser: Superuser) -> None:
    found = {
        name: {
            role
            for role in LOGINS
            if superuser.execute(
                "SELECT has_function_privilege(%s, %s::oid, 'EXECUTE')", [role, oid]
            ).fetchone()
            == (True,)
        }
        for oid, name in superuser.execute(
            "SELECT oid, proname FROM pg_proc WHERE pronamespace = 'audit'::regnamespace"
        ).fetchall()
    }
    assert found == FUNCTIONS


@pytest.mark.usefixtures("both_logged")
@pytest.mark.parametrize("replica", [False, True])
@pytest.mark.parametrize("table", FOREVER)
def test_even_the_superuser_is_refused_a_change(superuser: Superuser, table: str, *, replica: bool) -> None:
    if replica:
        superuser.execute("SET session_replication_role = replica")
    columns = {"succession": "kept_size"} | dict.fromkeys(
        ("anchor", "cosignature", "recovery", "timestamp"), "size"
    )
    column = columns.get(table, "tenant_id")
    for statement in (
        f"UPDATE audit.{table} SET {column} = {column}",
        f"DELETE FROM audit.{table}",
        f"TRUNCATE audit.{table}",
        f"INSERT INTO audit.{table} SELECT * FROM audit.{table} LIMIT 1"
        f" ON CONFLICT {conflict_target(superuser, table)} DO UPDATE SET {column} = excluded.{column}",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            superuser.execute(statement)


def conflict_target(superuser: Superuser, table: str) -> str:
    rows = superuser.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indisprimary AND i.indrelid = %s::regclass",
        [f"audit.{table}"],
    )
    return f"({', '.join(name for (name,) in rows)})"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.pending SET verb = 'task.taken'",
        "TRUNCATE audit.pending",
        "DELETE FROM audit.log",
        "TRUNCATE audit.log",
        "UPDATE audit.log SET origin = origin || 'x'",
        "UPDATE audit.log SET vkey = NULL",
        "UPDATE audit.log SET inception = id",
        "UPDATE audit.attestation_request SET payload = core",
        "TRUNCATE audit.attestation_request",
    ],
)
def test_a_log_keeps_its_identity_and_what_waits_for_it(
    acme: Workspace, keeper: Keeper, superuser: Superuser, statement: str
) -> None:
    keeper.settle()
    happen(acme)
    ask(acme, statement_of(acme))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        superuser.execute(statement)


def test_a_frozen_log_is_not_thawed(acme: Workspace, keeper: Keeper, superuser: Superuser) -> None:
    keeper.as_signer.execute("SELECT audit.freeze_log(%s, 'for a test')", [acme.tenant_id])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="stays frozen"):
        superuser.execute("UPDATE audit.log SET state = 'active', frozen_why = NULL WHERE state = 'frozen'")


def test_a_tenant_has_one_log_and_an_origin_is_used_once(acme: Workspace, stack: Stack) -> None:
    fresh, other = uuid4(), uuid4()
    with entered(stack, acme.tenant_id) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "SELECT audit.open_log(%s, %s, %s)", [fresh, f"audit.ringfence.example/t/{fresh.hex}", uuid4()]
        )
    with entered(stack, other) as connection:
        ours = [fresh, f"audit.ringfence.example/t/{fresh.hex}", uuid4()]
        connection.execute("SELECT audit.open_log(%s, %s, %s)", ours)
        token = token_for(uuid4(), connection)
        connection.execute("SELECT set_config('rf.ctx', %s, true)", [token])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("SELECT audit.open_log(%s, %s, %s)", ours)


def token_for(tenant_id: Any, connection: psycopg.Connection[Any]) -> str:
    from tenants.gate.tokens import token_signer

    return token_signer(tenant_id, uuid4(), Purpose.WORK, 1)(connection.info.backend_pid)


@pytest.mark.parametrize("why", ["never opened", "retired"])
def test_no_event_is_taken_for_a_log_that_cannot_prove_it(
    acme: Workspace, stack: Stack, superuser: Superuser, why: str
) -> None:
    context = acme.service(Purpose.JOB)
    with acting(context):
        row = list(build_event(context, Verb.TASK_RELEASED, object_kind="task").row)
    if why == "retired":
        superuser.execute("UPDATE audit.log SET state = 'retired' WHERE tenant_id = %s", [acme.tenant_id])
    else:
        row[0] = uuid4()
    with (
        entered(stack, row[0]) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="log_takes_events"),
    ):
        connection.execute(INSERT_PENDING, row)


LEAF, AT, CORE, PII, VERB, KIND = 7, 6, 8, 9, 2, 4


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        (LEAF, lambda leaf: leaf.replace(b'"v":1', b'"v":2'), "leaf is not canonical"),
        (LEAF, lambda leaf: leaf[:-1], "leaf is not canonical"),
        (LEAF, lambda leaf: leaf + b" ", "leaf is not canonical"),
        (LEAF, lambda leaf: b"", "leaf is not canonical"),
        (LEAF, lambda leaf: leaf[:48] + b"==" + leaf[50:], "leaf is not canonical"),
        (LEAF, lambda leaf: leaf[:49] + b"A" + leaf[50:], "leaf is not canonical"),
        (LEAF, lambda leaf: leaf[:48] + b"B" + leaf[49:], "leaf is not canonical"),
        (LEAF, lambda leaf: leaf[:100] + b"A" + leaf[101:], "leaf is not canonical"),
        (LEAF, lambda leaf: leaf[:20] + b"\xff" + leaf[21:], "leaf is not canonical"),
        (LEAF, lambda leaf: leaf[:20] + b"*" + leaf[21:], "base64"),
        (AT, lambda at: at.replace(year=at.year - 1), "another time"),
        (CORE, lambda core: b"in clear" + core, "core is not sealed"),
        (PII, lambda pii: b"in clear" + pii, "pii is not sealed"),
        (PII, lambda pii: pii + bytes(65_536), "too large"),
        (VERB, lambda verb: "Ada Okafor was here", "words are not words"),
        (VERB, lambda verb: "a.b.c", "words are not words"),
        (VERB, lambda verb: ".", "words are not words"),
        (KIND, lambda kind: "", "words are not words"),
        (KIND, lambda kind: "Task", "words are not words"),
    ],
)
def test_an_event_that_no_verifier_could_read_is_refused(
    acme: Workspace, stack: Stack, column: int, change: Any, words: str
) -> None:
    context = acme.service(Purpose.JOB)
    with acting(context):
        row = list(build_event(context, Verb.TASK_RELEASED, object_kind="task").row)
    with entered(stack, acme.tenant_id) as connection:
        with connection.transaction():
            connection.execute(INSERT_PENDING, row)
        row[1], row[column] = uuid4(), change(row[column])
        with pytest.raises(
            (psycopg.errors.CheckViolation, psycopg.errors.InvalidParameterValue), match=words
        ):
            connection.execute(INSERT_PENDING, row)


def test_a_service_cannot_see_the_order_of_all_tenants_events(acme: Workspace, stack: Stack) -> None:
    happen(acme)
    with entered(stack, acme.tenant_id) as connection:
        assert connection.execute("SELECT count(id) FROM audit.pending").fetchone() != (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT n FROM audit.pending")


@pytest.mark.parametrize("role", ["rf_sequencer", "rf_signer"])
def test_the_logs_processes_see_no_ciphertext(keeper: Keeper, role: str) -> None:
    with keeper.connect(role) as connection:
        for column in ("audit.body.core", "audit.body.pii", "audit.pending.core", "audit.pending.pii"):
            table, _, name = column.rpartition(".")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT {name} FROM {table}")


def test_only_the_signer_reads_what_it_is_asked_to_sign(
    acme: Workspace, keeper: Keeper, stack: Stack
) -> None:
    keeper.settle()
    ask(acme, statement_of(acme))
    for column in ("payload", "core"):
        statement = f"SELECT {column} FROM audit.attestation_request"
        for role in ("rf_app", "rf_worker"):
            with (
                entered(stack, acme.tenant_id, role) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(statement)
        for role in ("rf_checker", "rf_sequencer"):
            with keeper.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_process_writes_its_own_heartbeat_only(keeper: Keeper) -> None:
    statement = (
        "INSERT INTO audit.heartbeat (process, at) VALUES (%s, now())"
        " ON CONFLICT (process) DO UPDATE SET at = now()"
    )
    keeper.as_signer.execute(statement, ["signer"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        keeper.as_signer.execute(statement, ["sequencer"])
