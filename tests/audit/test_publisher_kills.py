"""kill -9 of the publisher between any two operations, and the whole town as real processes."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit.meta import META_LOG, meta_policy
from audit.notes import Vkey
from audit.publisher import asking
from tests.audit.logkeeping import Keeper, happen
from tests.audit.publishing import (
    COSIGNED,
    LEAVES,
    Town,
    age_heads,
    meta_note,
    meta_size,
    meta_vkey,
    publish,
)
from tests.audit.test_kill import calls_of, killed_by_itself
from tests.audit.test_processes import process, wait_until
from tests.stack import REPO, Stack
from tests.world import Workspace

Superuser = psycopg.Connection[Any]
TRIALS = 10
LONG_TRIALS = 150


@pytest.fixture
def town(keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr(asking, "SKEW_SECONDS", 10**10)
    with ExitStack() as stack:
        yield Town(tmp_path, meta_vkey(keeper), stack)


def one_round(keeper: Keeper, town: Town) -> Callable[[], object]:
    database, publisher = keeper.connect("rf_publisher"), town.publisher()
    return lambda: publisher.run_round(database)


def leaves_of(superuser: Superuser, keeper: Keeper, workspace: Workspace) -> list[bytes]:
    log = keeper.log_folder(workspace).name
    return [bytes(leaf) for (leaf,) in superuser.execute(LEAVES, [META_LOG, log, log])]


@pytest.mark.parametrize("trials", [TRIALS, pytest.param(LONG_TRIALS, marks=pytest.mark.long)])
def test_a_publisher_that_is_killed_anywhere_takes_in_and_asks_again(
    acme: Workspace, keeper: Keeper, town: Town, superuser: Superuser, trials: int
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    prepare = partial(one_round, keeper, town)
    happen(acme)
    keeper.settle()
    age_heads(superuser)
    calls = calls_of(prepare)
    killed = 0
    for _ in range(trials):
        happen(acme)
        keeper.settle()
        age_heads(superuser)
        killed += killed_by_itself(prepare, chance.randint(1, calls))
        keeper.settle()
        killed += killed_by_itself(prepare, chance.randint(1, calls))
    assert killed > trials / 2
    keeper.settle()
    with keeper.connect("rf_publisher") as database:
        publisher = town.publisher()
        publish(publisher, keeper, database, superuser)
        publish(publisher, keeper, database, superuser)
        # Of logs that other tests set back the publisher has to say something.
        assert (publisher.troubles, publisher.unmet) == ({}, 0)
    taken, signed = leaves_of(superuser, keeper, acme), keeper.checkpoints(acme)
    assert Counter(taken).most_common(1)[0][1] == 1
    assert set(taken) <= set(signed.values())
    assert taken[-1] == signed[max(signed)]
    lines = superuser.execute(COSIGNED, [meta_size(keeper)]).fetchall()
    town.policy().open_checkpoint(meta_note(keeper) + "".join(line for *_, line in lines).encode())


@contextmanager
def witness(folder: Path, name: str, vkey: str) -> Iterator[tuple[str, Vkey]]:
    """Run a witness as its owner does, and yield its address and key."""
    child = subprocess.Popen(
        [
            sys.executable, "-m", "audit.witness", "--dir", str(folder), "--name", f"{name}.example/w",
            "--trust", vkey, "--listen", "127.0.0.1:0",
        ],
        cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    try:
        key = Vkey.parse(child.stdout.readline().strip())
        child.stdout.readline()
        yield f"http://{child.stdout.readline().strip().removeprefix('listening on ')}", key
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_processes_of_their_own_come_to_a_cosigned_tree_through_kills(
    acme: Workspace, keeper: Keeper, stack: Stack, tmp_path: Path, superuser: Superuser
) -> None:
    vkey = meta_vkey(keeper)
    policy = tmp_path / "policy"
    with (
        witness(tmp_path / "a", "a", vkey) as (first, one),
        witness(tmp_path / "b", "b", vkey) as (second, two),
        process(stack, "sequencer"),
        process(stack, "signer"),
    ):
        text = f"witness a {one} {first}\nwitness b {two} {second}\ngroup g all a b\nquorum g\n"
        policy.write_text(text)
        for _ in range(2):
            happen(acme, 3)
            with process(stack, "publisher", RINGFENCE_WITNESS_POLICY=str(policy)) as publisher:
                wait_until(lambda: cosigned(superuser, keeper, acme))
                os.kill(publisher.pid, signal.SIGKILL)
        # Not the last word of one that was killed: before its own, a process may not even know of signals.
        began = superuser.execute("SELECT clock_timestamp()").fetchone()
        with process(stack, "publisher", RINGFENCE_WITNESS_POLICY=str(policy)) as publisher:
            happen(acme)
            wait_until(lambda: cosigned(superuser, keeper, acme))
            beat = "SELECT trouble FROM audit.heartbeat WHERE process = 'publisher' AND at > %s"
            wait_until(lambda: superuser.execute(beat, began).fetchone() == ("",))
            publisher.terminate()
            assert publisher.wait(60) == 0
    # The signer may have signed a newer one since.
    size, note = superuser.execute(
        "SELECT size, note FROM audit.checkpoint c WHERE tenant_id = %s AND 2 <="
        " (SELECT count(DISTINCT witness) FROM audit.cosignature s WHERE s.size = c.size) ORDER BY size DESC LIMIT 1",
        [META_LOG],
    ).fetchall()[0]
    lines = {witness: line for witness, _, line in superuser.execute(COSIGNED, [size]).fetchall()}
    note = bytes(note) + "".join(lines.values()).encode()
    assert len(meta_policy(vkey, text).open_checkpoint(note).cosigners) == 2


def cosigned(superuser: Superuser, keeper: Keeper, workspace: Workspace) -> bool:
    """Say whether everything of the workspace is signed, taken in, and its tree cosigned by both."""
    signed = keeper.checkpoints(workspace)
    taken = leaves_of(superuser, keeper, workspace)
    if not signed or keeper.size(workspace) not in signed or taken[-1:] != [signed[max(signed)]]:
        return False
    # Of these two alone: what waits for a log that another test has frozen waits for ever.
    pending = superuser.execute(
        "SELECT count(*) FROM audit.pending WHERE tenant_id = ANY(%s)", [[workspace.tenant_id, META_LOG]]
    ).fetchone()
    # A publisher that starts anew has the same tree cosigned again.
    lines = superuser.execute(COSIGNED, [meta_size(keeper)]).fetchall()
    return pending == (0,) and len({witness for witness, *_ in lines}) == 2


def test_the_command_says_what_is_wrong_with_a_policy(stack: Stack, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    for text, words in (
        ("nonsense\n", "not a policy statement"),
        ("quorum none\n", "names no witness"),
    ):
        policy.write_text(text)
        with pytest.raises(RuntimeError, match=words):
            stack.manage(
                "publisher",
                env=stack.environment("rf_publisher", RINGFENCE_WITNESS_POLICY=str(policy)),
            )


def test_the_command_prints_the_meta_logs_key(keeper: Keeper, stack: Stack) -> None:
    wanted = meta_vkey(keeper)
    assert stack.manage("publisher", "--key", env=stack.environment("rf_publisher")).strip() == wanted
