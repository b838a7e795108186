"""After a restore: every log held against ledger, checkpoints and bucket, before anything is signed again."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit.anchors.bucket import Place, connect
from audit.anchors.rebuild import checkpoints_in
from audit.anchors.restore import restore_to
from audit.anchors.rounds import Anchorer
from audit.errors import EvidenceRefused
from audit.merkle import leaf_hash
from audit.recovery import Promise, Standing, compare, stored_promises
from audit.tiles import parse_entry_bundle
from tests.audit.logkeeping import Keeper, happen, set_back
from tests.audit.test_anchors import log_of, stored_leaves
from tests.stack import REPO
from tests.world import Workspace

Superuser = psycopg.Connection[Any]
FLIPS = 40


@pytest.fixture
def signed(acme: Workspace, keeper: Keeper) -> Workspace:
    """A log with a full tile and three checkpoints."""
    keeper.settle()
    for _ in range(5):
        happen(acme, 50)
    happen(acme, 48)
    keeper.settle()
    happen(acme, 5)
    keeper.settle()
    return acme


def promises_of(keeper: Keeper, workspace: Workspace) -> list[Promise]:
    _, origin, vkey = log_of(keeper, workspace)
    return stored_promises(keeper.as_signer, workspace.tenant_id, origin=origin, vkey=vkey)


def recover(keeper: Keeper, workspace: Workspace, place: Place | None, *more: str) -> tuple[int, str]:
    """Run the command as an operator does, before the signer is started."""
    env = keeper.stack.environment("rf_signer")
    if place is not None:
        env |= {
            "RINGFENCE_ANCHOR_BUCKET": place.bucket,
            "RINGFENCE_ANCHOR_ENDPOINT": place.endpoint,
            "RINGFENCE_ANCHOR_DAYS": str(place.days),
            "RINGFENCE_ANCHOR_KEYS": str(place.keys),
        }
    done = subprocess.run(
        [
            sys.executable,
            str(REPO / "manage.py"),
            "audit_recover",
            "--tenant",
            str(workspace.tenant_id),
            *more,
        ],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_a_sound_log_keeps_every_promise(signed: Workspace, keeper: Keeper) -> None:
    promises = promises_of(keeper, signed)
    assert [each.size for each in promises] == [2, 300, 305]
    found = compare(keeper.as_signer, signed.tenant_id, promises)
    assert (found.standing, found.broken, found.size) == (Standing.GOOD, None, 305)
    assert compare(keeper.as_signer, signed.tenant_id, []).standing is Standing.GOOD
    assert recover(keeper, signed, None)[0] == 0
    assert keeper.state(signed) == ("active", None)


@pytest.mark.parametrize("size", [2, 300])
def test_a_log_that_was_set_back_is_behind(
    signed: Workspace, keeper: Keeper, superuser: Superuser, size: int
) -> None:
    promises = promises_of(keeper, signed)
    set_back(superuser, signed, size)
    found = compare(keeper.as_signer, signed.tenant_id, promises)
    assert (found.standing, found.size) == (Standing.BEHIND, size)
    assert found.broken == promises[-1]


def test_a_log_that_grew_anew_after_it_was_set_back_is_forked(
    acme: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    happen(acme, 10)
    keeper.settle()
    promises = promises_of(keeper, acme)
    set_back(superuser, acme, 2)
    happen(acme, 30)
    keeper.sequence()
    found = compare(keeper.as_signer, acme.tenant_id, promises)
    assert (found.standing, found.broken) == (Standing.FORKED, promises[-1])


def test_two_promises_that_exclude_each_other_are_a_fork(signed: Workspace, keeper: Keeper) -> None:
    promises = promises_of(keeper, signed)
    other = Promise(300, bytes(32), "somebody's checkpoint")
    found = compare(keeper.as_signer, signed.tenant_id, [*promises, other])
    assert found.standing is Standing.FORKED
    assert "two roots" in found.why


def test_a_ledger_and_a_database_set_back_together_are_found_by_the_bucket(
    signed: Workspace, keeper: Keeper, superuser: Superuser, place: Place, tmp_path: Path
) -> None:
    assert Anchorer(place).run_round(keeper.as_signer, signed.tenant_id) == 1
    whole = stored_leaves(keeper, signed)
    ledger = keeper.log_folder(signed) / "ledger"
    first = ledger.read_bytes().splitlines(keepends=True)[0]
    set_back(superuser, signed, 2)
    ledger.write_bytes(first)

    # Neither of the two copies knows better.
    code, said = recover(keeper, signed, None)
    assert (code, keeper.state(signed)[0]) == (0, "active"), said

    code, said = recover(keeper, signed, place, "--restore", str(tmp_path / "out"))
    assert code == 1
    assert "behind (2 events" in said
    assert "the bucket has all of it" in said
    assert keeper.state(signed)[0] == "frozen"
    (evidence,) = keeper.log_folder(signed).glob("evidence-*.json")
    assert json.loads(evidence.read_text())["promised"]["size"] == 305
    (folder,) = (tmp_path / "out").iterdir()
    leaves = [
        leaf
        for name in ("tile/entries/000", "tile/entries/001.p/49")
        for leaf in parse_entry_bundle((folder / name).read_bytes())
    ]
    assert leaves == whole
    assert (folder / "tile/0/000").read_bytes() == b"".join(leaf_hash(leaf) for leaf in whole[:256])
    assert (folder / "checkpoint").exists()
    happen(signed)
    keeper.settle()
    assert max(keeper.checkpoints(signed)) == 2


def test_a_ledger_alone_finds_a_database_that_was_set_back(
    signed: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    set_back(superuser, signed, 2)
    code, said = recover(keeper, signed, None)
    assert code == 1
    assert "the signer's ledger speaks of 305" in said
    assert "the bucket has nothing" in said
    assert keeper.state(signed)[0] == "frozen"


def test_any_flipped_bit_of_what_the_bucket_answers_is_found(
    signed: Workspace, keeper: Keeper, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Anchorer(place).run_round(keeper.as_signer, signed.tenant_id) == 1
    log_id, origin, vkey = log_of(keeper, signed)
    client, chance = connect(place), random.Random(80)
    (head,) = checkpoints_in(client, place, log_id=log_id, origin=origin, vkey=vkey)
    from audit.anchors import rebuild
    from audit.anchors.bucket import Kept, locked_versions

    kept_by_name: dict[str, list[Kept]] = {}

    def remembered(_: Any, place: Place, name: str) -> list[Kept]:
        if name not in kept_by_name:
            kept_by_name[name] = locked_versions(client, place, name)
        return kept_by_name[name]

    monkeypatch.setattr(rebuild, "locked_versions", remembered)
    assert restore_to(tmp_path / "whole", client, place, log_id=log_id, head=head) == 305
    checkpoints_in(client, place, log_id=log_id, origin=origin, vkey=vkey)
    sound = dict(kept_by_name)
    assert len(sound) == 3
    for trial in range(FLIPS):
        name = chance.choice(sorted(sound))
        (kept,) = sound[name]
        flipped = bytearray(kept.content)
        bit = chance.randrange(8 * len(flipped))
        flipped[bit // 8] ^= 1 << bit % 8
        kept_by_name[name] = [Kept(kept.name, kept.version, bytes(flipped), kept.until)]
        if name.startswith("ckpt/"):
            assert checkpoints_in(client, place, log_id=log_id, origin=origin, vkey=vkey) == [], (name, bit)
        else:
            with pytest.raises(EvidenceRefused):
                restore_to(tmp_path / str(trial), client, place, log_id=log_id, head=head)
            assert not (tmp_path / str(trial) / "checkpoint").exists()
        kept_by_name[name] = sound[name]
