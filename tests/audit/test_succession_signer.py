"""What the signer refuses to state of a succession, and where it does not sign at all."""

from typing import Any

import psycopg
import pytest

from audit.services.errors import LogNotSigned
from audit.services.stored_log import newest_checkpoint
from audit.signer.rounds import Signer
from audit.signer.store import Store
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.isolation.findings import Tally
from tenants.isolation.pins import Seen
from tenants.isolation.probes.lg_01 import _pin_of
from tests.audit.logkeeping import Keeper, happen, set_back, triggers_off
from tests.audit.test_anchors import log_of
from tests.audit.test_refill import go_on
from tests.audit.test_succession import give_up
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture
def succeeded(acme: Workspace, keeper: Keeper, superuser: Superuser) -> Workspace:
    """A log that took another one's place after a head that nobody had signed; nothing of its own has a place yet."""
    keeper.settle()
    happen(acme, 5)
    keeper.sequence()
    unsigned = keeper.size(acme)
    happen(acme, 5)
    keeper.settle()
    set_back(superuser, acme, unsigned)
    assert give_up(keeper, acme)[0] == 1
    assert go_on(keeper, acme)[0] == 0
    return acme


def test_nothing_that_was_kept_is_signed_anew(succeeded: Workspace, keeper: Keeper) -> None:
    before = keeper.checkpoints(succeeded)
    kept = keeper.size(succeeded)
    assert max(before) < kept
    # What the old log signed is not given out as the new one's.
    context = succeeded.context(Role.AUDITOR)
    with acting(context), pytest.raises(LogNotSigned):
        newest_checkpoint()
    keeper.sign()
    assert keeper.checkpoints(succeeded) == before
    assert keeper.report(succeeded).problems == ()
    keeper.settle()
    assert min(set(keeper.checkpoints(succeeded)) - set(before)) > kept
    # A signer that begins anew misses no log, though it keeps the folder of the one that was given up.
    signer = Signer(Store(keeper.folder))
    signer.run_round(keeper.as_signer)
    assert "gone from the database" not in signer.trouble()
    assert keeper.report(succeeded).problems == ()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("standing = 'keyless'", "key of the log that is succeeded"),
        ("promised_size = promised_size - 1", "promises less"),
        ("promised_root = sha256(promised_root)", "promises less"),
        ("kept_root = sha256(kept_root)", "another head"),
    ],
)
def test_what_the_signer_knows_better_it_does_not_sign(
    succeeded: Workspace, keeper: Keeper, superuser: Superuser, wrong: str, why: str
) -> None:
    before = keeper.checkpoints(succeeded)
    log = superuser.execute("SELECT id FROM audit.log WHERE tenant_id = %s", [succeeded.tenant_id]).fetchone()
    assert log is not None
    stored = superuser.execute(
        "SELECT standing, promised_size, promised_root, kept_root FROM audit.succession WHERE successor_id = %s",
        log,
    ).fetchone()
    assert stored is not None
    with triggers_off(superuser, "succession"):
        superuser.execute(f"UPDATE audit.succession SET {wrong} WHERE successor_id = %s", log)
    keeper.settle()
    assert why in keeper.signer.trouble()
    assert keeper.checkpoints(succeeded) == before
    with triggers_off(superuser, "succession"):
        superuser.execute(
            "UPDATE audit.succession SET standing = %s, promised_size = %s, promised_root = %s, kept_root = %s"
            " WHERE successor_id = %s",
            [*stored, *log],
        )
    keeper.settle()
    assert max(keeper.checkpoints(succeeded)) > max(before)
    assert keeper.report(succeeded).problems == ()


def test_a_log_that_says_it_succeeds_another_needs_a_succession(
    succeeded: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    before = keeper.checkpoints(succeeded)
    with triggers_off(superuser, "succession"):
        row = superuser.execute(
            "DELETE FROM audit.succession s USING audit.log l WHERE l.id = s.successor_id AND l.tenant_id = %s"
            " RETURNING s.*",
            [succeeded.tenant_id],
        ).fetchone()
    assert row is not None
    keeper.settle()
    assert "nothing was noted" in keeper.signer.trouble()
    assert keeper.checkpoints(succeeded) == before
    with triggers_off(superuser, "succession"):
        superuser.execute(f"INSERT INTO audit.succession VALUES ({', '.join(['%s'] * len(row))})", list(row))
    keeper.settle()
    assert max(keeper.checkpoints(succeeded)) > max(before)


def test_the_check_forgets_what_was_given_up_and_nothing_else(succeeded: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    row = keeper.as_signer.execute(
        "SELECT s.origin, s.kept_size, s.promised_size FROM audit.succession s"
        " JOIN audit.log l ON l.id = s.successor_id"
        " WHERE l.tenant_id = %s",
        [succeeded.tenant_id],
    ).fetchone()
    assert row is not None
    old, kept, promised = row
    new = log_of(keeper, succeeded)[1]

    class AsChecker:
        def ask(self, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
            with keeper.connect("rf_checker") as database:
                return database.execute(query, values).fetchall()

    def forgotten(size: int, origin: str) -> bool:
        tally = Tally("LG-01")
        pin = Seen(size, bytes(32), origin)
        found = _pin_of(AsChecker(), tally, succeeded.tenant_id, {succeeded.tenant_id: pin})  # type: ignore[arg-type]
        assert (found is None) == bool(tally.notes)
        return found is None

    assert forgotten(kept + 1, old)
    assert forgotten(promised, old)
    assert not forgotten(kept, old)
    assert not forgotten(promised + 1, old)
    assert not forgotten(kept + 1, new)
    assert not forgotten(kept + 1, "")
