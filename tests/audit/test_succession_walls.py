"""The walls round a log that is given up: who notes it, who opens the next one, how often, and what stays."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.audit.logkeeping import Keeper, checkpoint_in, entered, happen, set_back, triggers_off
from tests.audit.test_anchors import log_of
from tests.audit.test_refill import frozen, go_on
from tests.stack import Stack
from tests.world import Workspace

Superuser = psycopg.Connection[Any]
CALL = "SELECT audit.succeed_log(%s, gen_random_uuid(), now(), ''::bytea, ''::bytea, ''::bytea)"
NOTE = "SELECT audit.note_succession(%(tenant)s, 'behind', %(size)s, %(root)s, 999, sha256('x'))"


def newest(superuser: Superuser, workspace: Workspace) -> dict[str, Any]:
    row = superuser.execute(
        "SELECT size, root FROM audit.head WHERE tenant_id = %s ORDER BY size DESC LIMIT 1",
        [workspace.tenant_id],
    ).fetchone()
    assert row is not None
    return {"tenant": workspace.tenant_id, "size": row[0], "root": row[1]}


def noted(superuser: Superuser, workspace: Workspace) -> UUID:
    """Freeze a log, and note that another one takes its place; return the succession."""
    frozen(superuser, workspace)
    superuser.execute(NOTE, newest(superuser, workspace))
    return waiting(superuser, workspace)


def waiting(superuser: Superuser, workspace: Workspace) -> UUID:
    row = superuser.execute(
        "SELECT s.id FROM audit.succession s JOIN audit.log l ON l.id = s.log_id"
        " WHERE l.tenant_id = %s AND s.event IS NULL",
        [workspace.tenant_id],
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def test_a_succession_is_used_once_within_the_hour_and_for_the_newest_head(
    acme: Workspace, keeper: Keeper, superuser: Superuser, stack: Stack
) -> None:
    keeper.settle()
    succession = noted(superuser, acme)

    def refused(changed: str, back: str) -> None:
        with triggers_off(superuser, "succession", "head"):
            superuser.execute(changed, {"id": succession, "tenant": acme.tenant_id})
        with (
            entered(stack, acme.tenant_id, "rf_worker") as connection,
            pytest.raises(psycopg.DatabaseError, match="no succession of this log"),
        ):
            connection.execute(CALL, [succession])
        with triggers_off(superuser, "succession", "head"):
            superuser.execute(back, {"id": succession, "tenant": acme.tenant_id})

    table = "UPDATE audit.succession SET"
    refused(
        f"{table} at = at - interval '1 hour' WHERE id = %(id)s",
        f"{table} at = at + interval '1 hour' WHERE id = %(id)s",
    )
    refused(
        f"{table} kept_root = sha256(kept_root) WHERE id = %(id)s",
        f"{table} kept_root = (SELECT root FROM audit.head"
        " WHERE tenant_id = %(tenant)s ORDER BY size DESC LIMIT 1) WHERE id = %(id)s",
    )
    refused(
        "INSERT INTO audit.head (tenant_id, size, root, frontier) VALUES (%(tenant)s, 998, sha256('x'), '')",
        "DELETE FROM audit.head WHERE tenant_id = %(tenant)s AND size = 998",
    )
    refused(
        f"{table} event = gen_random_uuid(), succeeded_at = now() WHERE id = %(id)s",
        f"{table} event = NULL, succeeded_at = NULL WHERE id = %(id)s",
    )
    assert go_on(keeper, acme)[0] == 0
    code, said = go_on(keeper, acme)
    assert code == 1
    assert "--succeed" in said


def test_another_tenants_succession_opens_nothing(
    acme: Workspace, rival: Workspace, keeper: Keeper, superuser: Superuser, stack: Stack
) -> None:
    keeper.settle()
    succession = noted(superuser, acme)
    frozen(superuser, rival)
    head = newest(superuser, rival)
    # Even where both logs have one head: whose succession it is decides.
    with triggers_off(superuser, "succession"):
        superuser.execute(
            "UPDATE audit.succession SET kept_size = %s, kept_root = %s WHERE id = %s",
            [head["size"], head["root"], succession],
        )
    with entered(stack, rival.tenant_id, "rf_worker") as connection:
        assert connection.execute("SELECT count(*) FROM audit.waiting_succession()").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM audit.successions()").fetchone() == (0,)
        with pytest.raises(psycopg.DatabaseError, match="no succession"):
            connection.execute(CALL, [succession])
    assert keeper.state(acme)[0] == keeper.state(rival)[0] == "frozen"


def test_only_a_frozen_log_is_given_up_and_only_from_its_newest_head(
    acme: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    head = newest(superuser, acme)
    with pytest.raises(psycopg.DatabaseError, match="not frozen"):
        superuser.execute(NOTE, head)
    frozen(superuser, acme)
    with pytest.raises(psycopg.DatabaseError, match="not the newest head"):
        superuser.execute(NOTE, head | {"root": bytes(32)})
    with pytest.raises(psycopg.DatabaseError, match="not the newest head"):
        superuser.execute(NOTE, head | {"size": 0})


def test_a_log_with_checkpoints_beyond_its_events_is_not_given_up(
    acme: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    happen(acme, 5)
    keeper.settle()
    size = keeper.size(acme)
    note = keeper.checkpoints(acme)[size]
    set_back(superuser, acme, 2)
    frozen(superuser, acme)
    with superuser.transaction(force_rollback=True), triggers_off(superuser, "checkpoint"):
        superuser.execute(
            "INSERT INTO audit.checkpoint (tenant_id, size, note) VALUES (%s, %s, %s)",
            [acme.tenant_id, size, note],
        )
        with (
            pytest.raises(psycopg.DatabaseError, match="checkpoints of events that it does not hold"),
            superuser.transaction(),
        ):
            superuser.execute(NOTE, newest(superuser, acme))


def test_nobody_renames_a_log_by_hand(acme: Workspace, keeper: Keeper, superuser: Superuser) -> None:
    keeper.settle()
    noted(superuser, acme)
    rename = (
        "UPDATE audit.log l SET id = s.successor_id, origin = s.successor_origin, vkey = NULL, state = 'active',"
        " frozen_why = NULL, after_size = s.kept_size, inception = coalesce(s.event, l.inception)"
        " FROM audit.succession s WHERE s.log_id = l.id AND l.tenant_id = %s"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="keeps its origin"):
        superuser.execute(rename, [acme.tenant_id])
    # Nor in a transaction that has used up the succession: only the log's own function does both.
    with superuser.transaction(force_rollback=True), triggers_off(superuser, "succession"):
        superuser.execute(
            "UPDATE audit.succession SET event = log_id, succeeded_at = transaction_timestamp() WHERE log_id ="
            " (SELECT id FROM audit.log WHERE tenant_id = %s)",
            [acme.tenant_id],
        )
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="keeps its origin"),
            superuser.transaction(),
        ):
            superuser.execute(rename, [acme.tenant_id])
    # The owner of the log's functions cannot either, without using one up, there and then; nor move where a log signs.
    with triggers_off(superuser, "succession"):
        superuser.execute(
            "UPDATE audit.succession SET event = log_id, succeeded_at = transaction_timestamp() - interval '1 minute'"
            " WHERE log_id = (SELECT id FROM audit.log WHERE tenant_id = %s)",
            [acme.tenant_id],
        )
    superuser.execute("SET ROLE audit_owner")
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="keeps its origin"):
            superuser.execute(rename, [acme.tenant_id])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="keeps its origin"):
            superuser.execute("UPDATE audit.log SET after_size = 1 WHERE tenant_id = %s", [acme.tenant_id])
    finally:
        superuser.execute("RESET ROLE")


def test_what_the_signer_stated_is_the_rows_and_is_stated_once(
    acme: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    noted(superuser, acme)
    assert go_on(keeper, acme)[0] == 0
    successor = log_of_new(superuser, acme)
    add = "SELECT audit.add_succession_note(%s, %s)"
    with pytest.raises(psycopg.DatabaseError, match="not about a succession"):
        keeper.as_signer.execute(add, [successor, b"anything"])
    keeper.settle()
    (note,) = superuser.execute(
        "SELECT note FROM audit.succession WHERE successor_id = %s", [successor]
    ).fetchone() or (None,)
    assert note is not None
    keeper.as_signer.execute(add, [successor, note])
    with superuser.transaction(force_rollback=True), triggers_off(superuser, "succession"):
        superuser.execute("UPDATE audit.succession SET note = NULL WHERE successor_id = %s", [successor])
        with pytest.raises(psycopg.DatabaseError, match="not about a succession"), superuser.transaction():
            superuser.execute(add, [successor, bytes(note).replace(b"kept ", b"kept 1")])
        superuser.execute(add, [successor, note])
    with pytest.raises(psycopg.DatabaseError, match="another note"):
        keeper.as_signer.execute(add, [successor, bytes(note) + b"\n"])
    # Both keys are in the note, and the new log signs nothing at or below what it took over.
    assert bytes(note).count("\N{EM DASH} ".encode()) == 2
    _, origin, _ = log_of(keeper, acme)
    kept = keeper.checkpoints(acme)
    last = max(size for size, each in kept.items() if checkpoint_in(each).origin != origin)
    assert last < min(size for size, each in kept.items() if checkpoint_in(each).origin == origin)


def log_of_new(superuser: Superuser, workspace: Workspace) -> UUID:
    row = superuser.execute("SELECT id FROM audit.log WHERE tenant_id = %s", [workspace.tenant_id]).fetchone()
    assert row is not None
    return UUID(str(row[0]))
