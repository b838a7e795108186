"""The registry is appended to and never edited: each wall alone, versions without gaps, a check that sees damage."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate.registry import NewParty, append, known
from tenants.gate.registry_fsck import check_registry
from tenants.gate.verdicts import today
from tenants.neutrality.facts import FactRefused, Interest, InterestType, Party, Statement
from tenants.neutrality.graph import check_statement
from tests.tenants.browser import Visitor, declare
from tests.tenants.registering import party
from tests.world import Workspace

TABLES = ("people_graphversion", "people_partyversion", "people_statement", "people_declaration")
ACTS = {
    "change": "update {} set id = id",
    "remove": "delete from {}",
    "empty": "truncate {} cascade",
}


@pytest.fixture(autouse=True)
def something_there(acme: Workspace) -> None:
    """A row in each table."""
    declare(Visitor(acme.someone(Role.LABELER)), name=f"Somebody {uuid4()}", role="adviser")


def interest(subject: Party, **more: Any) -> Statement:
    """Return a statement on a party."""
    fact = Interest(subject.id, None, InterestType.UNKNOWN)
    now = datetime.now(UTC)
    return replace(Statement(uuid7(), uuid7(), fact, today(), now, source="a test"), **more)


@contextmanager
def changed(stack: Any, *statements: str) -> Iterator[psycopg.Connection[Any]]:
    """Open the control database as superuser in a transaction that is taken back."""
    with psycopg.connect(stack.cluster.superuser_url("control")) as connection:
        for each in statements:
            connection.execute(each)  # type: ignore[arg-type]  # made of names in this file
        yield connection
        connection.rollback()


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("table", TABLES)
def test_with_all_rights_the_trigger_still_refuses(stack: Any, table: str, act: str) -> None:
    with (
        changed(
            stack, f"grant update, delete, truncate on {table} to rf_gate", "set local role rf_gate"
        ) as db,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="added and never changed"),
    ):
        db.execute(ACTS[act].format(table).replace(" cascade", ""))  # type: ignore[arg-type]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("table", TABLES)
def test_the_owner_is_refused_too(stack: Any, table: str, act: str) -> None:
    with (
        changed(stack, "set local session_replication_role = origin") as db,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="added and never changed"),
    ):
        db.execute(ACTS[act].format(table))  # type: ignore[arg-type]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("table", TABLES)
def test_without_the_trigger_the_missing_right_still_refuses(stack: Any, table: str, act: str) -> None:
    dropped = (f"drop trigger append_only on {table}", f"drop trigger append_only_whole on {table}")
    with (
        changed(stack, *dropped, "set local role rf_gate") as db,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        db.execute(ACTS[act].format(table).replace(" cascade", ""))  # type: ignore[arg-type]


@pytest.mark.parametrize("table", TABLES)
def test_with_both_walls_down_the_same_act_goes_through(stack: Any, table: str) -> None:
    """Else the tests above would pass for a table that nobody can reach."""
    down = (
        f"drop trigger append_only on {table}",
        f"grant select, update on {table} to rf_gate",
        "set local role rf_gate",
    )
    with changed(stack, *down) as db:
        assert db.execute(ACTS["change"].format(table)).rowcount > 0  # type: ignore[arg-type]


def test_appends_at_once_get_versions_without_a_gap_and_a_chain_that_holds() -> None:
    before, at_once, each = known().version, 6, 5
    ready = threading.Barrier(at_once)
    failed: list[BaseException] = []

    def add() -> None:
        try:
            ready.wait(20)
            for _ in range(each):
                made = Party(uuid7(), f"At Once {uuid4()}")
                append([NewParty(made)], [interest(made)])
        except BaseException as error:  # told by the thread that waits for this one
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert known().version == before + at_once * each
    examined = check_registry()
    assert examined.damage == ()
    assert examined.versions == known().version


def test_two_that_supersede_one_statement_at_once_are_one_and_a_refusal() -> None:
    firm = party(f"Firm {uuid4()}")
    first = interest(firm)
    append(statements=[first])
    ready = threading.Barrier(2)
    outcome: list[str] = []

    def supersede() -> None:
        try:
            ready.wait(20)
            append(statements=[interest(firm, record=first.record, supersedes=first.id)])
            outcome.append("kept")
        except FactRefused as refusal:
            outcome.append(refusal.field)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=supersede) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcome) == ["kept", "supersedes"]
    assert check_registry().damage == ()


def test_nothing_is_recorded_as_known_yesterday() -> None:
    firm = party(f"Firm {uuid4()}")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    stated = interest(firm, recorded_at=long_ago)
    append(statements=[stated])
    assert datetime.now(UTC) - known().statements[stated.id].recorded_at < timedelta(minutes=5)


def test_all_of_a_version_or_nothing() -> None:
    firm, before = party(f"Firm {uuid4()}"), known()
    ghost = Party(uuid7(), "not registered")
    with pytest.raises(FactRefused, match="there is no party"):
        append([NewParty(Party(uuid7(), "new"))], [interest(firm), interest(ghost)])
    assert (known().version, len(known().parties)) == (before.version, len(before.parties))


DAMAGE = {
    "a fact is changed": "update people_statement set fact = fact || '{\"type\": \"debt\"}' where id = %(statement)s",
    "a day is changed": "update people_statement set date = date - 1 where id = %(statement)s",
    "a source is changed": "update people_statement set source = 'somebody else' where id = %(statement)s",
    "a statement is removed": "delete from people_statement where id = %(statement)s",
    "a party is renamed": "update people_partyversion set name = 'Somebody Else' where party = %(party)s",
    "a party is made ours": "update people_partyversion set is_operator = true where party = %(party)s",
    "a version is removed": "delete from people_graphversion where number = %(version)s",
    "a digest is changed": "update people_graphversion set digest = sha256('x') where number = %(version)s",
}  # fmt: skip


@pytest.mark.parametrize("how", DAMAGE)
def test_the_check_sees_what_was_done_past_every_wall(
    stack: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = party(f"Firm {uuid4()}")
    stated = interest(firm)
    version = append([NewParty(firm)], [stated]).version
    append([NewParty(Party(uuid7(), "the one after"))])
    assert check_registry().damage == ()
    values = {"statement": stated.id, "party": firm.id, "version": version}
    undo = _kept(stack, values)
    with psycopg.connect(stack.cluster.superuser_url("control")) as db:
        db.execute("set session_replication_role = replica")
        db.execute(DAMAGE[how], values)  # type: ignore[arg-type]
    try:
        assert check_registry().damage, how
        with pytest.raises(CommandError, match="not what was appended"):
            call_command("registry_fsck")
    finally:
        undo()
    call_command("registry_fsck")


def _kept(stack: Any, values: dict[str, Any]) -> Any:
    """Return what puts the rows of these values back."""
    rows = {
        "people_statement": "id = %(statement)s", "people_partyversion": "party = %(party)s",
        "people_graphversion": "number = %(version)s",
    }  # fmt: skip
    with psycopg.connect(stack.cluster.superuser_url("control")) as db:
        kept = {
            table: [row[0] for row in db.execute(f"select t::text from {table} t where {where}", values)]  # type: ignore[arg-type]
            for table, where in rows.items()
        }

    def undo() -> None:
        with psycopg.connect(stack.cluster.superuser_url("control")) as db:
            db.execute("set session_replication_role = replica")
            for table, where in rows.items():
                db.execute(f"delete from {table} where {where}", values)  # type: ignore[arg-type]
                for text in kept[table]:
                    db.execute(f"insert into {table} select (%s::{table}).*", [text])  # type: ignore[arg-type]

    return undo


def test_the_index_of_what_is_superseded_changes_no_answer() -> None:
    firm = party(f"Firm {uuid4()}")
    first = interest(firm)
    second = interest(firm, record=first.record, supersedes=first.id)
    third = interest(firm, record=first.record, supersedes=first.id)
    parties, stated = {firm.id: firm}, {first.id: first, second.id: second}
    for superseded in (None, {first.id}):
        with pytest.raises(FactRefused, match="superseded already"):
            check_statement(third, parties=parties, known=stated, superseded=superseded)
    check_statement(second, parties=parties, known={first.id: first}, superseded=set())
    check_statement(second, parties=parties, known={first.id: first})
