"""The signer: signs what it has recomputed, remembers what it signed, and freezes what was rewritten."""

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from audit.notes import Vkey, open_note
from audit.signer.errors import SignerTrouble
from audit.signer.rounds import Signer
from audit.signer.store import SignedHead, Store
from tests.audit.logkeeping import Keeper, checkpoint_in, happen, set_back, triggers_off
from tests.stack import Stack
from tests.world import Workspace

Superuser = psycopg.Connection[Any]
UUID_1 = UUID(int=1)


@pytest.fixture
def signed(acme: Workspace, keeper: Keeper) -> Workspace:
    """Acme's log, with one full tile and three checkpoints."""
    keeper.settle()
    happen(acme, 300)
    keeper.settle()
    happen(acme)
    keeper.settle()
    assert sorted(keeper.checkpoints(acme)) == [2, 302, 303]
    return acme


def test_a_new_log_gets_a_key_of_its_own_and_a_checkpoint(
    acme: Workspace, rival: Workspace, keeper: Keeper
) -> None:
    keeper.settle()
    vkeys = {}
    for workspace in (acme, rival):
        row = keeper.as_signer.execute(
            "SELECT origin, vkey FROM audit.log WHERE tenant_id = %s", [workspace.tenant_id]
        ).fetchone()
        assert row is not None
        vkey = vkeys[workspace.tenant_id] = Vkey.parse(row[1])
        ((size, note),) = keeper.checkpoints(workspace).items()
        stated = checkpoint_in(note)
        assert (stated.origin, stated.size, vkey.name) == (row[0], 2, row[0])
        assert open_note(note, [vkey]).unknown == ()
        assert size == 2
        assert stat_mode(keeper.log_folder(workspace) / "seed") == 0o600
        assert stat_mode(keeper.log_folder(workspace)) == 0o700
    assert len({vkey.public_key for vkey in vkeys.values()}) == 2


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_ledger_has_every_checkpoint_and_only_grows(signed: Workspace, keeper: Keeper) -> None:
    ledger = keeper.ledger(signed)
    assert [size for size, _ in ledger] == [2, 302, 303]
    assert keeper.report(signed).problems == ()


def test_signing_the_same_head_again_gives_the_same_bytes(
    signed: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    before = keeper.checkpoints(signed)
    with triggers_off(superuser, "checkpoint"):
        superuser.execute(
            "DELETE FROM audit.checkpoint WHERE tenant_id = %s AND size = 303", [signed.tenant_id]
        )
    keeper.sign()
    assert keeper.checkpoints(signed) == before
    assert [size for size, _ in keeper.ledger(signed)] == [2, 302, 303]


def test_a_promise_that_a_crash_left_unsigned_is_kept(
    signed: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(signed)
    keeper.sequence()

    def crash(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("audit.signer.rounds.sign_note", crash)
        with pytest.raises(KeyboardInterrupt):
            keeper.sign()
    assert keeper.ledger(signed)[-1][0] == 304
    assert 304 not in keeper.checkpoints(signed)

    Signer(Store(keeper.folder)).run_round(keeper.as_signer)

    assert checkpoint_in(keeper.checkpoints(signed)[304]).size == 304
    assert keeper.state(signed) == ("active", None)


def flip(column: str) -> str:
    return f"{column} = set_byte({column}, 20, get_byte({column}, 20) # 1)"


REWRITTEN: dict[str, tuple[str, str, str]] = {
    "a new leaf": (
        "entry",
        f"UPDATE audit.entry SET {flip('leaf')} WHERE tenant_id = %s AND seq = 303",
        "root",
    ),
    "a new event removed": ("entry", "DELETE FROM audit.entry WHERE tenant_id = %s AND seq = 303", "missing"),
    "the new head": (
        "head",
        f"UPDATE audit.head SET {flip('root')} WHERE tenant_id = %s AND size = 304",
        "root",
    ),
    "the partial tiles": ("edge", f"UPDATE audit.edge SET {flip('partials')} WHERE tenant_id = %s", "root"),
    "the published key gone": ("log", "UPDATE audit.log SET vkey = NULL WHERE tenant_id = %s", "forgotten"),
    "another key": (
        "log",
        "UPDATE audit.log SET vkey = origin || '+00000000+AA==' WHERE tenant_id = %s",
        "another key",
    ),
    "all heads gone": ("head", "DELETE FROM audit.head WHERE tenant_id = %s", "lost its heads"),
}


@pytest.mark.parametrize("what", REWRITTEN)
def test_a_rewritten_log_is_frozen_and_never_signed_again(
    signed: Workspace, keeper: Keeper, superuser: Superuser, what: str
) -> None:
    table, statement, why = REWRITTEN[what]
    happen(signed)
    keeper.sequence()
    with triggers_off(superuser, table):
        superuser.execute(statement, [signed.tenant_id])

    # A signer that was started afresh looks at every log.
    Signer(Store(keeper.folder)).run_round(keeper.as_signer)

    state, reason = keeper.state(signed)
    assert state == "frozen"
    assert why in str(reason)
    (evidence,) = keeper.log_folder(signed).glob("evidence-*.json")
    assert json.loads(evidence.read_text())["signed"]["size"] == 303
    assert sorted(keeper.checkpoints(signed)) == [2, 302, 303]
    happen(signed)
    keeper.settle()
    assert sorted(keeper.checkpoints(signed)) == [2, 302, 303]
    assert keeper.ledger(signed)[-1][0] == 303


def test_damaged_partial_tiles_are_noticed_before_anything_is_built_on_them(
    signed: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    with triggers_off(superuser, "edge"):
        superuser.execute(
            f"UPDATE audit.edge SET {flip('partials')} WHERE tenant_id = %s", [signed.tenant_id]
        )
    Signer(Store(keeper.folder)).run_round(keeper.as_signer)
    assert keeper.state(signed)[0] == "frozen"


def test_a_damaged_tile_on_the_way_of_a_proof_is_noticed_though_the_leaves_hold(
    acme: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    happen(acme, 300)
    keeper.settle()
    happen(acme, 300)
    keeper.sequence()
    with triggers_off(superuser, "tile"):
        # Event 302, in tile 1, is a node of the proof that 602 events extend 302.
        superuser.execute(
            "UPDATE audit.tile SET hashes = set_byte(hashes, 46 * 32, get_byte(hashes, 46 * 32) # 1)"
            " WHERE tenant_id = %s AND level = 0 AND idx = 1",
            [acme.tenant_id],
        )
    keeper.sign()
    assert keeper.state(acme)[0] == "frozen"
    assert max(keeper.checkpoints(acme)) == 302


def test_an_untouched_log_beside_a_rewritten_one_is_signed(
    signed: Workspace, rival: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    for workspace in (signed, rival):
        happen(workspace)
    keeper.sequence()
    with triggers_off(superuser, "entry"):
        superuser.execute(
            f"UPDATE audit.entry SET {flip('leaf')} WHERE tenant_id = %s AND seq = 303", [signed.tenant_id]
        )
    keeper.sign()
    assert keeper.state(signed)[0] == "frozen"
    assert keeper.state(rival)[0] == "active"
    assert 3 in keeper.checkpoints(rival)


@pytest.mark.parametrize("grown", [0, 1, 298, 299, 400])
def test_a_log_that_was_set_back_is_frozen_however_far_it_has_grown_since(
    acme: Workspace, keeper: Keeper, superuser: Superuser, grown: int
) -> None:
    keeper.settle()
    happen(acme, 298)
    keeper.settle()
    set_back(superuser, acme, 2)
    if grown:
        happen(acme, grown)
        keeper.sequence()
    assert keeper.size(acme) == 2 + grown

    Signer(Store(keeper.folder)).run_round(keeper.as_signer)

    state, why = keeper.state(acme)
    assert state == "frozen", why
    assert keeper.ledger(acme)[-1][0] == 300


def test_a_restored_backup_is_frozen(
    acme: Workspace, keeper: Keeper, stack: Stack, superuser: Superuser
) -> None:
    keeper.settle()
    happen(acme, 10)
    keeper.settle()
    backup = Path(stack.directory) / "cell.dump"
    source = stack.cluster.superuser_url("cell")
    subprocess.run([stack.cluster.program("pg_dump"), "-Fc", "-f", backup, source], check=True, timeout=120)
    happen(acme, 5)
    keeper.settle()
    superuser.execute("DROP DATABASE IF EXISTS restored")
    superuser.execute("CREATE DATABASE restored TEMPLATE template0")
    subprocess.run(
        [stack.cluster.program("pg_restore"), "-d", make_conninfo(source, dbname="restored"), backup],
        check=True,
        timeout=120,
    )
    with Keeper(stack, "restored") as restored:
        assert (restored.size(acme), restored.state(acme)[0]) == (12, "active")
        restored.sign()
        state, why = restored.state(acme)
        assert (state, why) == ("frozen", "the log was set back from 17 events to 12")
        assert max(restored.checkpoints(acme)) == 12
    assert keeper.state(acme)[0] == "active"
    keeper.settle()
    assert keeper.report(acme).problems == ()
    superuser.execute("DROP DATABASE restored")


def test_two_signers_at_once_sign_one_history(acme: Workspace, keeper: Keeper) -> None:
    begin, end = threading.Barrier(3), threading.Event()

    def run() -> None:
        signer = Signer(Store(keeper.folder))
        with keeper.connect("rf_signer") as database:
            begin.wait()
            while not end.is_set():
                signer.run_round(database)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    begin.wait()
    for _ in range(20):
        happen(acme)
        keeper.sequence()
    end.set()
    for thread in threads:
        thread.join()
    keeper.sign()
    report = keeper.report(acme)
    assert (report.problems, report.events) == ((), 22)
    assert keeper.state(acme) == ("active", None)
    sizes = [size for size, _ in keeper.ledger(acme)]
    assert sizes == sorted(set(sizes))
    assert set(keeper.checkpoints(acme)) == set(sizes)


def test_a_signer_without_the_logs_key_signs_nothing_and_freezes_nothing(
    signed: Workspace, keeper: Keeper, tmp_path: Path
) -> None:
    folder = tmp_path / "signer"
    stranger = Signer(Store(folder))
    happen(signed)
    keeper.sequence()
    stranger.run_round(keeper.as_signer)
    assert "restore the signer's folder" in stranger.trouble()
    assert max(keeper.checkpoints(signed)) == 303
    keeper.sign()
    assert keeper.state(signed) == ("active", None)
    assert max(keeper.checkpoints(signed)) == 304


def test_of_two_signers_with_folders_of_their_own_one_owns_a_new_log(
    acme: Workspace, keeper: Keeper, tmp_path: Path
) -> None:
    keeper.settle()
    other = Store(tmp_path / "signer")
    with other.hold(log_id(keeper, acme)) as held:
        assert held is not None
        held.make_key("audit.ringfence.example/t/x")
    stranger = Signer(other)
    happen(acme)
    keeper.sequence()
    stranger.run_round(keeper.as_signer)
    assert "another signer" in stranger.trouble()
    assert keeper.state(acme) == ("active", None)


def log_id(keeper: Keeper, workspace: Workspace) -> Any:
    row = keeper.as_signer.execute(
        "SELECT id FROM audit.log WHERE tenant_id = %s", [workspace.tenant_id]
    ).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("spoil", "trouble"),
    [
        (lambda line: line.replace(b"3 ", b"4 ", 1), "damaged"),
        (lambda line: line[:-2] + b"?\n", "damaged"),
        (lambda line: b"\xff" * 20 + b"\n", "cannot be read"),
    ],
)
def test_a_damaged_ledger_stops_the_signer_and_not_the_log(
    signed: Workspace, keeper: Keeper, spoil: Callable[[bytes], bytes], trouble: str
) -> None:
    path = keeper.log_folder(signed) / "ledger"
    whole = path.read_bytes()
    *lines, last = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines) + spoil(last))
    happen(signed)
    keeper.sequence()
    keeper.sign()
    assert trouble in keeper.signer.trouble()
    assert keeper.state(signed) == ("active", None)
    assert max(keeper.checkpoints(signed)) == 303
    path.write_bytes(whole)
    keeper.sign()
    assert max(keeper.checkpoints(signed)) == 304
    assert UUID(path.parent.name) not in keeper.signer.troubles


def test_a_line_that_a_crash_cut_off_is_no_promise(signed: Workspace, keeper: Keeper) -> None:
    path = keeper.log_folder(signed) / "ledger"
    with path.open("ab") as ledger:
        ledger.write(b"304 AAAA")
    happen(signed)
    keeper.settle()
    assert [size for size, _ in keeper.ledger(signed)] == [2, 302, 303, 304]
    assert keeper.state(signed) == ("active", None)


def test_a_ledger_moves_only_from_where_it_was_read(tmp_path: Path) -> None:
    store, new = Store(tmp_path / "signer"), SignedHead(1, b"r" * 32)
    with store.hold(UUID_1) as held:
        assert held is not None
        held.advance(expected=None, head=new)
        with pytest.raises(SignerTrouble, match="another signer"):
            held.advance(expected=None, head=SignedHead(2, b"r" * 32))
        with pytest.raises(SignerTrouble, match="only grows"):
            held.advance(expected=new, head=SignedHead(1, b"s" * 32))
        assert held.last() == new
        with store.hold(UUID_1) as second:
            assert second is None


def test_a_seed_is_made_once(tmp_path: Path) -> None:
    with Store(tmp_path / "signer").hold(UUID_1) as held:
        assert held is not None
        held.make_key("x.example/t/1")
        with pytest.raises(SignerTrouble, match="a key already"):
            held.make_key("x.example/t/1")


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    with pytest.raises(SignerTrouble, match="0700"):
        Store(tmp_path)


def test_a_signed_log_that_is_gone_from_the_database_is_reported(keeper: Keeper, tmp_path: Path) -> None:
    store = Store(tmp_path / "signer")
    with store.hold(UUID_1) as held:
        assert held is not None
        held.advance(expected=None, head=SignedHead(1, b"r" * 32))
    signer = Signer(store)
    signer.run_round(keeper.as_signer)
    assert f"signed log {UUID_1.hex} is gone" in signer.trouble()
