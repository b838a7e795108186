"""Ways around row policies that PostgreSQL itself offers: none of them is open to the web's role, or there at all."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from annotation.services.create_project import create_project
from ringfence.kernel import database
from ringfence.kernel.context import acting, tell_postgres
from ringfence.kernel.permissions import Purpose
from tenants.gate.tokens import token_signer
from tests.stack import Stack
from tests.world import Workspace, new_workspace

OURS = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"


@pytest.fixture
def acme() -> Workspace:
    return new_workspace("Acme")


@pytest.fixture
def rival() -> Workspace:
    return new_workspace("Rival")


@pytest.fixture
def superuser(stack: Stack) -> Iterator[psycopg.Connection]:
    """The cell with no wall at all, undone afterwards."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def as_acme(acme: Workspace, stack: Stack) -> Iterator[psycopg.Connection]:
    """A raw connection with a good token of Acme: what SQL injection would have."""
    with psycopg.connect(stack.url("rf_app", "cell")) as raw:
        raw.execute("select set_config('rf.ctx', %s, true)", [sign(acme, raw)])
        yield raw
        raw.rollback()


def sign(workspace: Workspace, raw: psycopg.Connection) -> str:
    return token_signer(workspace.tenant_id, uuid4(), Purpose.WORK, 1)(raw.info.backend_pid)


def relations_beside_tables(raw: psycopg.Connection) -> list[str]:
    """Views, materialized views and foreign tables: the first two read as their owner, the third elsewhere."""
    rows = raw.execute(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        f" where c.relkind in ('v', 'm', 'f') and {OURS}"
    ).fetchall()
    return [name for (name,) in rows]


def test_no_view_reads_rows_as_its_owner(superuser: psycopg.Connection) -> None:
    assert relations_beside_tables(superuser) == []
    superuser.execute("create view public.open_view as select * from tenants_profile")
    superuser.execute("create materialized view public.open_copy as select * from tenants_profile")
    assert sorted(relations_beside_tables(superuser)) == ["public.open_copy", "public.open_view"]


def careless_functions(raw: psycopg.Connection) -> list[tuple[str, str]]:
    """Return functions that could carry rows over, each with what is wrong with it."""
    rows = raw.execute(
        f"""
        select n.nspname || '.' || p.proname, p.prosecdef, p.proleakproof, o.rolsuper or o.rolbypassrls,
               coalesce(p.proconfig::text, ''), p.proowner::regrole::text, l.lanname,
               exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) where grantee = 0)
          from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
          join pg_roles o on o.oid = p.proowner where {OURS}
        """
    ).fetchall()
    assert len(rows) >= 10
    wrong = []
    for name, definer, leakproof, owner_is_free, config, owner, language, public in rows:
        if owner_is_free:
            wrong.append((name, "its owner steps around policies"))
        if leakproof:
            wrong.append((name, "leakproof: runs before the policy"))
        if public:
            wrong.append((name, "for everybody"))
        if language not in {"sql", "plpgsql"}:
            wrong.append((name, "untrusted language"))
        if definer and owner not in {"rf_definer", "audit_owner"}:
            wrong.append((name, "definer of another owner"))
        if definer and "search_path=pg_catalog, pg_temp" not in config:
            wrong.append((name, "definer with a search path of its caller"))
    return wrong


def test_no_function_carries_rows_around_a_policy(superuser: psycopg.Connection) -> None:
    assert careless_functions(superuser) == []
    superuser.execute(
        "create function public.peek(text) returns boolean language sql leakproof security definer as 'select true';"
        "grant execute on function public.peek to public"
    )
    assert {what for _, what in careless_functions(superuser)} == {
        "its owner steps around policies",
        "leakproof: runs before the policy",
        "for everybody",
        "definer of another owner",
        "definer with a search path of its caller",
    }


def test_only_trusted_languages_exist(superuser: psycopg.Connection) -> None:
    rows = superuser.execute("select lanname from pg_language where lanname not in ('internal', 'c')")
    assert sorted(rows.fetchall()) == [("plpgsql",), ("sql",)]


@pytest.mark.parametrize("role", ["rf_app", "rf_worker"])
def test_large_objects_have_no_tenant_and_are_closed(stack: Stack, role: str) -> None:
    """A large object has an owning role and no policy: whoever knows its number reads it."""
    with psycopg.connect(stack.url(role, "cell"), autocommit=True) as raw:
        for statement in (
            "select lo_from_bytea(0, 'loot')",
            "select lo_create(0)",
            "select lo_creat(-1)",
            "select lo_open(1, 262144)",
            "select lo_get(1)",
            "select lo_put(1, 0, 'loot')",
            "select lo_unlink(1)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                raw.execute(statement)


def test_statistics_of_a_tenant_s_columns_are_hidden(
    as_acme: psycopg.Connection, superuser: psycopg.Connection
) -> None:
    superuser.execute("analyze tenants_profile")
    superuser.commit()
    of_tenants = (
        "select count(*) from pg_stats s where exists (select from pg_attribute a where attname = 'tenant_id'"
        " and a.attrelid = format('%I.%I', s.schemaname, s.tablename)::regclass)"
        " and s.schemaname in ('public', 'audit')"
    )
    everything = superuser.execute(of_tenants).fetchone()
    assert everything is not None
    assert everything[0] > 0
    assert as_acme.execute(of_tenants).fetchone() == (0,)


def test_an_error_is_no_oracle_for_a_row_behind_the_policy(
    as_acme: psycopg.Connection, acme: Workspace, rival: Workspace
) -> None:
    """The policy comes before any condition that could raise on what it read."""
    raises_on = (
        "select count(*) from tenants_profile where 1 / (case when tenant_id = %s then 0 else 1 end) = 1"
    )
    assert as_acme.execute(raises_on, [rival.tenant_id]).fetchone() == (1,)
    with pytest.raises(psycopg.errors.DivisionByZero):
        as_acme.execute(raises_on, [acme.tenant_id])


def project_of(workspace: Workspace) -> UUID:
    with acting(workspace.context()) as unit:
        return create_project(unit.context, name="Reviews")


def test_a_foreign_id_and_an_absent_one_fail_alike(
    acme: Workspace, rival: Workspace, as_acme: psycopg.Connection
) -> None:
    """The key's own check ignores policies, so a plain key would take the rival's id and refuse the absent one."""
    refer = (
        "insert into annotation_mark (tenant_id, project_id, labeler_id, lane, seq)"
        " values (rf.tenant(), %s, gen_random_uuid(), 0, 0)"
    )
    said = []
    for project in (project_of(rival), uuid4()):
        with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused, as_acme.transaction():
            as_acme.execute(refer, [project])
        said.append(str(refused.value).replace(str(project), "the id"))
    assert said[0] == said[1]
    assert as_acme.execute(refer, [project_of(acme)]).rowcount == 1


def test_a_context_kept_for_the_session_does_not_reach_the_next_unit(
    acme: Workspace, rival: Workspace
) -> None:
    """Whatever a statement left in the session, the next unit of work begins with its own context."""
    with acting(acme.service(Purpose.JOB)):
        raw = connection.connection
        raw.execute("select set_config('rf.ctx', %s, false)", [sign(acme, raw)])
    with acting(rival.service(Purpose.JOB)), connection.cursor() as cursor:
        assert cursor.connection is raw
        cursor.execute("select tenant_id from tenants_profile")
        assert cursor.fetchall() == [(rival.tenant_id,)]
    raw.execute("reset rf.ctx")


def test_a_context_outside_a_transaction_tells_postgres_nothing(acme: Workspace) -> None:
    """Set for the transaction, it ends with the statement in autocommit: the next one raises."""
    assert not connection.in_atomic_block
    tell_postgres(acme.service(Purpose.JOB))
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="no tenant context"):
        cursor.execute("select tenant_id from tenants_profile")


def test_a_server_below_the_floor_is_refused_at_the_first_connection(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting(acme.service(Purpose.JOB)):
        major, minor = divmod(connection.connection.info.server_version, 10_000)
    connection.close()
    monkeypatch.setattr(database, "_floor_held", set())
    monkeypatch.setattr(database, "FLOORS", {major: major * 10_000 + minor + 1})
    with (
        pytest.raises(ImproperlyConfigured, match=f"{major}.{minor} has CVE-2026-14666"),
        acting(acme.service(Purpose.JOB)),
    ):
        pass
    monkeypatch.setattr(database, "FLOORS", {major: major * 10_000 + minor})
    with acting(acme.service(Purpose.JOB)):
        pass
