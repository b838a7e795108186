"""PostgreSQL believes a signed, fresh token for this very connection, and nothing else."""

import time
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from ringfence.kernel.context import acting, tell_postgres
from ringfence.kernel.errors import ContextAlreadyEntered, NoTenantContext
from ringfence.kernel.permissions import Purpose
from tenants.gate.tokens import context_key, token_signer
from tenants.models import Profile
from tests.stack import Stack
from tests.world import Workspace, new_workspace

TABLES = """
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not attisdropped)
"""


@pytest.fixture
def acme() -> Workspace:
    return new_workspace("Acme")


@pytest.fixture
def app(stack: Stack) -> Iterator[psycopg.Connection]:
    """A raw connection as the web's role, with nothing of ours between it and PostgreSQL."""
    with psycopg.connect(stack.url("rf_app", "cell")) as connection:
        yield connection
        connection.rollback()


def sign(workspace: Workspace, connection: psycopg.Connection) -> str:
    return token_signer(workspace.tenant_id, uuid4(), Purpose.WORK, 1)(connection.info.backend_pid)


def read_with(connection: psycopg.Connection, token: str | None) -> list[tuple[object, ...]]:
    if token is not None:
        connection.execute("select set_config('rf.ctx', %s, true)", [token])
    return connection.execute("select tenant_id from tenants_profile").fetchall()


def test_a_good_token_shows_its_own_tenant_only(acme: Workspace, app: psycopg.Connection) -> None:
    new_workspace("Rival")
    assert read_with(app, sign(acme, app)) == [(acme.tenant_id,)]


def test_every_tenant_table_raises_without_a_token(app: psycopg.Connection) -> None:
    tables = [row[0] for row in app.execute(TABLES).fetchall()]
    assert len(tables) >= 5
    for table in tables:
        with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification, match="no tenant context"):
            app.execute(f'select 1 from "{table}" limit 1')
        app.rollback()


def forgeries(acme: Workspace, connection: psycopg.Connection) -> dict[str, str]:
    """Return tokens that must not be believed, by what is wrong with them."""
    good = sign(acme, connection)
    rival = uuid4().hex
    head, code = good.rsplit("|", 1)
    part = head.split("|")
    key_id, key = context_key()
    pid = connection.info.backend_pid
    stolen = token_signer(acme.tenant_id, uuid4(), Purpose.WORK, 1, key=(key_id, b"x" * 32))(pid)
    unknown = token_signer(acme.tenant_id, uuid4(), Purpose.WORK, 1, key=("0" * 16, key))(pid)
    import hmac

    past = "|".join([*part[:6], str(int(time.time() * 1000) - 1), part[7]])
    expired = past + "|" + hmac.digest(key, past.encode(), "sha256").hex()
    return {
        "malformed": "hello",
        "malformed ": good + "|x",
        "forged": "|".join([*part[:2], rival, *part[3:]]) + "|" + code,
        "forged ": head + "|" + "0" * 64,
        "forged  ": stolen,
        "forged   ": unknown,
        "forged    ": head + "|",
        "expired": expired,
        "replayed": token_signer(acme.tenant_id, uuid4(), Purpose.WORK, 1)(pid + 1),
    }


def test_no_forgery_is_believed(acme: Workspace, app: psycopg.Connection) -> None:
    for what, token in forgeries(acme, app).items():
        with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification, match=what.strip()):
            read_with(app, token)
        app.rollback()


def test_a_token_replayed_from_another_connection_is_refused(
    acme: Workspace, app: psycopg.Connection, stack: Stack
) -> None:
    token = sign(acme, app)
    assert read_with(app, token)
    with (
        psycopg.connect(stack.url("rf_app", "cell")) as thief,
        pytest.raises(psycopg.errors.InvalidAuthorizationSpecification, match="replayed"),
    ):
        read_with(thief, token)


def test_a_retired_key_signs_nothing(acme: Workspace, app: psycopg.Connection, stack: Stack) -> None:
    live = stack.environment(RINGFENCE_CELL_URL=stack.url("rf_migrator", "cell", acting_as="rf_owner"))
    spare = stack.directory / "spare.key"
    stack.manage("rotate_context_key", "--file", str(spare), env=live)
    fresh_id, fresh = spare.read_text().split()
    assert read_with(app, sign(acme, app)), "the key before the newest lives until its last token has expired"
    app.rollback()
    signer = token_signer(acme.tenant_id, uuid4(), Purpose.WORK, 1, key=(fresh_id, bytes.fromhex(fresh)))
    assert read_with(app, signer(app.info.backend_pid))
    app.rollback()
    with psycopg.connect(stack.cluster.superuser_url("cell")) as superuser:
        superuser.execute(
            "update rf.context_key set retires_at = clock_timestamp() where id = %s", [fresh_id]
        )
    with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification, match="forged"):
        read_with(app, signer(app.info.backend_pid))
    with psycopg.connect(stack.cluster.superuser_url("cell")) as superuser:
        own_id, _ = context_key()
        superuser.execute("update rf.context_key set retires_at = 'infinity' where id = %s", [own_id])


def test_the_context_ends_with_its_transaction(acme: Workspace, app: psycopg.Connection) -> None:
    read_with(app, sign(acme, app))
    app.commit()
    with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification):
        read_with(app, None)


def test_nobody_reads_or_replaces_the_context_keys(app: psycopg.Connection) -> None:
    for statement in (
        "select * from rf.context_key",
        "select rf.rotate_context_key('x', ''::bytea, ''::bytea)",
        "create or replace function rf.tenant() returns uuid language sql as 'select null::uuid'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement)
        app.rollback()


def test_acting_does_not_nest_and_managers_raise_outside(acme: Workspace) -> None:
    context = acme.service(Purpose.JOB)
    with pytest.raises(NoTenantContext):
        Profile.objects.count()
    with acting(context), pytest.raises(ContextAlreadyEntered), acting(context):
        pass
    with pytest.raises(NoTenantContext):
        Profile._base_manager.count()


def test_row_security_holds_with_the_manager_out_of_the_way(acme: Workspace) -> None:
    from django.db import connection
    from django.db.models import QuerySet

    rival = new_workspace("Rival")
    with acting(acme.service(Purpose.JOB)):
        assert QuerySet(Profile).filter(tenant_id=rival.tenant_id).count() == 0
        assert QuerySet(Profile).count() == 1
    with connection.cursor() as cursor:
        assert cursor.execute("select 1") is not None


def test_the_manager_filters_with_row_security_out_of_the_way(acme: Workspace, stack: Stack) -> None:
    new_workspace("Rival")
    context = acme.service(Purpose.JOB)
    with acting(context):
        text = str(Profile.objects.all().query)
    assert str(acme.tenant_id.hex) in text.replace("-", ""), "the manager names the tenant in every query"


def test_a_thread_sees_no_context_of_another(acme: Workspace) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from ringfence.kernel.context import in_unit

    with acting(acme.service(Purpose.JOB)), ThreadPoolExecutor(1) as pool:
        assert in_unit()
        assert not pool.submit(in_unit).result()


def test_statements_of_others_cannot_be_read(acme: Workspace, app: psycopg.Connection, stack: Stack) -> None:
    with psycopg.connect(stack.url("rf_app", "cell")) as other:
        other.execute("select 'a literal that a colleague must not see'")
        rows = app.execute(
            "select query from pg_stat_activity where pid = %s", [other.info.backend_pid]
        ).fetchall()
    assert rows == [("",)]


def test_tell_postgres_binds_on_the_server(acme: Workspace) -> None:
    """With client-side binding the token would stand as a literal in the statement."""
    from django.db import connection

    context = acme.service(Purpose.JOB)
    with acting(context):
        tell_postgres(context)
        assert connection.settings_dict["OPTIONS"]["server_side_binding"] is True
        assert "ServerBindingCursor" in type(connection.cursor().cursor).__mro__[0].__name__
