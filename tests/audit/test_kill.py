"""kill -9 of sequencer and signer between any two operations: no fork, and no acknowledged event lost."""

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from uuid import UUID

import pytest

from audit.encoding import to_base64
from audit.models import Body
from audit.sequencer.rounds import Sequencer
from audit.signer.rounds import Signer
from audit.signer.store import LogStore, Store
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tests.audit.logkeeping import Keeper, checkpoint_in, happen
from tests.world import Workspace

TRIALS = 24
LONG_TRIALS = 250
LEDGER_TRIALS = 60
LATEST_KILL_SECONDS = 0.03
FINISHED = 0


def sequence_round(keeper: Keeper) -> Callable[[], object]:
    database, sequencer = keeper.connect("rf_sequencer"), Sequencer()
    return lambda: sequencer.run_round(database)


def sign_round(keeper: Keeper) -> Callable[[], object]:
    database, signer = keeper.connect("rf_signer"), Signer(Store(keeper.folder))
    return lambda: signer.run_round(database)


def in_child(
    prepare: Callable[[], Callable[[], object]],
    *,
    kill_at: int | None,
    report: int = -1,
    within: CodeType | None = None,
) -> int:
    """Fork a child that runs one round and return its id.

    With `kill_at` it kills itself with -9 at that call or return (of Python or C), counted from 1:
    between two statements, between a write and its fsync, anywhere. Without, it writes the number
    of calls and returns of the whole round to the descriptor `report`. `within` a function, only
    what happens inside of it counts.
    """
    child = os.fork()
    if child:
        return child
    seen, inside = 0, within is None

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal seen, inside
        if frame.f_code is within and event == "call":
            inside = True
        seen += inside
        if frame.f_code is within and event == "return":
            inside = False
        if inside and seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        run = prepare()
        sys.setprofile(count)
        run()
        sys.setprofile(None)
        if report >= 0:
            os.write(report, b"%d" % seen)
    finally:
        # Nothing of the parent's may be closed or flushed here.
        os._exit(FINISHED)


def calls_of(prepare: Callable[[], Callable[[], object]], within: CodeType | None = None) -> int:
    """Return how many places there are to be killed at in one whole round."""
    reader, writer = os.pipe()
    child = in_child(prepare, kill_at=None, report=writer, within=within)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        calls = int(answer.read())
    os.waitpid(child, 0)
    return calls


def killed_by_itself(
    prepare: Callable[[], Callable[[], object]], kill_at: int, within: CodeType | None = None
) -> bool:
    _, status = os.waitpid(in_child(prepare, kill_at=kill_at, within=within), 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def killed_from_outside(prepare: Callable[[], Callable[[], object]], seconds: float) -> bool:
    """Kill the child after a time, wherever it is then: also while PostgreSQL works for it."""
    child = in_child(prepare, kill_at=None)
    killer = threading.Timer(seconds, lambda: os.kill(child, signal.SIGKILL))
    killer.start()
    # Not reaped before the timer has ended, so that the id cannot be another process's by then.
    killer.join()
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def run_trials(workspace: Workspace, keeper: Keeper, *, trials: int, seed: int) -> int:
    """Kill and go on, `trials` times; then judge the whole log. Return how many were killed midway."""
    chance = random.Random(seed)
    acknowledged: list[UUID] = []
    happen(workspace, 3)
    calls = {prepare: calls_of(partial(prepare, keeper)) for prepare in (sequence_round, sign_round)}
    killed = 0
    for _ in range(trials):
        acknowledged += [receipt.event_id for receipt in happen(workspace, chance.randint(1, 300))]
        for prepare in (sequence_round, sign_round):
            if chance.random() < 0.75:
                at = chance.randint(1, calls[prepare])
                killed += killed_by_itself(partial(prepare, keeper), at)
            else:
                killed += killed_from_outside(partial(prepare, keeper), chance.random() * LATEST_KILL_SECONDS)
    keeper.sequence()
    Signer(Store(keeper.folder)).run_round(keeper.as_signer)
    judge(workspace, keeper, acknowledged)
    return killed


def judge(workspace: Workspace, keeper: Keeper, acknowledged: list[UUID]) -> None:
    report = keeper.report(workspace)
    assert report.problems == ()
    assert keeper.state(workspace) == ("active", None)
    with acting(workspace.service(Purpose.JOB)):
        logged = list(Body.objects.order_by("seq").values_list("id", flat=True))
    assert len(logged) == len(set(logged))
    # In the order in which they were acknowledged, too.
    ours = set(acknowledged)
    assert [each for each in logged if each in ours] == acknowledged
    ledger = keeper.ledger(workspace)
    sizes = [size for size, _ in ledger]
    assert sizes == sorted(set(sizes))
    heads = {
        size: to_base64(bytes(root))
        for size, root in keeper.as_signer.execute(
            "SELECT size, root FROM audit.head WHERE tenant_id = %s", [workspace.tenant_id]
        )
    }
    assert all(heads[size] == root for size, root in ledger)
    checkpoints = keeper.checkpoints(workspace)
    assert set(checkpoints) <= set(sizes)
    assert max(checkpoints) == max(heads) == len(logged)
    assert all(to_base64(checkpoint_in(note).head) == heads[size] for size, note in checkpoints.items())


def test_kill_9_anywhere_loses_nothing_and_forks_nothing(acme: Workspace, keeper: Keeper) -> None:
    assert run_trials(acme, keeper, trials=TRIALS, seed=20) >= TRIALS


@pytest.mark.long
def test_kill_9_anywhere_many_times(acme: Workspace, keeper: Keeper) -> None:
    seed = int(os.environ.get("RINGFENCE_TEST_SEED", random.SystemRandom().randrange(2**32)))
    print(f"\nkill -9 of sequencer and signer: {LONG_TRIALS} trials of each, RINGFENCE_TEST_SEED={seed}")
    killed = run_trials(acme, keeper, trials=LONG_TRIALS, seed=seed)
    print(f"{killed} were killed midway; no fork, no event lost")
    assert killed >= LONG_TRIALS


@pytest.mark.long
def test_kill_9_inside_the_ledgers_write(acme: Workspace, keeper: Keeper) -> None:
    """Before, between and after the write, its fsync and that of its folder, at every place in turn."""
    within, prepare = LogStore.advance.__code__, partial(sign_round, keeper)
    acknowledged: list[UUID] = []
    happen(acme, 1)
    keeper.sequence()
    # The log's first line is written with its folder: the child above all others makes it.
    first = calls_of(prepare, within)
    killed = 0
    for trial in range(LEDGER_TRIALS):
        acknowledged += [receipt.event_id for receipt in happen(acme, 1 + trial % 7)]
        keeper.sequence()
        killed += killed_by_itself(prepare, 1 + trial % first, within)
        ledger = keeper.log_folder(acme) / "ledger"
        assert ledger.read_bytes().endswith(b"\n")
    Signer(Store(keeper.folder)).run_round(keeper.as_signer)
    judge(acme, keeper, acknowledged)
    print(f"\n{killed} of {LEDGER_TRIALS} were killed inside the ledger's write, at {first} places; no fork")
    assert killed >= 50


def test_the_judge_of_these_trials_can_fail(acme: Workspace, keeper: Keeper) -> None:
    receipts = [receipt.event_id for receipt in happen(acme, 3)]
    keeper.settle()
    judge(acme, keeper, receipts)
    with pytest.raises(AssertionError):
        judge(acme, keeper, receipts[::-1])
    with pytest.raises(AssertionError):
        judge(acme, keeper, [*receipts, UUID(int=1)])
    path: Path = keeper.log_folder(acme) / "ledger"
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(AssertionError):
        judge(acme, keeper, receipts)
