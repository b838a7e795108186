"""The append function: the only way into the log, and what it refuses."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from audit.frontier import Frontier
from audit.merkle import leaf_hash
from audit.sequencer.rounds import APPEND
from audit.tiles import Edge
from tests.audit.logkeeping import Keeper, happen
from tests.world import Workspace


@dataclass(frozen=True)
class Call:
    """The arguments of one call."""

    tenant: UUID
    size: int
    places: list[int]
    hashes: list[bytes]
    levels: list[int]
    indexes: list[int]
    tiles: list[bytes]
    root: bytes
    frontier: bytes
    edge: bytes

    def run(self, keeper: Keeper) -> None:
        keeper.as_sequencer.execute(APPEND, list(vars(self).values()))


@pytest.fixture
def good(acme: Workspace, keeper: Keeper) -> Call:
    """A right call: 260 events, one full tile."""
    happen(acme, 258)
    rows = keeper.as_sequencer.execute(
        "SELECT n, leaf_hash FROM audit.pending WHERE tenant_id = %s ORDER BY n", [acme.tenant_id]
    ).fetchall()
    hashes = [bytes(each) for _, each in rows]
    assert len(hashes) == 260
    frontier = Frontier().append(hashes)
    edge, full = Edge().append(hashes)
    return Call(
        acme.tenant_id,
        0,
        [n for n, _ in rows],
        hashes,
        [tile.level for tile in full],
        [tile.index for tile in full],
        [tile.hashes for tile in full],
        frontier.head,
        frontier.to_bytes(),
        edge.to_bytes(),
    )


def waiting(keeper: Keeper, workspace: Workspace) -> int:
    row = keeper.as_sequencer.execute(
        "SELECT count(*) FROM audit.pending WHERE tenant_id = %s", [workspace.tenant_id]
    ).fetchone()
    assert row is not None
    return int(row[0])


def swapped(places: list[int]) -> list[int]:
    return [places[1], places[0], *places[2:]]


WRONG: dict[str, tuple[str, Callable[[Call], Call]]] = {
    "a gap": ("RFA02", lambda call: replace(call, size=1)),
    "an overlap": ("RFA02", lambda call: replace(call, size=-1)),
    "another hash": ("RFA04", lambda call: replace(call, hashes=[leaf_hash(b"x"), *call.hashes[1:]])),
    "two events swapped": ("RFA04", lambda call: replace(call, places=swapped(call.places))),
    "an event that is not pending": ("RFA04", lambda call: replace(call, places=[2**60, *call.places[1:]])),
    "one event twice": ("RFA04", lambda call: replace(call, places=[call.places[1], *call.places[1:]])),
    "one event twice, with its hash": (
        "RFA04",
        lambda call: replace(
            call, places=[call.places[1], *call.places[1:]], hashes=[call.hashes[1], *call.hashes[1:]]
        ),
    ),
    "a hash too few": ("RFA03", lambda call: replace(call, hashes=call.hashes[1:])),
    "nothing": ("RFA03", lambda call: replace(call, places=[], hashes=[])),
    "no tile": ("RFA05", lambda call: replace(call, levels=[], indexes=[], tiles=[])),
    "a tile too many": (
        "RFA05",
        lambda call: replace(call, levels=[0, 1], indexes=[0, 0], tiles=[call.tiles[0]] * 2),
    ),
    "a short tile": ("23514", lambda call: replace(call, tiles=[call.tiles[0][:-32]])),
    "a frontier of another size": (
        "RFA06",
        lambda call: replace(call, frontier=Frontier().append(call.hashes[1:]).to_bytes()),
    ),
    "the old root": ("RFA06", lambda call: replace(call, root=Frontier().head)),
    "a log that nobody opened": ("RFA01", lambda call: replace(call, tenant=uuid4())),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_append_changes_nothing_and_the_right_one_goes_through(
    acme: Workspace, keeper: Keeper, good: Call, what: str
) -> None:
    code, spoil = WRONG[what]
    with pytest.raises(psycopg.DatabaseError) as refusal:
        spoil(good).run(keeper)
    assert refusal.value.sqlstate == code
    assert waiting(keeper, acme) == 260
    assert keeper.size(acme) == 0

    good.run(keeper)

    assert waiting(keeper, acme) == 0
    assert keeper.size(acme) == 260
    assert keeper.report(acme).problems == ()


def test_an_append_cannot_take_a_rivals_event(
    acme: Workspace, rival: Workspace, keeper: Keeper, good: Call
) -> None:
    happen(rival)
    row = keeper.as_sequencer.execute(
        "SELECT n, leaf_hash FROM audit.pending WHERE tenant_id = %s LIMIT 1", [rival.tenant_id]
    ).fetchone()
    assert row is not None
    theirs = replace(good, places=[row[0], *good.places[1:]], hashes=[bytes(row[1]), *good.hashes[1:]])
    with pytest.raises(psycopg.DatabaseError, match="1 of 260 events are not pending"):
        theirs.run(keeper)


def test_the_same_append_is_not_done_twice(acme: Workspace, keeper: Keeper, good: Call) -> None:
    good.run(keeper)
    with pytest.raises(psycopg.DatabaseError, match="the log has 260 events, not 0"):
        good.run(keeper)
    assert keeper.report(acme).problems == ()


@pytest.mark.parametrize("note", ["another size", "another origin", "another root"])
def test_a_checkpoint_is_about_a_head_of_its_log(acme: Workspace, keeper: Keeper, note: str) -> None:
    keeper.settle()
    ((size, good),) = keeper.checkpoints(acme).items()
    origin, stated, root = good.decode().split("\n")[:3]
    spoilt = {
        "another size": good.replace(f"\n{stated}\n".encode(), b"\n9\n"),
        "another origin": good.replace(origin.encode(), origin[:-1].encode() + b"_", 1),
        "another root": good.replace(root.encode(), b"A" * 43 + b"="),
    }[note]
    add = "SELECT audit.add_checkpoint(%s, %s, %s)"
    with pytest.raises(psycopg.DatabaseError, match="not about a head"):
        keeper.as_signer.execute(add, [acme.tenant_id, size, spoilt])
    with pytest.raises(psycopg.DatabaseError, match="has another checkpoint"):
        keeper.as_signer.execute(add, [acme.tenant_id, size, good + "— x AAAAAAA=\n".encode()])
    keeper.as_signer.execute(add, [acme.tenant_id, size, good])


def test_a_published_key_is_not_replaced(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    publish: Any = "SELECT audit.publish_key(%s, %s)"
    row = keeper.as_signer.execute(
        "SELECT vkey FROM audit.log WHERE tenant_id = %s", [acme.tenant_id]
    ).fetchone()
    assert row is not None
    with pytest.raises(psycopg.DatabaseError, match="has another key"):
        keeper.as_signer.execute(publish, [acme.tenant_id, row[0][:-1]])
    keeper.as_signer.execute(publish, [acme.tenant_id, row[0]])
