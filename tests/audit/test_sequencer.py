"""The sequencer: every event gets one place, whoever else is trying, and one damaged log stops no other."""

import threading
from typing import Any

import psycopg
import pytest

from audit.errors import EvidenceRefused
from audit.frontier import Frontier
from audit.merkle import leaf_hash
from audit.models import Body
from audit.sequencer import rounds
from audit.sequencer.batch import checked_end
from audit.sequencer.rounds import Sequencer
from audit.tiles import Edge
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tests.audit.logkeeping import Keeper, happen, triggers_off
from tests.world import Workspace

BACKLOG = 2_000


def logged_ids(workspace: Workspace) -> list[Any]:
    with acting(workspace.service(Purpose.JOB)):
        return list(Body.objects.order_by("seq").values_list("id", flat=True))


def test_two_sequencers_at_once_give_each_event_one_place(
    acme: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "BATCH_EVENTS", 7)
    receipts = happen(acme, 300)
    ends = threading.Barrier(2)

    def run() -> None:
        sequencer = Sequencer()
        with keeper.connect("rf_sequencer") as database:
            ends.wait()
            while database.execute(
                "SELECT 1 FROM audit.pending WHERE tenant_id = %s LIMIT 1", [acme.tenant_id]
            ).fetchone():
                sequencer.run_round(database)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logged_ids(acme)[-300:] == [receipt.event_id for receipt in receipts]
    assert keeper.report(acme).problems == ()


def test_even_without_their_lock_two_sequencers_make_one_log(
    acme: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is a courtesy; the wall is append(), which is tested here with the lock taken away."""
    monkeypatch.setattr(rounds, "BATCH_EVENTS", 5)
    monkeypatch.setattr(rounds, "SET_ASIDE_SECONDS", 0.0)
    receipts = happen(acme, 100)
    ends = threading.Barrier(2)

    def run(lock: int) -> None:
        sequencer = Sequencer()
        with keeper.connect("rf_sequencer") as database:
            ends.wait()
            while database.execute(
                "SELECT 1 FROM audit.pending WHERE tenant_id = %s LIMIT 1", [acme.tenant_id]
            ).fetchone():
                sequencer.run_round(Relocked(database, lock))

    threads = [threading.Thread(target=run, args=[lock]) for lock in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(logged_ids(acme)[-100:]) == sorted(receipt.event_id for receipt in receipts)
    assert keeper.report(acme).problems == ()


class Relocked:
    """A connection on which the sequencers' lock is not the same one."""

    def __init__(self, database: Any, lock: int) -> None:
        self._database, self._lock = database, lock

    def execute(self, query: str, parameters: Any = None, **options: Any) -> Any:
        if "pg_try_advisory_xact_lock" in query:
            parameters = [self._lock]
        return self._database.execute(query, parameters, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


def test_a_damaged_log_is_set_aside_and_the_others_grow(
    acme: Workspace, rival: Workspace, keeper: Keeper, superuser: psycopg.Connection
) -> None:
    keeper.settle()
    happen(acme, 3)
    receipts = happen(rival, 3)
    with triggers_off(superuser, "edge"):
        superuser.execute(
            "UPDATE audit.edge SET partials = set_byte(partials, 0, get_byte(partials, 0) # 1)"
            " WHERE tenant_id = %s",
            [acme.tenant_id],
        )
    fresh = Sequencer()
    fresh.run_round(keeper.as_sequencer)
    assert keeper.size(acme) == 2
    assert logged_ids(rival)[-3:] == [receipt.event_id for receipt in receipts]
    assert acme.tenant_id in fresh.set_aside
    assert "1 logs" in fresh.trouble()


def test_a_frozen_logs_events_wait_and_are_not_lost(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    keeper.as_signer.execute("SELECT audit.freeze_log(%s, 'for a test')", [acme.tenant_id])
    happen(acme, 3)
    keeper.settle()
    assert keeper.size(acme) == 2
    row = keeper.as_sequencer.execute(
        "SELECT count(*) FROM audit.pending WHERE tenant_id = %s", [acme.tenant_id]
    ).fetchone()
    assert row == (3,)


def test_a_full_batch_asks_for_the_next_round_at_once(
    acme: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.settle()
    monkeypatch.setattr(rounds, "BATCH_EVENTS", 4)
    happen(acme, 6)
    assert keeper.sequencer.run_round(keeper.as_sequencer)
    assert not keeper.sequencer.run_round(keeper.as_sequencer)
    assert keeper.size(acme) == 8


def test_in_a_backlog_no_log_overtakes_itself_when_it_thaws(
    acme: Workspace,
    rival: Workspace,
    keeper: Keeper,
    superuser: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full round begins where the one before ended, but not past events that it left out."""
    keeper.settle()
    monkeypatch.setattr(rounds, "BATCH_EVENTS", 4)
    receipts = [*happen(acme, 2), *(happen(rival, 4) and ()), *happen(acme, 2), *(happen(rival, 8) and ())]
    keeper.as_signer.execute("SELECT audit.freeze_log(%s, 'for a test')", [acme.tenant_id])
    fresh = Sequencer()
    assert fresh.run_round(keeper.as_sequencer)
    assert keeper.size(acme) == 2
    with triggers_off(superuser, "log"):
        superuser.execute(
            "UPDATE audit.log SET state = 'active', frozen_why = NULL WHERE tenant_id = %s", [acme.tenant_id]
        )
    while fresh.run_round(keeper.as_sequencer):
        pass
    assert logged_ids(acme)[-4:] == [receipt.event_id for receipt in receipts]


@pytest.mark.parametrize("times", [1, 2], ids=["just now", "a round ago"])
def test_in_a_backlog_a_log_that_was_set_aside_does_not_overtake_itself(
    acme: Workspace,
    rival: Workspace,
    keeper: Keeper,
    superuser: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
) -> None:
    keeper.settle()
    monkeypatch.setattr(rounds, "BATCH_EVENTS", 4)
    receipts = [*happen(acme, 5), *(happen(rival, 6) and ()), *happen(acme, 2), *(happen(rival, 8) and ())]
    spoil = "UPDATE audit.edge SET partials = set_byte(partials, 0, get_byte(partials, 0) # 1) WHERE tenant_id = %s"
    fresh = Sequencer()
    with triggers_off(superuser, "edge"):
        superuser.execute(spoil, [acme.tenant_id])
        for _ in range(times):
            assert fresh.run_round(keeper.as_sequencer)
        assert set(fresh.set_aside) == {acme.tenant_id}
        assert keeper.size(rival) == (2, 6)[times - 1], "it fills no second batch with what cannot be taken"
        superuser.execute(spoil, [acme.tenant_id])
    fresh.set_aside = {}  # its ten seconds are over
    while fresh.run_round(keeper.as_sequencer):
        pass
    assert logged_ids(acme)[-7:] == [receipt.event_id for receipt in receipts]


def test_in_a_backlog_what_goes_before_all_others_still_does(
    acme: Workspace,
    rival: Workspace,
    keeper: Keeper,
    superuser: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a succession's own entry: its place is below zero."""
    keeper.settle()
    monkeypatch.setattr(rounds, "BATCH_EVENTS", 4)
    happen(rival, 12)
    fresh = Sequencer()
    assert fresh.run_round(keeper.as_sequencer)
    (first,) = happen(acme)
    with triggers_off(superuser, "pending"):
        superuser.execute(
            "WITH taken AS (DELETE FROM audit.pending WHERE tenant_id = %s RETURNING *)"
            " INSERT INTO audit.pending (n, tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii)"
            " OVERRIDING SYSTEM VALUE"
            " SELECT -1, tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii FROM taken",
            [acme.tenant_id],
        )
    assert fresh.run_round(keeper.as_sequencer)
    assert logged_ids(acme)[-1] == first.event_id


@pytest.mark.parametrize("before", [0, BACKLOG], ids=["nothing", "a backlog"])
def test_a_round_reads_what_it_takes_whatever_statistics_say(
    acme: Workspace,
    keeper: Keeper,
    superuser: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    before: int,
) -> None:
    """A backlog comes faster than statistics do; a plan that reads all of it makes its time grow with its square."""
    happen(acme, before)
    keeper.settle()
    monkeypatch.setattr(rounds, "BATCH_EVENTS", 40)
    # An empty table, whose pages are gone; or are all still there, and known to hold nothing.
    superuser.execute(f"VACUUM (ANALYZE, TRUNCATE {not before}) audit.pending")
    happen(acme, BACKLOG)
    read = rows_read(keeper, superuser)
    assert keeper.sequencer.run_round(keeper.as_sequencer)
    assert keeper.size(acme) == 2 + before + 40
    # Once to be chosen, once to be taken.
    assert 80 <= rows_read(keeper, superuser) - read <= 120
    monkeypatch.undo()
    keeper.sequence()


def rows_read(keeper: Keeper, superuser: psycopg.Connection) -> int:
    """Return how many rows of what is pending PostgreSQL has fetched, by its own count."""
    keeper.as_sequencer.execute("SELECT pg_stat_force_next_flush()")
    row = superuser.execute(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_all_tables WHERE relid = 'audit.pending'::regclass"
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 600, 65_536, 65_537, 70_000])
def test_an_end_is_believed_only_if_its_parts_belong_together(size: int) -> None:
    hashes = [leaf_hash(b"%d" % n) for n in range(size)]
    frontier, (edge, _) = Frontier().append(hashes), Edge().append(hashes)
    whole = frontier.to_bytes(), edge.to_bytes()
    end = checked_end(*whole, size=size, root=frontier.head)
    assert (end.frontier, end.edge) == (frontier, edge)
    with pytest.raises(EvidenceRefused):
        checked_end(*whole, size=size, root=leaf_hash(b"another root"))
    if whole[1]:
        spoilt = bytearray(whole[1])
        spoilt[-1] ^= 1
        with pytest.raises(EvidenceRefused):
            checked_end(whole[0], bytes(spoilt), size=size, root=frontier.head)
    with pytest.raises(EvidenceRefused):
        checked_end(whole[0][:-1] + b"?", whole[1], size=size, root=frontier.head)
