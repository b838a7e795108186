"""Ledger and database set back together: whoever anchors finds it in the bucket, when it starts and each round."""

from typing import Any

import psycopg
import pytest

from audit.anchors.bucket import Place, connect, put_object
from audit.anchors.names import checkpoint_name
from audit.anchors.rebuild import newest_in
from audit.anchors.rounds import Anchorer
from audit.signer.rounds import Signer
from audit.signer.store import Store
from tests.audit.logkeeping import Keeper, happen, set_back
from tests.audit.test_anchors import log_of
from tests.audit.test_refill import command
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture
def anchored(acme: Workspace, keeper: Keeper, place: Place) -> Anchorer:
    """A log of which two checkpoints stand in the bucket, and the process that wrote them."""
    anchorer = Anchorer(place)
    for count in (5, 300):
        happen(acme, count)
        keeper.settle()
        assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 1, anchorer.trouble()
    return anchorer


def forget(keeper: Keeper, superuser: Superuser, workspace: Workspace, *, to_the_size: bool = False) -> None:
    """Set back database and ledger together, as a backup of both would; other events follow, and are signed.

    One, or as many as there were before: then the log has the same size, and another history.
    """
    first = min(keeper.checkpoints(workspace))
    ledger = keeper.log_folder(workspace) / "ledger"
    line = next(
        each for each in ledger.read_bytes().splitlines(keepends=True) if each.split()[0] == b"%d" % first
    )
    lost = keeper.size(workspace) - first
    set_back(superuser, workspace, first)
    ledger.write_bytes(line)
    # A signer that was started afresh, and has no bucket to ask.
    keeper.signer = Signer(Store(keeper.folder))
    happen(workspace, lost if to_the_size else 1)
    keeper.settle()
    assert keeper.state(workspace) == ("active", None)


@pytest.mark.parametrize("to_the_size", [False, True])
def test_a_process_that_goes_on_remembers_what_it_wrote(
    acme: Workspace, keeper: Keeper, superuser: Superuser, anchored: Anchorer, *, to_the_size: bool
) -> None:
    assert anchored.run_round(keeper.as_signer, acme.tenant_id) == 0
    assert keeper.state(acme)[0] == "active"
    forget(keeper, superuser, acme, to_the_size=to_the_size)
    anchored.run_round(keeper.as_signer, acme.tenant_id)
    state, why = keeper.state(acme)
    assert (state, "the bucket has a signed checkpoint of" in str(why)) == ("frozen", True)
    assert anchored.frozen == 1


def test_a_process_that_starts_reads_the_bucket(
    acme: Workspace, keeper: Keeper, superuser: Superuser, place: Place, anchored: Anchorer
) -> None:
    fresh = Anchorer(place)
    fresh.run_round(keeper.as_signer, acme.tenant_id)
    assert (keeper.state(acme)[0], fresh.frozen) == ("active", 0)
    forget(keeper, superuser, acme)
    code, said = command(keeper, "rf_signer", "anchor", "--tenant", str(acme.tenant_id), place=place)
    assert (code, "lack what stands in the bucket" in said) == (1, True), said
    assert keeper.state(acme)[0] == "frozen"


def test_only_what_the_logs_key_signed_counts(
    acme: Workspace, rival: Workspace, keeper: Keeper, place: Place, anchored: Anchorer
) -> None:
    log_id, origin, vkey = log_of(keeper, acme)
    client = connect(place)
    newest = newest_in(client, place, log_id=log_id, origin=origin, vkey=vkey)
    assert newest is not None
    assert newest.size == max(keeper.checkpoints(acme))
    keeper.settle()
    # Under a name of this log: another log's checkpoint, and bytes that are no note.
    other = keeper.checkpoints(rival)
    put_object(client, place, checkpoint_name(log_id, 9_999, bytes(32)), other[max(other)])
    put_object(client, place, checkpoint_name(log_id, 10_000, bytes(32)), b"nothing")
    assert newest_in(client, place, log_id=log_id, origin=origin, vkey=vkey) == newest
    fresh = Anchorer(place)
    fresh.run_round(keeper.as_signer, acme.tenant_id)
    assert keeper.state(acme)[0] == "active"
