"""fsck finds a change of any single bit that matters, in any table of the log."""

import os
import random
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit.errors import Malformed
from audit.fsck import Progress, check_logs
from audit.fsck_state import RunState
from tests.audit.logkeeping import Keeper, happen, set_back, triggers_off
from tests.world import Workspace

Superuser = psycopg.Connection[Any]

COLUMNS = {
    "entry": ("leaf", "leaf_hash"),
    "tile": ("hashes",),
    "head": ("root", "frontier"),
    "edge": ("partials",),
    "checkpoint": ("note",),
    "anchor": ("root",),
}
FLIPS = 1_000


@pytest.fixture
def whole(acme: Workspace, keeper: Keeper) -> Workspace:
    """A log with a full tile and several heads and checkpoints, in which nothing is wrong."""
    keeper.settle()
    happen(acme, 300)
    keeper.settle()
    happen(acme, 7)
    keeper.settle()
    keeper.as_signer.execute(
        "SELECT audit.add_anchor(tenant_id, size, root, 'ckpt/x', 'v1', now()) FROM audit.head"
        " WHERE tenant_id = %s ORDER BY size DESC LIMIT 1",
        [acme.tenant_id],
    )
    assert keeper.report(acme).problems == ()
    return acme


def flip_bits(
    whole: Workspace, superuser: Superuser, table: str, column: str, count: int, seed: object
) -> int:
    """Flip one bit at a time of a stored column, each found before it is put back; return how many."""
    chance = random.Random(f"{table}.{column}.{seed}")
    key = (
        "log_id IN (SELECT id FROM audit.log WHERE tenant_id = %s)" if table == "anchor" else "tenant_id = %s"
    )
    rows = superuser.execute(
        f"SELECT ctid::text, octet_length({column}) FROM audit.{table} WHERE {key}"
        f" AND octet_length({column}) > 0 ORDER BY 1",
        [whole.tenant_id],
    ).fetchall()
    with triggers_off(superuser, table):
        for _ in range(count):
            place, length = chance.choice(rows)
            bit = chance.randrange(8 * length)
            with superuser.transaction() as undone:
                changed = superuser.execute(
                    f"UPDATE audit.{table} SET {column} = set_bit({column}, %s, 1 - get_bit({column}, %s))"
                    f" WHERE ctid = %s::tid AND {key} RETURNING 1",
                    [bit, bit, place, whole.tenant_id],
                )
                assert changed.fetchone() == (1,)
                (report,) = check_logs(superuser, whole.tenant_id)
                assert report.problems, (place, bit)
                raise psycopg.Rollback(undone)
    return count


EVERY_COLUMN = [(table, each) for table, all_ in COLUMNS.items() for each in all_]


@pytest.mark.parametrize(("table", "column"), EVERY_COLUMN)
def test_a_flipped_bit_is_found(
    whole: Workspace, keeper: Keeper, superuser: Superuser, table: str, column: str
) -> None:
    assert flip_bits(whole, superuser, table, column, 10, "few") == 10
    assert keeper.report(whole).problems == ()


@pytest.mark.long
def test_a_thousand_flipped_bits_are_each_found(
    whole: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    seed = int(os.environ.get("RINGFENCE_TEST_SEED", random.SystemRandom().randrange(2**32)))
    print(f"\none bit at a time in {len(EVERY_COLUMN)} stored columns, RINGFENCE_TEST_SEED={seed}")
    each = -(-FLIPS // len(EVERY_COLUMN))
    found = sum(flip_bits(whole, superuser, table, column, each, seed) for table, column in EVERY_COLUMN)
    print(f"{found} flipped, {found} found")
    assert found >= FLIPS
    assert keeper.report(whole).problems == ()


# One row each, by its place in the log: the physical order of rows changes with every vacuum.
ROWS = {
    "the first event": ("entry", "seq = 0"),
    "an event between": ("entry", "seq = 200"),
    "the last event": ("entry", "seq = (SELECT max(size) - 1 FROM audit.head WHERE tenant_id = %(tenant)s)"),
    "a body": ("body", "id = (SELECT min(id::text)::uuid FROM audit.body WHERE tenant_id = %(tenant)s)"),
    "the full tile": ("tile", "(level, idx) = (0, 0)"),
    "the head that every log begins with": ("head", "size = 0"),
    "a signed head": ("head", "size = (SELECT min(size) FROM audit.checkpoint WHERE tenant_id = %(tenant)s)"),
    "the newest head": ("head", "size = (SELECT max(size) FROM audit.head WHERE tenant_id = %(tenant)s)"),
    "the edge": ("edge", "true"),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_missing_row_is_found(whole: Workspace, keeper: Keeper, superuser: Superuser, row: str) -> None:
    table, place = ROWS[row]
    with triggers_off(superuser, table):
        gone = superuser.execute(
            f"DELETE FROM audit.{table} WHERE tenant_id = %(tenant)s AND {place}", {"tenant": whole.tenant_id}
        )
    assert gone.rowcount == 1
    assert keeper.report(whole).problems


def test_a_row_too_many_is_found(whole: Workspace, keeper: Keeper, superuser: Superuser) -> None:
    superuser.execute(
        "INSERT INTO audit.entry SELECT tenant_id, seq + 1, leaf, leaf_hash FROM audit.entry"
        " WHERE tenant_id = %s ORDER BY seq DESC LIMIT 1",
        [whole.tenant_id],
    )
    assert any("beyond the newest head" in problem for problem in keeper.report(whole).problems)


def test_a_checkpoint_of_another_log_is_found(
    whole: Workspace, rival: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    superuser.execute(
        "INSERT INTO audit.checkpoint (tenant_id, size, note) SELECT %s, 1, note FROM audit.checkpoint"
        " WHERE tenant_id = %s LIMIT 1",
        [whole.tenant_id, rival.tenant_id],
    )
    assert any("the checkpoint of 1 events" in problem for problem in keeper.report(whole).problems)


def test_a_log_set_back_holds_by_itself_which_is_why_the_signer_keeps_a_ledger(
    whole: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    set_back(superuser, whole, 2)
    assert keeper.report(whole).problems == ()
    keeper.sign()
    fresh = type(keeper.signer)(keeper.signer.store)
    fresh.run_round(keeper.as_signer)
    assert keeper.state(whole)[0] == "frozen"


def test_a_check_that_was_cut_off_goes_on_and_finds_the_same(
    whole: Workspace, keeper: Keeper, superuser: Superuser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        happen(whole, 5)
        keeper.settle()
    with triggers_off(superuser, "entry"):
        superuser.execute(
            "UPDATE audit.entry SET leaf_hash = sha256(leaf_hash) WHERE tenant_id = %s AND seq = 1",
            [whole.tenant_id],
        )
    monkeypatch.setattr("audit.fsck.SLICE_EVENTS", 4)
    (wanted,) = check_logs(superuser, whole.tenant_id)
    assert len(wanted.problems) == 1
    path, cut_at = tmp_path / "state", []

    class CutOff(Exception):
        pass

    def cut_off(progress: Progress) -> None:
        RunState.read(path).save(progress)
        cut_at.append(progress.frontier.size)
        raise CutOff

    for _ in range(20):
        state = RunState.read(path)
        try:
            (report,) = check_logs(superuser, whole.tenant_id, resume=state.under_way, save=cut_off)
        except CutOff:
            continue
        break
    assert report == wanted
    assert len(cut_at) >= 5
    assert cut_at == sorted(set(cut_at))
    assert path.stat().st_mode & 0o777 == 0o600
    state = RunState.read(path)
    state.finish(whole.tenant_id, report.problems)
    assert RunState.read(path).done == {whole.tenant_id: 1}
    assert list(check_logs(superuser, whole.tenant_id, done=RunState.read(path).done)) == []
    path.write_text(path.read_text()[:-3])
    with pytest.raises(Malformed):
        RunState.read(path)
