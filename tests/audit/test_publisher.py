"""The meta-log and its publisher: what goes in, who cosigns, and what bad witnesses and crashes do to it."""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.test import override_settings

from audit.database import Database
from audit.fsck import check_logs
from audit.meta import META_LOG, parse_leaf
from audit.notes import split_note
from audit.publisher import asking
from audit.publisher.asking import NoReply, Reply
from audit.publisher.rounds import Publisher
from tests.audit.logkeeping import Keeper, happen, triggers_off
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
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture
def publishing(keeper: Keeper) -> Iterator[Database]:
    with keeper.connect("rf_publisher") as database:
        yield database


@pytest.fixture
def town(keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    # The witnesses' clock is the test's, so how far it is from ours says nothing here.
    monkeypatch.setattr(asking, "SKEW_SECONDS", 10**10)
    with ExitStack() as stack:
        yield Town(tmp_path, meta_vkey(keeper), stack)


def log_id(keeper: Keeper, workspace: Workspace) -> UUID:
    return UUID(keeper.log_folder(workspace).name)


def leaves(superuser: Superuser, of: UUID | None = None) -> list[bytes]:
    return [bytes(leaf) for (leaf,) in superuser.execute(LEAVES, [META_LOG, of, of])]


def cosigned(superuser: Superuser, size: int) -> list[tuple[str, int, str]]:
    return superuser.execute(COSIGNED, [size]).fetchall()


def test_each_newest_checkpoint_is_taken_in_once_byte_for_byte(
    acme: Workspace, rival: Workspace, keeper: Keeper, publishing: Database, superuser: Superuser
) -> None:
    keeper.settle()
    publisher = Publisher(None, no_post)
    publish(publisher, keeper, publishing, superuser)
    publish(publisher, keeper, publishing, superuser)
    happen(acme)
    keeper.settle()
    publish(publisher, keeper, publishing, superuser)
    notes = [note for _, note in sorted(keeper.checkpoints(acme).items())]
    assert leaves(superuser, log_id(keeper, acme)) == notes
    assert leaves(superuser, log_id(keeper, rival)) == list(keeper.checkpoints(rival).values())
    assert Counter(leaves(superuser)).most_common(1)[0][1] == 1
    with keeper.connect("rf_checker") as database:
        (report,) = check_logs(database, META_LOG)
    # Other tests damage logs and lines of theirs; none has damaged the tree.
    assert [each for each in report.problems if not each.startswith(("leaf ", "what "))] == []
    origins = {parse_leaf(leaf).origin for leaf in leaves(superuser)}
    assert split_note(meta_note(keeper))[0].partition("\n")[0] not in origins


def test_a_damaged_checkpoint_of_one_log_does_not_stop_the_meta_log(
    acme: Workspace, rival: Workspace, keeper: Keeper, publishing: Database, superuser: Superuser
) -> None:
    keeper.settle()
    spoil = "UPDATE audit.checkpoint SET note = set_byte(note, 0, %s) WHERE tenant_id = %s"
    with triggers_off(superuser, "checkpoint"):
        superuser.execute(spoil, [32, acme.tenant_id])
    publish(Publisher(None, no_post), keeper, publishing, superuser)
    # Put right again: every signer that starts after this looks at all logs.
    with triggers_off(superuser, "checkpoint"):
        superuser.execute(spoil, [ord("a"), acme.tenant_id])
    assert leaves(superuser, log_id(keeper, acme)) == []
    assert leaves(superuser, log_id(keeper, rival)) == list(keeper.checkpoints(rival).values())
    publish(Publisher(None, no_post), keeper, publishing, superuser)
    assert leaves(superuser, log_id(keeper, acme)) == list(keeper.checkpoints(acme).values())


def no_post(url: str, body: bytes) -> Reply:
    raise AssertionError("nobody is asked")


def test_the_meta_log_grows_at_most_once_in_its_pace_and_a_clock_that_went_back_does_not_stop_it(
    acme: Workspace, keeper: Keeper, publishing: Database, superuser: Superuser
) -> None:
    publisher = Publisher(None, no_post, meta_seconds=3_600)
    keeper.settle()
    publish(publisher, keeper, publishing, superuser)
    # By now there is a head of this moment, or a second away: both are within the hour.
    before = len(leaves(superuser))
    happen(acme)
    keeper.settle()
    publisher.run_round(publishing)
    keeper.settle()
    assert len(leaves(superuser)) == before
    with triggers_off(superuser, "head"):
        superuser.execute("UPDATE audit.head SET at = at + interval '1 day' WHERE tenant_id = %s", [META_LOG])
    publisher.run_round(publishing)
    keeper.settle()
    with triggers_off(superuser, "head"):
        superuser.execute(
            "UPDATE audit.head SET at = clock_timestamp() - interval '1 minute' WHERE tenant_id = %s",
            [META_LOG],
        )
    assert len(leaves(superuser)) == before + 1


def test_two_publishers_at_once_take_each_checkpoint_once(
    acme: Workspace, keeper: Keeper, town: Town, superuser: Superuser
) -> None:
    keeper.settle()
    age_heads(superuser)

    def run(_: int) -> None:
        with keeper.connect("rf_publisher") as database:
            publisher = town.publisher()
            for _ in range(5):
                publisher.run_round(database)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
        keeper.settle()
        list(pool.map(run, range(2)))
    assert leaves(superuser, log_id(keeper, acme)) == list(keeper.checkpoints(acme).values())
    assert {name for name, _, _ in cosigned(superuser, meta_size(keeper))} == named(town)


def named(town: Town) -> set[str]:
    return {f"{each.name}+{each.vkeys[0].key_id.hex()}" for each in town.witnesses.values()}


def test_all_witnesses_cosign_and_the_note_with_their_lines_meets_the_policy(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    keeper.settle()
    publisher = town.publisher()
    for _ in range(2):
        publish(publisher, keeper, publishing, superuser)
        assert (publisher.trouble(), publisher.unmet) == ("", 0)
        lines = cosigned(superuser, meta_size(keeper))
        assert {name for name, _, _ in lines} == named(town)
        note = meta_note(keeper) + "".join(line for *_, line in lines).encode()
        signed = town.policy().open_checkpoint(note)
        assert {each.timestamp for each in signed.cosigners} == {town.now} == {each[1] for each in lines}
        happen(acme)
        keeper.settle()
    asked = len(town.asked)
    publisher.run_round(publishing)
    assert len(town.asked) == asked, "who has cosigned is not asked again"


def dead(url: str, body: bytes) -> Reply:
    raise NoReply("it takes no connection")


def refusing(url: str, body: bytes) -> Reply:
    return Reply(422, "text/plain", b"no\n")


def knowing_more(url: str, body: bytes) -> Reply:
    return Reply(409, asking.SIZE_TYPE, b"999999999\n")


def lying(url: str, body: bytes) -> Reply:
    return Reply(200, "text/plain", "\N{EM DASH} b.example/w AAAAAAAAAAAAAAAA\n".encode())


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (dead, "takes no connection"),
        (refusing, "422"),
        (knowing_more, "999999999 leaves"),
        (lying, "does not hold"),
    ],
)
def test_while_one_of_two_is_bad_the_policy_is_unmet_and_it_is_asked_ever_more_rarely(
    acme: Workspace,
    keeper: Keeper,
    town: Town,
    publishing: Database,
    superuser: Superuser,
    bad: Any,
    why: str,
) -> None:
    clock = [0.0]
    publisher = town.publisher(clock=lambda: clock[0], heartbeat_seconds=10**9)
    town.instead["b"] = bad
    keeper.settle()
    publish(publisher, keeper, publishing, superuser)
    size = meta_size(keeper)
    assert [name.partition(".")[0] for name, *_ in cosigned(superuser, size)] == ["a"]
    assert re.match(r"too few witnesses cosign \(\d+ askings in a row\); b: ", publisher.trouble())
    assert why in publisher.trouble()
    town.asked.clear()
    for seconds in range(200):
        clock[0] = float(seconds)
        publisher.run_round(publishing)
    assert 5 <= town.asked.count("b") <= 12
    assert "a" not in town.asked
    assert publisher.unmet > 5
    del town.instead["b"]
    clock[0] = 1_000.0
    publisher.run_round(publishing)
    assert (publisher.trouble(), publisher.unmet) == ("", 0)
    assert {name for name, *_ in cosigned(superuser, size)} == named(town)


def test_one_of_two_is_enough_where_the_policy_says_so_and_the_other_one_is_still_named(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    publisher = town.publisher("any")
    town.instead["b"] = dead
    keeper.settle()
    publish(publisher, keeper, publishing, superuser)
    assert (publisher.unmet, publisher.trouble()) == (0, "b: it takes no connection")


def test_an_idle_meta_log_is_cosigned_again_with_a_fresh_time(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    clock = [0.0]
    publisher = town.publisher(clock=lambda: clock[0], heartbeat_seconds=3_600)
    keeper.settle()
    publish(publisher, keeper, publishing, superuser)
    size, first = meta_size(keeper), town.now
    town.now += 3_600
    clock[0] = 3_599.0
    publisher.run_round(publishing)
    clock[0] = 3_600.0
    publisher.run_round(publishing)
    assert meta_size(keeper) == size
    times = Counter(seconds for _, seconds, _ in cosigned(superuser, size))
    assert times == {first: 2, town.now: 2}


def test_a_witness_that_has_seen_a_later_tree_gives_the_set_back_meta_log_away(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    old = meta_size(keeper)
    happen(acme)
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    assert meta_size(keeper) == old + 1
    with triggers_off(superuser, "checkpoint"), superuser.transaction(force_rollback=True):
        # As if the database were an older copy of itself.
        superuser.execute("DELETE FROM audit.checkpoint WHERE tenant_id = %s AND size > %s", [META_LOG, old])
        with keeper.connect("rf_publisher") as reader:
            note = reader.execute(
                "SELECT note FROM audit.checkpoint WHERE tenant_id = %s AND size = %s", [META_LOG, old]
            ).fetchone()
    assert note is not None
    question = asking.Question.about(bytes(note[0]), lambda _: (), now=town.now)
    with pytest.raises(asking.NotCosigned, match=f"knows a tree of {old + 1} leaves"):
        asking.ask(town.policy().witnesses["a"], question, town.post, old_size=0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda leaf: b" " + leaf, "no checkpoint"),
        (lambda leaf: leaf[:-1], "no checkpoint"),
        (lambda leaf: leaf + b"more\n", "no checkpoint"),
        (lambda leaf: leaf + leaf.rpartition(b"\n\n")[2], "no checkpoint"),
        (lambda leaf: leaf.replace(b"\n", b"\nextension\n", 1), "no checkpoint"),
        (lambda leaf: leaf.replace(b"\n", b"\n0", 1), "no checkpoint"),
        (lambda leaf: b'{"c":"","p":"","t":0,"v":1}', "no checkpoint"),
    ],
)
def test_the_meta_log_takes_nothing_but_checkpoints(
    acme: Workspace, keeper: Keeper, superuser: Superuser, change: Any, words: str
) -> None:
    keeper.settle()
    note = keeper.checkpoints(acme)[2]
    insert = (
        "INSERT INTO audit.pending (tenant_id, id, verb, actor_id, object_kind, at, leaf)"
        " VALUES (%s, gen_random_uuid(), 'log.checkpointed', %s, 'log', now(), %s)"
    )
    with superuser.transaction(force_rollback=True):
        superuser.execute(insert, [META_LOG, META_LOG, note])
    with pytest.raises(psycopg.errors.CheckViolation, match=words):
        superuser.execute(insert, [META_LOG, META_LOG, change(note)])


def test_the_publisher_sees_the_meta_log_alone(
    acme: Workspace, keeper: Keeper, publishing: Database, superuser: Superuser
) -> None:
    happen(acme, 300)
    keeper.settle()
    publish(Publisher(None, no_post), keeper, publishing, superuser)
    for table in ("log", "checkpoint", "tile", "edge"):
        rows = publishing.execute(f"SELECT DISTINCT tenant_id FROM audit.{table}").fetchall()
        assert set(rows) <= {(META_LOG,)}
    for table in ("entry", "body", "pending", "head", "attestation", "attestation_request"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            publishing.execute(f"SELECT 1 FROM audit.{table}")
    for column in ("id", "origin", "inception"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            publishing.execute(f"SELECT {column} FROM audit.log")
    with pytest.raises(psycopg.Error, match="no checkpoint of this size"):
        publishing.execute("SELECT audit.add_cosignature(99999999, 'w.example/1+0badcafe', 1, 'x')")


def fsck(keeper: Keeper) -> tuple[str, ...]:
    with keeper.connect("rf_checker") as database:
        (report,) = check_logs(database, META_LOG)
    return report.problems


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        ("cosignature", "line = overlay(line placing 'AAAA' from octet_length(line) - 20)", "is wrong"),
        ("cosignature", "seconds = seconds + 1", "another name or time"),
        ("cosignature", "witness = overlay(witness placing 'x' from 1)", "another name or time"),
        ("cosignature", "size = size + 1000000", "no such checkpoint"),
        ("cosignature", "line = E'\\u2014 nonsense\\n'", "not a signature line"),
        (
            "checkpoint",
            "note = set_byte(note, octet_length(note) - 20, 65 + get_byte(note, octet_length(note) - 20) % 2)",
            "not the checkpoint that its log",
        ),
    ],
)
def test_fsck_finds_what_was_changed_beside_the_meta_log(
    acme: Workspace,
    keeper: Keeper,
    town: Town,
    publishing: Database,
    superuser: Superuser,
    tmp_path: Path,
    table: str,
    change: str,
    words: str,
) -> None:
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    (tmp_path / "policy").write_text(town.text())
    where = {
        "cosignature": f"size = {meta_size(keeper)}",
        "checkpoint": f"tenant_id = '{acme.tenant_id}'",
    }[table]
    key = {"cosignature": "(size, witness, seconds)", "checkpoint": "(tenant_id, size)"}[table]
    with override_settings(WITNESS_POLICY=str(tmp_path / "policy")):
        before = set(fsck(keeper))
        with triggers_off(superuser, table):
            superuser.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM audit.{table} WHERE {where}")
            superuser.execute(f"UPDATE audit.{table} SET {change} WHERE {where}")
            try:
                assert any(words in problem for problem in set(fsck(keeper)) - before), fsck(keeper)
            finally:
                superuser.execute(f"DELETE FROM audit.{table} WHERE {where}")
                if "size = size" in change:
                    superuser.execute(f"DELETE FROM audit.{table} WHERE size >= 1000000")
                superuser.execute(
                    f"INSERT INTO audit.{table} SELECT * FROM kept ON CONFLICT {key} DO NOTHING"
                )
                superuser.execute("DROP TABLE kept")
        assert set(fsck(keeper)) == before
