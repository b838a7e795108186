"""Row-level security's known gaps, each closed: references, unique keys, verbs, privileges, roles."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tenants.gate.tokens import token_signer
from tenants.models import DataKey, Profile
from tests.stack import Stack
from tests.world import Workspace, new_workspace

SERVICE_ROLES = (
    "rf_app",
    "rf_worker",
    "rf_gate",
    "rf_sequencer",
    "rf_signer",
    "rf_publisher",
    "rf_checker",
    "rf_migrator",
)


@pytest.fixture
def acme() -> Workspace:
    return new_workspace("Acme")


@pytest.fixture
def rival() -> Workspace:
    return new_workspace("Rival")


@pytest.fixture
def as_acme(acme: Workspace, stack: Stack) -> Iterator[psycopg.Connection]:
    """A raw connection with a good token of Acme: what SQL injection would have."""
    with psycopg.connect(stack.url("rf_app", "cell")) as connection:
        enter(connection, acme.tenant_id)
        yield connection
        connection.rollback()


def enter(connection: psycopg.Connection, tenant_id: UUID) -> None:
    token = token_signer(tenant_id, uuid4(), Purpose.WORK, 1)(connection.info.backend_pid)
    connection.execute("select set_config('rf.ctx', %s, true)", [token])


def profile_of(workspace: Workspace) -> Profile:
    with acting(workspace.service(Purpose.JOB)):
        return Profile.objects.get()


def test_no_verb_reaches_the_rival(as_acme: psycopg.Connection, rival: Workspace) -> None:
    theirs = profile_of(rival)
    before = bytes(theirs.name)
    for verb in (
        "select name from tenants_profile where id = %s",
        "update tenants_profile set keys_confirmed_at = now() where id = %s returning id",
        "delete from tenants_profile where id = %s returning id",
        "merge into tenants_profile p using (select %s::uuid as id) s on p.id = s.id"
        " when matched then delete returning p.id",
    ):
        assert as_acme.execute(verb, [theirs.id]).fetchall() == [], verb
    with as_acme.cursor().copy("copy (select tenant_id from tenants_profile) to stdout") as out:
        assert str(rival.tenant_id) not in b"".join(bytes(b) for b in out).decode()
    as_acme.commit()
    assert bytes(profile_of(rival).name) == before


def test_a_row_can_neither_be_given_nor_moved_to_the_rival(
    as_acme: psycopg.Connection, acme: Workspace, rival: Workspace
) -> None:
    for statement in (
        "update tenants_profile set tenant_id = %s",
        "insert into tenants_datakey (id, tenant_id, unit_id, purpose, generation, state, created_at)"
        " values (gen_random_uuid(), %s, gen_random_uuid(), 'data', 1, 'active', now())",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
            as_acme.transaction(),
        ):
            as_acme.execute(statement, [rival.tenant_id])


def test_a_unique_key_is_no_oracle(as_acme: psycopg.Connection, rival: Workspace) -> None:
    with acting(rival.service(Purpose.JOB)):
        theirs = DataKey.objects.first()
        assert theirs is not None
        unit = theirs.unit_id
    done = as_acme.execute(
        "insert into tenants_datakey (id, tenant_id, unit_id, purpose, generation, state, created_at)"
        " values (gen_random_uuid(), rf.tenant(), %s, %s, %s, 'active', now())",
        [unit, theirs.purpose, theirs.generation],
    )
    assert done.rowcount == 1, "the same values as the rival's row collide with nothing of ours"


def test_a_reference_is_no_oracle_and_crosses_nothing(
    acme: Workspace, rival: Workspace, stack: Stack
) -> None:
    """Every foreign key of every tenant table carries the tenant; a rival's id and an absent id fail alike."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as superuser:
        crossing = superuser.execute(
            """
            select con.conname from pg_constraint con
              join pg_attribute t on t.attrelid = con.conrelid and t.attname = 'tenant_id'
              join pg_attribute p on p.attrelid = con.confrelid and p.attname = 'tenant_id'
             where con.contype = 'f' and con.connamespace = 'public'::regnamespace
               and not (con.conkey[1] = t.attnum and con.confkey[1] = p.attnum)
            """
        ).fetchall()
        examined = superuser.execute(
            "select count(*) from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace"
        ).fetchone()
    assert crossing == []
    assert examined is not None
    assert examined[0] > 0


def test_copy_into_a_tenant_table_is_refused(as_acme: psycopg.Connection) -> None:
    with (
        pytest.raises(psycopg.errors.FeatureNotSupported),
        as_acme.cursor().copy("copy tenants_profile from stdin"),
    ):
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "truncate tenants_profile cascade",
        "alter table tenants_profile disable row level security",
        "drop policy tenant_isolation on tenants_profile",
        "create policy mine on tenants_profile using (true)",
        "create table public.loot (id int)",
        "create temp table loot (id int)",
        "create function public.leak() returns int language sql as 'select 1'",
        "create trigger t before insert on tenants_profile execute function rf.tenant()",
        "set role rf_owner",
        "set role rf_definer",
        "set role rf_checker",
        "grant rf_owner to rf_app",
        "alter role rf_app bypassrls",
        "set track_activities = on",
        "set session_replication_role = replica",
        "copy tenants_profile to program 'true'",
        "select pg_read_file('/etc/passwd')",
        "select lo_import('/etc/passwd')",
        "select * from pg_authid",
        "create extension if not exists plperl",
    ],
)
def test_the_web_s_role_cannot_take_a_wall_down(as_acme: psycopg.Connection, statement: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)):
        as_acme.execute(statement)


def test_switching_row_security_off_is_an_error_not_a_leak(as_acme: psycopg.Connection) -> None:
    as_acme.execute("set local row_security = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        as_acme.execute("select 1 from tenants_profile")


def test_no_service_role_can_step_around_policies(stack: Stack) -> None:
    with psycopg.connect(stack.cluster.superuser_url("cell")) as superuser:
        rows = superuser.execute(
            """
            select rolname, rolsuper or rolbypassrls or rolreplication or rolcreaterole or rolcreatedb
              from pg_roles where rolname = any(%s)
            """,
            [list(SERVICE_ROLES)],
        ).fetchall()
        tables = superuser.execute(
            "select relname, relrowsecurity and relforcerowsecurity from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
            " where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'audit'::regnamespace)"
        ).fetchall()
    assert sorted(rows) == sorted((role, False) for role in SERVICE_ROLES)
    assert len(tables) > 10
    assert [name for name, forced in tables if not forced] == []


@pytest.mark.parametrize("database", ["control", "cell", "shadow"])
def test_each_role_enters_its_own_databases_only(stack: Stack, database: str) -> None:
    allowed = {
        "control": {"rf_gate", "rf_migrator"},
        "cell": {
            "rf_app",
            "rf_worker",
            "rf_sequencer",
            "rf_signer",
            "rf_publisher",
            "rf_checker",
            "rf_migrator",
        },
        "shadow": {"rf_checker"},
    }[database]
    for role in SERVICE_ROLES:
        if role in allowed:
            psycopg.connect(stack.url(role, database)).close()
        else:
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                psycopg.connect(stack.url(role, database))


def test_the_checker_counts_rows_and_reads_none(stack: Stack, acme: Workspace) -> None:
    with psycopg.connect(stack.url("rf_checker", "cell"), autocommit=True) as checker:
        counted = checker.execute(
            "select count(*) from tenants_profile where tenant_id = %s", [acme.tenant_id]
        )
        assert counted.fetchone() == (1,)
        for statement in ("select name from tenants_profile", "delete from tenants_profile"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                checker.execute(statement)


def test_a_sealed_column_refuses_clear_bytes_in_the_database_too(as_acme: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="is_sealed"):
        as_acme.execute("update tenants_profile set name = 'clear'::bytea")
