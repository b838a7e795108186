"""After a restore the meta-log has checkpoints that their logs lack: known by root, or as given up, or not at all."""

from typing import Any

import psycopg
import pytest

from audit.anchors.bucket import Place
from audit.anchors.rounds import Anchorer
from audit.fsck import check_logs
from audit.meta import META_LOG
from audit.publisher.rounds import Publisher
from tests.audit.logkeeping import Keeper, happen, set_back, triggers_off
from tests.audit.publishing import publish
from tests.audit.test_publisher import no_post
from tests.audit.test_refill import go_on, put_back
from tests.audit.test_succession import give_up
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture
def taken_in(acme: Workspace, keeper: Keeper, superuser: Superuser) -> int:
    """A log of which the meta-log has a checkpoint; its size."""
    keeper.settle()
    happen(acme, 20)
    keeper.settle()
    with keeper.connect("rf_publisher") as publishing:
        publish(Publisher(None, no_post), keeper, publishing, superuser)
    return max(keeper.checkpoints(acme))


def strangers(keeper: Keeper, size: int) -> list[str]:
    """What the meta-log is said to have that no log has, of this size."""
    with keeper.connect("rf_checker") as database:
        (report,) = check_logs(database, META_LOG)
    return [each for each in report.problems if f"for {size} events" in each]


def test_what_was_put_back_is_known_by_its_root(
    acme: Workspace, keeper: Keeper, superuser: Superuser, place: Place, taken_in: int
) -> None:
    happen(acme, 3)
    keeper.settle()
    assert Anchorer(place).run_round(keeper.as_signer, acme.tenant_id) == 1
    set_back(superuser, acme, 2)
    assert strangers(keeper, taken_in) != []
    assert put_back(keeper, acme, place)[0] == 0
    assert go_on(keeper, acme)[0] == 0
    keeper.settle()
    assert taken_in not in keeper.checkpoints(acme)
    assert strangers(keeper, taken_in) == []
    assert keeper.report(acme).problems == ()
    # A root that the log does not have is none of its checkpoints, though its key has signed it.
    row = superuser.execute(
        "SELECT partials FROM audit.edge WHERE tenant_id = %s", [acme.tenant_id]
    ).fetchone()
    assert row is not None
    edge, change = bytes(row[0]), "UPDATE audit.edge SET partials = %s WHERE tenant_id = %s"
    superuser.execute(change, [edge[:3] + bytes([edge[3] ^ 1]) + edge[4:], acme.tenant_id])
    assert strangers(keeper, taken_in) != []
    superuser.execute(change, [edge, acme.tenant_id])
    assert strangers(keeper, taken_in) == []


def test_what_was_given_up_is_known_by_the_succession(
    acme: Workspace, keeper: Keeper, superuser: Superuser, taken_in: int
) -> None:
    set_back(superuser, acme, 2)
    assert strangers(keeper, taken_in) != []
    assert give_up(keeper, acme)[0] == 1
    assert go_on(keeper, acme)[0] == 0
    keeper.settle()
    happen(acme, 60)
    keeper.settle()
    assert strangers(keeper, taken_in) == []
    # Only as far as it was promised.
    with triggers_off(superuser, "succession"):
        superuser.execute(
            "UPDATE audit.succession SET promised_size = %s WHERE promised_size = %s",
            [taken_in - 1, taken_in],
        )
    assert strangers(keeper, taken_in) != []
    with triggers_off(superuser, "succession"):
        superuser.execute(
            "UPDATE audit.succession SET promised_size = %s WHERE promised_size = %s",
            [taken_in, taken_in - 1],
        )
