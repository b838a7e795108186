"""The platform's own logs are succeeded too: their first entry tells of the loss, and witnesses begin anew."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from audit.database import Database
from audit.encoding import to_base64
from audit.leaf import parse
from audit.meta import META_LOG, parse_leaf, witness_id
from audit.notes import open_note
from audit.pins import Pin
from audit.publisher import asking
from audit.succession import open_succession
from audit.verify.judge import Verdict, judge
from audit.verify.succession import judge_succession
from audit.work import WORK_LOG, build_statement
from tests.audit.giving_up import (
    asked,
    entry,
    give_up,
    grow,
    log_of_origin,
    problems,
    statement,
    watched,
    work_happens,
)
from tests.audit.logkeeping import Keeper, checkpoint_in, set_back, triggers_off
from tests.audit.publishing import Town, age_heads, meta_note, meta_size, meta_vkey, publish
from tests.audit.test_anchors import log_of
from tests.audit.test_refill import command
from tests.stack import Stack, new_stack
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def own() -> Iterator[Stack]:
    """A stack of its own: the logs that every tenant shares are given up in it."""
    made = new_stack()
    try:
        made.start()
        made.manage(
            "create_tenant", "--operator", "--name=We", "--code-name=We", "--owner-email=we@us.example"
        )
        yield made
    finally:
        made.stop()


@pytest.fixture
def keeper(own: Stack) -> Iterator[Keeper]:
    with Keeper(own) as keeper:
        yield keeper


@pytest.fixture
def superuser(own: Stack) -> Iterator[Superuser]:
    with psycopg.connect(own.cluster.superuser_url("cell"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def publishing(keeper: Keeper) -> Iterator[Database]:
    with keeper.connect("rf_publisher") as database:
        yield database


@pytest.fixture
def meta() -> Workspace:
    """Stands for the meta-log where a helper wants a tenant."""
    return Workspace(META_LOG, "meta", {})


@pytest.fixture
def work() -> Workspace:
    """Stands for the work log."""
    return Workspace(WORK_LOG, "work", {})


@pytest.fixture
def towns(keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes witnesses that know the meta-log as it is now."""
    monkeypatch.setattr(asking, "SKEW_SECONDS", 10**10)
    with ExitStack() as stack:

        def build() -> Town:
            folder = tmp_path / uuid4().hex
            folder.mkdir()
            town = Town(folder, meta_vkey(keeper), stack)
            (tmp_path / "policy").write_text(town.text())
            return town

        yield build


def test_the_meta_log_is_succeeded_and_watched_again(
    own: Stack,
    keeper: Keeper,
    superuser: Superuser,
    publishing: Database,
    meta: Workspace,
    towns: Any,
    tmp_path: Path,
) -> None:
    town = towns()
    publisher = town.publisher()
    grow(publisher, keeper, publishing, superuser, 4)
    promised, last_note = meta_size(keeper), meta_note(keeper)
    old_id, old_origin, old_vkey = log_of(keeper, meta)
    assert promised >= 5
    assert publisher.trouble() == ""
    assert watched(own, superuser, tmp_path / "policy") == old_origin

    pin = asked(own, superuser, tmp_path / "policy", "pin")
    stamp = (
        "INSERT INTO audit.timestamp (size, stated, authority, token, digest)"
        " VALUES (%s, now(), 'x', 'x', sha256('x'))"
    )
    with superuser.transaction() as undone:
        superuser.execute(stamp, [promised])
        assert superuser.execute("SELECT size FROM audit.stamps()").fetchone() == (promised,)
        raise psycopg.Rollback(undone)

    kept = promised - 2
    left = checkpoint_in(keeper.checkpoints(meta)[kept])
    set_back(superuser, meta, kept)
    code, said = give_up(keeper, meta)
    assert code == 1, said
    assert f"succeeded by {log_of_origin(superuser, meta)}, from {kept} entries on" in said
    keeper.settle()
    assert keeper.state(meta) == ("active", None)
    new_id, new_origin, new_vkey = log_of(keeper, meta)
    assert (new_id, new_origin, new_vkey.public_key) != (old_id, old_origin, old_vkey.public_key)

    # The first entry of its own is the newest checkpoint that is left of the old one: here the kept head's.
    first = parse_leaf(entry(superuser, meta, kept))
    assert (first.origin, first.size, first.head) == (old_origin, kept, left.head)
    told = open_succession(statement(superuser, new_id), old_vkey)
    assert (told.vkey, told.standing) == (new_vkey, "behind")
    assert (told.promised.size, told.promised.root) == (promised, checkpoint_in(last_note).head)
    assert (told.kept.size, told.kept.root) == (kept, left.head)
    code, said = command(keeper, "rf_signer", "audit_recover", "--tenant", str(META_LOG))
    assert code == 0, said
    assert "stated by both keys" in said
    assert str(new_vkey) in said
    assert problems(keeper, meta) == ()

    # Neither counts what an authority stamped of it.
    with superuser.transaction() as undone:
        superuser.execute(stamp, [promised])
        with triggers_off(superuser, "timestamp"):
            superuser.execute("UPDATE audit.timestamp SET at = at - interval '1 hour'")
        assert superuser.execute("SELECT size FROM audit.stamps()").fetchone() is None
        raise psycopg.Rollback(undone)

    # What witnesses said of the old one counts for nothing any more, also at a size that both logs have.
    assert superuser.execute("SELECT count(*) FROM audit.cosignature WHERE size > %s", [kept]).fetchone() != (
        0,
    )
    assert watched(own, superuser, tmp_path / "policy") == "not witnessed"
    # A publisher that starts now is not held to what witnesses were shown of the old one.
    early = towns().publisher()
    early.run_round(publishing)
    assert early.trouble() == ""
    (tmp_path / "policy").write_text(town.text())
    while meta_size(keeper) < promised:
        work_happens(superuser, 1)
        keeper.settle()
        age_heads(superuser)
        publisher.run_round(publishing)
        keeper.settle()
    publisher.run_round(publishing)
    assert "too few witnesses cosign" in publisher.trouble()
    assert checkpoint_in(meta_note(keeper)).origin == new_origin
    with pytest.raises(psycopg.DatabaseError, match="no checkpoint of this size"):
        publishing.execute("SELECT audit.add_cosignature(%s, 'w+00000000', 1, 'x')", [kept])
    assert watched(own, superuser, tmp_path / "policy") == "not witnessed"
    assert problems(keeper, meta) == ()

    # Witnesses who were given the new key cosign it; the publisher that ran all the while asks on.
    after = towns()
    publisher.policy_text, publisher.post = after.text(), after.post
    publisher._patience.clear()
    publish(publisher, keeper, publishing, superuser)
    assert publisher.trouble() == ""
    assert watched(own, superuser, tmp_path / "policy") == new_origin
    # A line from before, which a restored table may bring, is not taken for one about this tree.
    newest = meta_size(keeper)
    with triggers_off(superuser, "cosignature"):
        superuser.execute(
            "INSERT INTO audit.cosignature (size, witness, seconds, line, at)"
            " SELECT s.size, s.witness, s.seconds + 9, s.line, l.opened_at - interval '1 second'"
            " FROM audit.cosignature s JOIN audit.log l ON l.tenant_id = %s WHERE s.size = %s LIMIT 1",
            [META_LOG, newest],
        )
        superuser.execute(
            "UPDATE audit.cosignature s SET line = o.line FROM audit.cosignature o, audit.log l"
            " WHERE l.tenant_id = %s AND s.size = %s AND s.at < l.opened_at AND o.size <> s.size",
            [META_LOG, newest],
        )
    assert watched(own, superuser, tmp_path / "policy") == new_origin
    with triggers_off(superuser, "cosignature"):
        superuser.execute(
            "DELETE FROM audit.cosignature s USING audit.log l"
            " WHERE l.tenant_id = %s AND s.size = %s AND s.at < l.opened_at AND s.witness = ANY (%s)",
            [META_LOG, newest, [witness_id(each) for each in after.policy().witnesses.values()]],
        )
    # A pin from before is told so, and led across by what both meta-logs say.
    bundle = asked(own, superuser, tmp_path / "policy", "bundle")
    report = judge(bundle, Pin.parse(pin))
    assert report.verdict is Verdict.NOT_ANCHORED
    assert "ask for the succession" in str(report.why_not_anchored)
    size = Pin.parse(pin).signed.checkpoint.size
    moved = judge_succession(asked(own, superuser, tmp_path / "policy", "succession", str(size)), pin)
    assert (moved.verdict, [step.origin for step in moved.meta_steps]) == (Verdict.GOOD, [old_origin])
    assert moved.next_pin is not None
    # The next pin wants the witnesses that the old one named: these are others.
    renamed = moved.next_pin.decode()
    for old, new in zip(town.policy().witnesses.values(), after.policy().witnesses.values(), strict=True):
        renamed = renamed.replace(str(old.vkey), str(new.vkey))
    report = judge(asked(own, superuser, tmp_path / "policy", "bundle"), Pin.parse(renamed.encode()))
    assert (report.verdict, report.known is not None) == (Verdict.GOOD, True)
    # So does one that starts now.
    fresh = after.publisher()
    grow(fresh, keeper, publishing, superuser, 1)
    assert fresh.trouble() == ""
    assert problems(keeper, meta) == ()


def test_the_work_log_is_succeeded_and_its_entry_commits_to_the_loss(
    keeper: Keeper, superuser: Superuser, work: Workspace
) -> None:
    keeper.settle()
    work_happens(superuser, 3)
    keeper.settle()
    kept = keeper.size(work)
    work_happens(superuser, 2)
    keeper.settle()
    head = checkpoint_in(keeper.checkpoints(work)[kept + 2])
    _, old_origin, old_vkey = log_of(keeper, work)
    set_back(superuser, work, kept)
    waiting = keeper.size(work)
    work_happens(superuser, 1)
    code, said = give_up(keeper, work)
    assert code == 1, said
    keeper.settle()
    assert keeper.state(work) == ("active", None)
    assert keeper.size(work) == waiting + 2
    leaf = entry(superuser, work, kept)
    facts = {
        "kept": kept, "promised": kept + 2, "promised_root": to_base64(head.head), "standing": "behind",
        "succeeds": old_origin,
    }  # fmt: skip
    assert leaf == build_statement(facts, parse(leaf).at_ms)
    new_id, _, new_vkey = log_of(keeper, work)
    assert open_succession(statement(superuser, new_id), old_vkey).vkey == new_vkey
    assert problems(keeper, work) == ()

    # An entry that does not tell it is found.
    with triggers_off(superuser, "succession"):
        superuser.execute(
            "UPDATE audit.succession SET promised_size = promised_size - 1 WHERE successor_id = %s", [new_id]
        )
    assert any("does not tell" in problem for problem in problems(keeper, work))
    with triggers_off(superuser, "succession"):
        superuser.execute(
            "UPDATE audit.succession SET promised_size = promised_size + 1 WHERE successor_id = %s", [new_id]
        )


@pytest.mark.parametrize("which", [META_LOG, WORK_LOG])
def test_an_own_log_whose_key_is_lost_goes_on_under_another(
    keeper: Keeper, superuser: Superuser, publishing: Database, towns: Any, which: UUID
) -> None:
    workspace = Workspace(which, "own", {})
    grow(towns().publisher(), keeper, publishing, superuser, 1)
    size = keeper.size(workspace)
    _, old_origin, old_vkey = log_of(keeper, workspace)
    shutil.rmtree(keeper.log_folder(workspace))
    code, said = give_up(keeper, workspace)
    assert code == 0, said
    with Keeper(keeper.stack) as fresh:
        fresh.settle()
        assert fresh.state(workspace) == ("active", None)
        new_id, _, new_vkey = log_of(fresh, workspace)
        assert new_vkey.public_key != old_vkey.public_key
        told = open_succession(statement(superuser, new_id), None)
        assert (told.origin, told.standing, told.kept.size) == (old_origin, "keyless", size)
        assert open_note(statement(superuser, new_id), [new_vkey]).verified
        assert fresh.size(workspace) > size
        if which == META_LOG:
            assert parse_leaf(entry(superuser, workspace, size)).origin == old_origin
        assert problems(fresh, workspace) == ()


def test_an_own_log_that_keeps_every_promise_is_not_given_up(keeper: Keeper, meta: Workspace) -> None:
    keeper.settle()
    code, said = give_up(keeper, meta)
    assert code == 1
    assert "keeps every promise" in said
    assert keeper.state(meta) == ("active", None)


CALL = "SELECT audit.succeed_own_log(%s, %s, gen_random_uuid(), date_trunc('milliseconds', now()), %s)"
NOTE = """
SELECT audit.note_succession(%(log)s, 'behind', h.size, h.root, 999, sha256('x')) FROM audit.head h
 WHERE h.tenant_id = %(log)s ORDER BY h.size DESC LIMIT 1
"""


def test_only_the_platforms_own_logs_go_without_an_event(
    own: Stack, keeper: Keeper, superuser: Superuser, meta: Workspace
) -> None:
    keeper.settle()
    row = superuser.execute(
        "SELECT tenant_id FROM audit.log WHERE tenant_id <> ALL(%s)", [[META_LOG, WORK_LOG]]
    ).fetchone()
    assert row is not None
    with superuser.transaction() as undone:
        superuser.execute("SELECT audit.freeze_log(%s, 'lost')", [row[0]])
        noted = superuser.execute(NOTE, {"log": row[0]}).fetchone()
        assert noted is not None
        with pytest.raises(psycopg.DatabaseError, match="by an event of the tenant"), superuser.transaction():
            superuser.execute(CALL, [row[0], noted[0], b"x"])
        raise psycopg.Rollback(undone)
    for role in ("rf_app", "rf_worker", "rf_signer", "rf_sequencer", "rf_publisher", "rf_checker"):
        with keeper.connect(role) as database:
            for call in (CALL, "SELECT audit.take_place(%s, NULL, NULL, NULL, %s, %s, NULL, NULL)"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    database.execute(call, [META_LOG, None, b"x"])


def test_an_own_log_is_succeeded_as_noted_once_and_by_a_checkpoint_of_its_own(
    keeper: Keeper, superuser: Superuser, publishing: Database, towns: Any, meta: Workspace, work: Workspace
) -> None:
    grow(towns().publisher(), keeper, publishing, superuser, 1)
    own_note = meta_note(keeper)
    foreign = keeper.checkpoints(work)[max(keeper.checkpoints(work))]
    with superuser.transaction() as undone:
        superuser.execute("SELECT audit.freeze_log(%s, 'lost')", [META_LOG])

        def refused(words: str, *values: object) -> None:
            with pytest.raises(psycopg.DatabaseError, match=words), superuser.transaction():
                superuser.execute(CALL, [META_LOG, *values])

        refused("no succession of this log", "audit.example/t/" + "0" * 32, own_note)
        noted = superuser.execute(NOTE, {"log": META_LOG}).fetchone()
        assert noted is not None
        refused("no checkpoint of the log that is succeeded", noted[0], foreign)
        refused("not an event|no checkpoint", noted[0], checkpoint_text(own_note))
        superuser.execute(CALL, [META_LOG, noted[0], own_note])
        refused("no succession of this log|no checkpoint of the log", noted[0], own_note)
        raise psycopg.Rollback(undone)
    keeper.settle()
    assert keeper.state(meta) == ("active", None)


def checkpoint_text(note: bytes) -> bytes:
    """Return a checkpoint without its signature."""
    return note[: note.index(b"\n\n") + 1]
