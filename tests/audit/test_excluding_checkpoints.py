"""Two checkpoints of one log that exclude each other: not stored, not taken in, and not shown to witnesses."""

import hashlib
import random
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from audit.checkpoints import Checkpoint
from audit.database import Database
from audit.encoding import to_base64
from audit.merkle import tree_head
from audit.meta import META_LOG
from audit.publisher import asking
from audit.publisher.rounds import Publisher
from audit.signer.rounds import Signer
from audit.signer.store import Store
from audit.tiles import Edge
from tests.audit.logkeeping import Keeper, checkpoint_in, happen, triggers_off
from tests.audit.publishing import LEAVES, Town, meta_note, meta_size, meta_vkey, publish
from tests.world import Workspace

Superuser = psycopg.Connection[Any]
EXTENDS = "SELECT audit.extends(%s, %s, %s, %s, %s)"
ADD = "SELECT audit.add_checkpoint(%s, %s, %s)"
LINE = re.compile(rb"\n[A-Za-z0-9+/]{43}=\n")
OTHER_ROOT = b"\n" + b"B" * 42 + b"A=\n"


@pytest.fixture
def publishing(keeper: Keeper) -> Iterator[Database]:
    with keeper.connect("rf_publisher") as database:
        yield database


@pytest.fixture
def town(keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr(asking, "SKEW_SECONDS", 10**10)
    with ExitStack() as stack:
        yield Town(tmp_path, meta_vkey(keeper), stack)


def tree(superuser: Superuser, size: int) -> tuple[UUID, list[bytes]]:
    """A log that has tiles and an edge and nothing else, of random leaves."""
    chance = random.Random(size)
    leaves = [chance.randbytes(32) for _ in range(size)]
    edge, tiles = Edge().append(leaves)
    tenant = uuid4()
    with superuser.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO audit.tile (tenant_id, level, idx, hashes) VALUES (%s, %s, %s, %s)",
            [(tenant, each.level, each.index, each.hashes) for each in tiles],
        )
    superuser.execute(
        "INSERT INTO audit.edge (tenant_id, size, partials) VALUES (%s, %s, %s)",
        [tenant, size, edge.to_bytes()],
    )
    return tenant, leaves


def says(superuser: Superuser, tenant: UUID, old: tuple[int, bytes], new: tuple[int, bytes]) -> bool:
    row = superuser.execute(EXTENDS, [tenant, *old, *new]).fetchone()
    assert row is not None
    return bool(row[0])


@pytest.fixture
def trees(superuser: Superuser) -> Iterator[None]:
    """Take away what `tree` has made: other tests look at all logs."""
    before = {row[0] for row in superuser.execute("SELECT tenant_id FROM audit.edge")}
    yield
    with triggers_off(superuser, "tile", "edge"):
        for table in ("tile", "edge"):
            superuser.execute(f"DELETE FROM audit.{table} WHERE tenant_id <> ALL(%s)", [list(before)])


@pytest.mark.usefixtures("trees")
class TestExtends:
    """What SQL says of two sizes is what RFC 9162 says."""

    def test_of_all_pairs_in_small_trees(self, superuser: Superuser) -> None:
        for size in range(1, 20):
            tenant, leaves = tree(superuser, size)
            heads = [tree_head(leaves[:each]) for each in range(size + 1)]
            for old in range(size + 1):
                assert says(superuser, tenant, (old, heads[old]), (size, heads[size])), (old, size)
                for wrong in {0, old - 1, old + 1, size} - {old, -1, size + 1}:
                    assert not says(superuser, tenant, (old, heads[wrong]), (size, heads[size]))
                assert not says(superuser, tenant, (old, heads[old]), (size, hashlib.sha256(b"x").digest()))
                assert not says(superuser, tenant, (size, heads[size]), (old, heads[old])) or old == size

    def test_over_tiles_of_three_levels(self, superuser: Superuser) -> None:
        tenant, leaves = tree(superuser, 66_500)
        edges = [1, 255, 256, 257, 511, 513, 65_535, 65_536, 65_537, 65_792, 65_793, 66_499, 66_500]
        heads = {each: tree_head(leaves[:each]) for each in edges}
        began, pairs = time.perf_counter(), 0
        for old in edges:
            for new in edges:
                assert says(superuser, tenant, (old, heads[old]), (new, heads[new])) == (old <= new), (
                    old,
                    new,
                )
                pairs += 1
        print(f"\n{(time.perf_counter() - began) / pairs * 1000:.2f} ms for each pair")

    @pytest.mark.parametrize(("level", "index"), [(0, 0), (0, 255), (1, 0)])
    def test_a_changed_tile_on_the_way_is_no_extension(
        self, superuser: Superuser, level: int, index: int
    ) -> None:
        tenant, leaves = tree(superuser, 65_792)
        old, new = 100 if index == 0 else 65_500, 65_700
        heads = {each: tree_head(leaves[:each]) for each in (old, new)}
        assert says(superuser, tenant, (old, heads[old]), (new, heads[new]))
        with triggers_off(superuser, "tile"):
            superuser.execute(
                "UPDATE audit.tile SET hashes = set_byte(hashes, 8000, 255 - get_byte(hashes, 8000))"
                " WHERE tenant_id = %s AND level = %s AND idx = %s",
                [tenant, level, index],
            )
        assert not says(superuser, tenant, (old, heads[old]), (new, heads[new]))

    def test_a_tile_that_is_missing_is_no_extension(self, superuser: Superuser) -> None:
        tenant, leaves = tree(superuser, 600)
        heads = {each: tree_head(leaves[:each]) for each in (0, 300, 600)}
        assert says(superuser, tenant, (300, heads[300]), (600, heads[600]))
        with triggers_off(superuser, "tile"):
            superuser.execute("DELETE FROM audit.tile WHERE tenant_id = %s AND idx = 1", [tenant])
        assert not says(superuser, tenant, (300, heads[300]), (600, heads[600]))
        assert not says(superuser, uuid4(), (0, heads[0]), (600, heads[600]))


class TestStored:
    """`audit.add_checkpoint`, whoever calls it with whatever key."""

    def test_a_sequencer_and_a_signer_that_both_lie_store_nothing(
        self, acme: Workspace, keeper: Keeper, superuser: Superuser
    ) -> None:
        happen(acme, 5)
        keeper.settle()
        happen(acme, 300)
        keeper.sequence()
        size, lie = keeper.size(acme), hashlib.sha256(b"another history").digest()
        with triggers_off(superuser, "head"):
            superuser.execute(
                "UPDATE audit.head SET root = %s WHERE tenant_id = %s AND size = %s",
                [lie, acme.tenant_id, size],
            )
        ((origin,),) = superuser.execute(
            "SELECT origin FROM audit.log WHERE tenant_id = %s", [acme.tenant_id]
        ).fetchall()
        note = f"{Checkpoint(origin, size, lie).text}\n— {origin} AAAA\n".encode()
        with pytest.raises(psycopg.DatabaseError, match="exclude each other") as refused:
            keeper.as_signer.execute(ADD, [acme.tenant_id, size, note])
        assert refused.value.sqlstate == "RFA22"
        assert size not in keeper.checkpoints(acme)

    def test_an_older_one_that_comes_late_is_held_against_the_newest(
        self, acme: Workspace, keeper: Keeper, superuser: Superuser
    ) -> None:
        keeper.settle()
        happen(acme, 3)
        keeper.settle()
        early, late = sorted(keeper.checkpoints(acme))
        note = keeper.checkpoints(acme)[early]
        with triggers_off(superuser, "checkpoint"):
            superuser.execute(
                "DELETE FROM audit.checkpoint WHERE tenant_id = %s AND size = %s", [acme.tenant_id, early]
            )
        with triggers_off(superuser, "head"):
            superuser.execute(
                "UPDATE audit.head SET root = sha256('x') WHERE tenant_id = %s AND size = %s",
                [acme.tenant_id, early],
            )
        spoilt = LINE.sub(b"\n" + to_base64(hashlib.sha256(b"x").digest()).encode() + b"\n", note, count=1)
        with pytest.raises(psycopg.DatabaseError, match=f"of {late} and {early} events exclude each other"):
            keeper.as_signer.execute(ADD, [acme.tenant_id, early, spoilt])
        with triggers_off(superuser, "head"):
            superuser.execute(
                "UPDATE audit.head SET root = %s WHERE tenant_id = %s AND size = %s",
                [checkpoint_in(note).head, acme.tenant_id, early],
            )
        keeper.as_signer.execute(ADD, [acme.tenant_id, early, note])

    def test_after_one_that_was_replaced_the_log_waits_and_the_others_go_on(
        self, acme: Workspace, rival: Workspace, keeper: Keeper, superuser: Superuser
    ) -> None:
        keeper.settle()
        (size,) = keeper.checkpoints(acme)
        good = keeper.checkpoints(acme)[size]
        replace_note(superuser, acme.tenant_id, size, LINE.sub(OTHER_ROOT, good, count=1))
        happen(acme)
        happen(rival)
        keeper.sequence()
        signer = Signer(Store(keeper.folder))
        for _ in range(2):
            signer.run_round(keeper.as_signer)
            assert f"the checkpoints of {size} and {size + 1} events exclude each other" in signer.trouble()
        assert sorted(keeper.checkpoints(acme)) == [size]
        assert keeper.state(acme) == ("active", None)
        assert len(keeper.checkpoints(rival)) == 2
        replace_note(superuser, acme.tenant_id, size, good)
        signer.run_round(keeper.as_signer)
        assert sorted(keeper.checkpoints(acme)) == [size, size + 1]
        assert "exclude each other" not in signer.trouble()


def replace_note(superuser: Superuser, tenant: UUID, size: int, note: bytes) -> None:
    """Put another note in the place of a stored checkpoint, as nobody else could."""
    with triggers_off(superuser, "checkpoint"):
        superuser.execute(
            "UPDATE audit.checkpoint SET note = %s WHERE tenant_id = %s AND size = %s", [note, tenant, size]
        )


def nobody(url: str, body: bytes) -> asking.Reply:
    raise asking.NoReply("there is nobody")


class TestTakenIn:
    """The meta-log: it takes no checkpoint beside one that excludes it, however that came to be stored."""

    @pytest.mark.parametrize("kind", ["newer", "of the same size"])
    def test_it_is_kept_out_and_named(
        self,
        acme: Workspace,
        rival: Workspace,
        keeper: Keeper,
        publishing: Database,
        superuser: Superuser,
        kind: str,
    ) -> None:
        keeper.settle()
        publisher = Publisher(None, nobody)
        publish(publisher, keeper, publishing, superuser)
        (size,) = keeper.checkpoints(acme)
        good = keeper.checkpoints(acme)[size]
        log_id = UUID(keeper.log_folder(acme).name)
        try:
            spoilt = LINE.sub(OTHER_ROOT, good, count=1)
            if kind == "newer":
                spoilt = spoilt.replace(f"\n{size}\n".encode(), f"\n{size + 1}\n".encode(), 1)
                superuser.execute(
                    "INSERT INTO audit.checkpoint (tenant_id, size, note) VALUES (%s, %s, %s)",
                    [acme.tenant_id, size + 1, spoilt],
                )
            else:
                replace_note(superuser, acme.tenant_id, size, spoilt)
            happen(rival)
            keeper.settle()
            publisher = Publisher(None, nobody)
            publish(publisher, keeper, publishing, superuser)
            origin = checkpoint_in(good).origin
            assert publisher.kept_out == (origin,)
            assert f"{origin}: its checkpoint is not taken in" in publisher.trouble()
            assert [bytes(leaf) for (leaf,) in superuser.execute(LEAVES, [META_LOG, log_id, log_id])] == [
                good
            ]
            of_rival = UUID(keeper.log_folder(rival).name)
            assert len(superuser.execute(LEAVES, [META_LOG, of_rival, of_rival]).fetchall()) == 2
        finally:
            with triggers_off(superuser, "checkpoint"):
                superuser.execute(
                    "DELETE FROM audit.checkpoint WHERE tenant_id = %s AND size > %s", [acme.tenant_id, size]
                )
            replace_note(superuser, acme.tenant_id, size, good)
        publisher = Publisher(None, nobody)
        publisher.run_round(publishing)
        assert publisher.kept_out == ()


class TestShown:
    """The publisher: no witness is asked about a meta-log that excludes what witnesses were shown."""

    @pytest.mark.parametrize("who", ["the same publisher", "one that has just started"])
    @pytest.mark.parametrize("what", ["another root", "another size", "set back", "no checkpoint"])
    def test_nobody_is_asked(
        self,
        acme: Workspace,
        keeper: Keeper,
        town: Town,
        publishing: Database,
        superuser: Superuser,
        who: str,
        what: str,
    ) -> None:
        keeper.settle()
        publisher = town.publisher()
        publish(publisher, keeper, publishing, superuser)
        old, old_note = meta_size(keeper), meta_note(keeper)
        happen(acme)
        keeper.settle()
        if what == "set back":
            publish(publisher, keeper, publishing, superuser)
        else:
            publish(Publisher(None, nobody), keeper, publishing, superuser)
        size, good = meta_size(keeper), meta_note(keeper)
        assert size > old
        spoilt = {
            "another root": LINE.sub(OTHER_ROOT, good, count=1),
            "another size": good.replace(f"\n{size}\n".encode(), f"\n{size + 1}\n".encode(), 1),
            "set back": good,
            "no checkpoint": b"nothing\n\n" + good.partition(b"\n\n")[2],
        }[what]
        if who != "the same publisher":
            publisher = town.publisher()
        town.asked.clear()
        try:
            if what == "set back":
                with triggers_off(superuser, "checkpoint"):
                    superuser.execute(
                        "DELETE FROM audit.checkpoint WHERE tenant_id = %s AND size = %s", [META_LOG, size]
                    )
                assert meta_note(keeper) == old_note
            else:
                replace_note(superuser, META_LOG, size, spoilt)
            publisher.run_round(publishing)
            assert town.asked == []
            assert "nobody is asked about the meta-log's newest checkpoint" in publisher.trouble()
        finally:
            if what == "set back":
                superuser.execute(
                    "INSERT INTO audit.checkpoint (tenant_id, size, note) VALUES (%s, %s, %s)",
                    [META_LOG, size, good],
                )
            else:
                replace_note(superuser, META_LOG, size, good)
        publisher = town.publisher()
        publisher.run_round(publishing)
        assert set(town.asked) == {"a", "b"}
        assert (publisher.troubles, publisher.unmet) == ({}, 0)
