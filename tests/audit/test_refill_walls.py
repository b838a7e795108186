"""The walls round a frozen log: what thaws it, for whom, how often, and what does not."""

from typing import Any

import psycopg
import pytest

from audit.work import WORK_LOG
from tests.audit.logkeeping import Keeper, entered, triggers_off
from tests.audit.test_refill import frozen, go_on
from tests.stack import Stack
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


def noted(superuser: Superuser, workspace: Workspace) -> None:
    """Freeze a log, and note that it keeps every promise."""
    frozen(superuser, workspace)
    superuser.execute(
        "SELECT audit.note_recovery(%s, size, root) FROM audit.head WHERE tenant_id = %s ORDER BY size DESC LIMIT 1",
        [workspace.tenant_id] * 2,
    )


def test_a_recovery_is_used_once_within_the_hour_and_for_the_newest_head(
    acme: Workspace, keeper: Keeper, superuser: Superuser, stack: Stack
) -> None:
    keeper.settle()
    noted(superuser, acme)
    (recovery,) = superuser.execute(
        "SELECT r.id FROM audit.recovery r JOIN audit.log l ON l.id = r.log_id WHERE l.tenant_id = %s",
        [acme.tenant_id],
    ).fetchone() or (None,)
    call = "SELECT audit.resume_log(%s, gen_random_uuid(), now(), ''::bytea, ''::bytea, ''::bytea)"

    def refused(changed: str, back: str) -> None:
        with triggers_off(superuser, "recovery", "head"):
            superuser.execute(changed, {"id": recovery, "tenant": acme.tenant_id})
        with (
            entered(stack, acme.tenant_id, "rf_worker") as connection,
            pytest.raises(psycopg.DatabaseError, match="no recovery of the last hour"),
        ):
            connection.execute(call, [recovery])
        with triggers_off(superuser, "recovery", "head"):
            superuser.execute(back, {"id": recovery, "tenant": acme.tenant_id})

    table = "UPDATE audit.recovery SET"
    refused(
        f"{table} at = at - interval '1 hour' WHERE id = %(id)s",
        f"{table} at = at + interval '1 hour' WHERE id = %(id)s",
    )
    refused(
        f"{table} root = sha256(root) WHERE id = %(id)s",
        f"{table} root = (SELECT root FROM audit.head"
        " WHERE tenant_id = %(tenant)s ORDER BY size DESC LIMIT 1) WHERE id = %(id)s",
    )
    refused(
        "INSERT INTO audit.head (tenant_id, size, root, frontier) VALUES (%(tenant)s, 999, sha256('x'), '')",
        "DELETE FROM audit.head WHERE tenant_id = %(tenant)s AND size = 999",
    )
    refused(
        f"{table} event = gen_random_uuid(), resumed_at = now() WHERE id = %(id)s",
        f"{table} event = NULL, resumed_at = NULL WHERE id = %(id)s",
    )
    assert go_on(keeper, acme)[0] == 0
    assert go_on(keeper, acme)[0] == 1


def test_another_tenants_recovery_thaws_nothing(
    acme: Workspace, rival: Workspace, keeper: Keeper, superuser: Superuser, stack: Stack
) -> None:
    keeper.settle()
    noted(superuser, acme)
    frozen(superuser, rival)
    (recovery,) = superuser.execute(
        "SELECT r.id FROM audit.recovery r JOIN audit.log l ON l.id = r.log_id WHERE l.tenant_id = %s",
        [acme.tenant_id],
    ).fetchone() or (None,)
    # Even where both logs have one head: whose recovery it is decides.
    with triggers_off(superuser, "recovery"):
        superuser.execute(
            "UPDATE audit.recovery SET (size, root) = (SELECT size, root FROM audit.head WHERE tenant_id = %s"
            " ORDER BY size DESC LIMIT 1), from_size = 0 WHERE id = %s",
            [rival.tenant_id, recovery],
        )
    with entered(stack, rival.tenant_id, "rf_worker") as connection:
        assert connection.execute("SELECT count(*) FROM audit.waiting_recovery()").fetchone() == (0,)
        with pytest.raises(psycopg.DatabaseError, match="no recovery"):
            connection.execute(
                "SELECT audit.resume_log(%s, gen_random_uuid(), now(), ''::bytea, ''::bytea, ''::bytea)",
                [recovery],
            )
    assert keeper.state(acme)[0] == keeper.state(rival)[0] == "frozen"


def test_nobody_thaws_a_log_by_hand(acme: Workspace, keeper: Keeper, superuser: Superuser) -> None:
    keeper.settle()
    noted(superuser, acme)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="stays frozen"):
        thaw(superuser, acme)
    # Nor in a transaction that has used up a recovery: only the log's own function does both.
    with superuser.transaction(force_rollback=True), triggers_off(superuser, "recovery"):
        superuser.execute(
            "UPDATE audit.recovery SET event = log_id, resumed_at = transaction_timestamp() WHERE log_id ="
            " (SELECT id FROM audit.log WHERE tenant_id = %s)",
            [acme.tenant_id],
        )
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="stays frozen"),
            superuser.transaction(),
        ):
            thaw(superuser, acme)
    # The owner of the log's functions cannot either, without using one up.
    superuser.execute("SET ROLE audit_owner")
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="stays frozen"):
            thaw(superuser, acme)
    finally:
        superuser.execute("RESET ROLE")


def thaw(superuser: Superuser, workspace: Workspace) -> None:
    superuser.execute(
        "UPDATE audit.log SET state = 'active', frozen_why = NULL WHERE tenant_id = %s", [workspace.tenant_id]
    )


@pytest.mark.parametrize(
    "change",
    [
        "event = gen_random_uuid(), resumed_at = now()",
        "lost = 0, size = size + 1",
        "at = now()",
        "event = NULL, resumed_at = NULL",
    ],
)
def test_a_recovery_that_was_used_changes_no_more_even_for_its_owner(
    acme: Workspace, keeper: Keeper, superuser: Superuser, change: str
) -> None:
    keeper.settle()
    noted(superuser, acme)
    assert go_on(keeper, acme)[0] == 0
    superuser.execute("SET ROLE audit_owner")
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            superuser.execute(
                f"UPDATE audit.recovery SET {change} WHERE log_id = (SELECT id FROM audit.log WHERE tenant_id = %s)",
                [acme.tenant_id],
            )
    finally:
        superuser.execute("RESET ROLE")


def test_only_a_frozen_log_is_refilled_or_noted(
    acme: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    for call in (
        "SELECT audit.refill(%s, 2, ARRAY['x'::bytea], NULL, NULL, NULL, sha256('x'), int8send(3), '')",
        "SELECT audit.note_recovery(%s, 2, sha256('x'))",
    ):
        with pytest.raises(psycopg.DatabaseError, match="not frozen"):
            superuser.execute(call, [acme.tenant_id])
    frozen(superuser, acme)
    with pytest.raises(psycopg.DatabaseError, match="not the newest head"):
        superuser.execute("SELECT audit.note_recovery(%s, 2, sha256('x'))", [acme.tenant_id])


def test_the_work_log_goes_on_without_an_event(keeper: Keeper, superuser: Superuser) -> None:
    keeper.settle()
    superuser.execute("SELECT audit.freeze_log(%s, 'set back')", [WORK_LOG])
    superuser.execute(
        "SELECT audit.note_recovery(%s, size, root) FROM audit.head WHERE tenant_id = %s ORDER BY size DESC LIMIT 1",
        [WORK_LOG] * 2,
    )
    assert superuser.execute(
        "SELECT state, frozen_why FROM audit.log WHERE tenant_id = %s", [WORK_LOG]
    ).fetchone() == (
        "active",
        None,
    )
