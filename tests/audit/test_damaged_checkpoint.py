"""A stored checkpoint that was damaged: named, and in nobody else's way."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from audit.signer.rounds import Signer
from audit.signer.store import Store
from tests.audit.logkeeping import Keeper, happen, triggers_off
from tests.world import Workspace


@pytest.mark.parametrize("place", ["20", "octet_length(note) - 10"])
def test_a_stored_checkpoint_that_was_damaged_is_reported_and_all_logs_go_on(
    acme: Workspace, rival: Workspace, keeper: Keeper, superuser: psycopg.Connection[Any], place: str
) -> None:
    keeper.settle()
    happen(acme)
    keeper.settle()
    with triggers_off(superuser, "checkpoint"):
        superuser.execute(
            f"UPDATE audit.checkpoint SET note = set_byte(note, {place}, 9)"
            " WHERE tenant_id = %s AND size = 3",
            [acme.tenant_id],
        )
    happen(rival)
    keeper.sequence()
    signer = Signer(Store(keeper.folder))
    signer.run_round(keeper.as_signer)
    # Of this log alone: others in the same database may have troubles of their own.
    log = UUID(keeper.log_folder(acme).name)
    assert signer.troubles[log] == "the stored checkpoint of 3 events is damaged"
    assert keeper.state(acme) == ("active", None)
    assert sorted(keeper.checkpoints(rival)) == [2, 3]
    happen(acme)
    keeper.sequence()
    signer.run_round(keeper.as_signer)
    assert (max(keeper.checkpoints(acme)), signer.troubles.get(log)) == (4, None)
