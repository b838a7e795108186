"""Anchors: written for good, found by what they say, and read back into the same log."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from botocore.exceptions import ClientError

from audit.anchors.bucket import (
    BucketTrouble,
    NotWorm,
    Place,
    connect,
    locked_versions,
    make_bucket,
    put_object,
    read_version,
)
from audit.anchors.names import checkpoint_name, parse_checkpoint_name, tile_name
from audit.anchors.rebuild import checkpoints_in, leaves_in
from audit.anchors.rounds import Anchorer
from audit.errors import Malformed, ProofRejected
from audit.notes import Vkey
from ringfence.embedded.bucket import SECOND_PORT, SOCKETS
from tests.audit.logkeeping import Keeper, checkpoint_in, happen, set_back, triggers_off
from tests.bucket import bucket_server
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


def log_of(keeper: Keeper, workspace: Workspace) -> tuple[UUID, str, Vkey]:
    row = keeper.as_signer.execute(
        "SELECT id, origin, vkey FROM audit.log WHERE tenant_id = %s", [workspace.tenant_id]
    ).fetchone()
    assert row is not None
    return row[0], row[1], Vkey.parse(row[2])


def stored_leaves(keeper: Keeper, workspace: Workspace) -> list[bytes]:
    rows = keeper.as_signer.execute(
        "SELECT leaf FROM audit.entry WHERE tenant_id = %s ORDER BY seq", [workspace.tenant_id]
    )
    return [bytes(leaf) for (leaf,) in rows]


def anchored(keeper: Keeper, workspace: Workspace) -> list[tuple[int, str, str]]:
    return keeper.as_signer.execute(
        "SELECT size, name, version FROM audit.anchor JOIN audit.log l ON l.id = log_id WHERE l.tenant_id = %s"
        " ORDER BY size",
        [workspace.tenant_id],
    ).fetchall()


def rebuilt(keeper: Keeper, workspace: Workspace, place: Place) -> list[bytes]:
    log_id, origin, vkey = log_of(keeper, workspace)
    client = connect(place)
    newest = checkpoints_in(client, place, log_id=log_id, origin=origin, vkey=vkey)[-1]
    return list(leaves_in(client, place, log_id=log_id, head=newest))


def test_the_bucket_keeps_a_version_whatever_is_done_to_its_name(place: Place) -> None:
    client, name = connect(place), f"ckpt/{uuid4().hex}"
    kept = put_object(client, place, name, b"one")
    assert put_object(client, place, name, b"one") == kept
    with pytest.raises(NotWorm, match="there already"):
        put_object(client, place, name, b"two")
    with pytest.raises(ClientError):
        client.delete_object(Bucket=place.bucket, Key=name, VersionId=kept.version)
    with pytest.raises(ClientError):
        client.put_object_retention(
            Bucket=place.bucket,
            Key=name,
            VersionId=kept.version,
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=5)},
        )
    client.put_object(Bucket=place.bucket, Key=name, Body=b"two")
    client.delete_object(Bucket=place.bucket, Key=name)
    assert read_version(client, place, name, kept.version).content == b"one"
    assert [each.content for each in locked_versions(client, place, name)] == [b"one"]


def test_what_is_not_under_lock_counts_for_nothing(place: Place) -> None:
    client, name = connect(place), f"ckpt/{uuid4().hex}"
    client.put_object(Bucket=place.bucket, Key=name, Body=b"one")
    with pytest.raises(NotWorm, match="without a lock"):
        put_object(client, place, name, b"one")


def test_a_bucket_that_does_not_answer_is_trouble_and_no_anchor(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    anchorer = Anchorer(Place("http://127.0.0.1:9", "worm", days=1, keys=None))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", "x")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "x")
        assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 0
    assert "does not answer" in anchorer.trouble() or "Error" in anchorer.trouble()
    assert anchored(keeper, acme) == []


def test_a_log_is_anchored_goes_on_and_is_read_back_whole(
    acme: Workspace, keeper: Keeper, place: Place
) -> None:
    for _ in range(6):
        happen(acme, 50)
    keeper.settle()
    anchorer = Anchorer(place)
    assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 1, anchorer.trouble()
    assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 0
    assert rebuilt(keeper, acme, place) == stored_leaves(keeper, acme)
    for _ in range(6):
        happen(acme, 50)
    keeper.settle()
    assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 1, anchorer.trouble()
    assert rebuilt(keeper, acme, place) == stored_leaves(keeper, acme)
    client, log_id = connect(place), log_of(keeper, acme)[0]
    for size, name, version in anchored(keeper, acme):
        note = read_version(client, place, name, version).content
        assert note == keeper.checkpoints(acme)[size]
        assert name == checkpoint_name(log_id, size, checkpoint_in(note).head)
    tiles = keeper.as_signer.execute(
        "SELECT level, idx, hashes FROM audit.tile WHERE tenant_id = %s", [acme.tenant_id]
    ).fetchall()
    assert len(tiles) == 2
    for level, index, hashes in tiles:
        (kept,) = locked_versions(client, place, tile_name(log_id, level, index))
        assert kept.content == bytes(hashes)


def test_a_round_that_was_cut_off_is_taken_up_by_the_next(
    acme: Workspace, keeper: Keeper, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(12):
        happen(acme, 50)
    keeper.settle()
    written: list[str] = []

    def failing(client: Any, at: Place, name: str, content: bytes) -> Any:
        if len(written) == 3:
            raise BucketTrouble("cut off")
        written.append(name)
        return put_object(client, at, name, content)

    with monkeypatch.context() as patched:
        patched.setattr("audit.anchors.rounds.put_object", failing)
        anchorer = Anchorer(place)
        assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 0
        assert anchorer.trouble() == "cut off"
    assert anchored(keeper, acme) == []
    assert Anchorer(place).run_round(keeper.as_signer, acme.tenant_id) == 1
    assert rebuilt(keeper, acme, place) == stored_leaves(keeper, acme)


def test_what_no_longer_extends_its_anchor_is_not_anchored(
    acme: Workspace, keeper: Keeper, place: Place, superuser: Superuser
) -> None:
    happen(acme, 10)
    keeper.settle()
    anchorer = Anchorer(place)
    assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 1
    happen(acme, 5)
    keeper.settle()
    for seq in (3, 14):
        with triggers_off(superuser, "entry"), superuser.transaction() as undone:
            superuser.execute(
                "UPDATE audit.entry SET leaf = set_byte(leaf, 20, get_byte(leaf, 20) # 1)"
                " WHERE tenant_id = %s AND seq = %s",
                [acme.tenant_id, seq],
            )
            assert anchorer.run_round(superuser, acme.tenant_id) == 0
            assert anchorer.trouble()
            raise psycopg.Rollback(undone)
    assert len(anchored(keeper, acme)) == 1
    assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 1


def test_a_set_back_log_is_found_in_the_bucket_in_its_full_length(
    acme: Workspace, keeper: Keeper, place: Place, superuser: Superuser
) -> None:
    keeper.settle()
    happen(acme, 20)
    keeper.settle()
    assert Anchorer(place).run_round(keeper.as_signer, acme.tenant_id) == 1
    whole = stored_leaves(keeper, acme)
    set_back(superuser, acme, 2)
    assert len(stored_leaves(keeper, acme)) == 2
    assert rebuilt(keeper, acme, place) == whole


def test_strangers_objects_beside_the_logs_own_are_passed_over(
    acme: Workspace, rival: Workspace, keeper: Keeper, place: Place
) -> None:
    happen(acme, 5)
    keeper.settle()
    anchorer, client = Anchorer(place), connect(place)
    assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 1
    log_id, origin, vkey = log_of(keeper, acme)
    rivals_note = max(keeper.checkpoints(rival).items())[1]
    stated = checkpoint_in(rivals_note)
    put_object(client, place, checkpoint_name(log_id, stated.size + 1_000, stated.head), rivals_note)
    put_object(client, place, f"ckpt/{log_id.hex}/notes", b"not one")
    found = checkpoints_in(client, place, log_id=log_id, origin=origin, vkey=vkey)
    assert [each.size for each in found] == [keeper.size(acme)]
    with pytest.raises(ProofRejected):
        list(leaves_in(client, place, log_id=uuid4(), head=found[0]))


def test_names_say_what_they_are_of() -> None:
    log_id, root = uuid4(), bytes(range(32))
    head = parse_checkpoint_name(checkpoint_name(log_id, 70_000, root))
    assert (head.log_id, head.size, head.root) == (log_id, 70_000, root)
    assert tile_name(log_id, "entries", 1_000, 5) == f"tile/{log_id.hex}/entries/x001/000.p/5"
    for wrong in (
        "",
        "ckpt/x/1-00",
        checkpoint_name(log_id, 1, root).upper(),
        f"ckpt/{log_id.hex}/01-{root.hex()}",
    ):
        with pytest.raises(Malformed):
            parse_checkpoint_name(wrong)
    with pytest.raises(Malformed):
        checkpoint_name(log_id, 1, b"")


def test_a_bucket_is_made_with_the_lock_and_found_again(place: Place) -> None:
    client = connect(place)
    made = replace(place, bucket=f"b{uuid4().hex[:20]}")
    for _ in range(2):
        make_bucket(client, made)
    assert put_object(client, made, "a", b"1").content == b"1"


def test_a_bucket_without_the_lock_is_not_taken(place: Place) -> None:
    client = connect(place)
    plain = replace(place, bucket=f"b{uuid4().hex[:20]}")
    client.create_bucket(Bucket=plain.bucket)
    with pytest.raises(NotWorm, match="without Object Lock"):
        make_bucket(client, plain)


def test_a_server_that_was_killed_leaves_no_sockets_behind() -> None:
    with bucket_server() as own:
        assert own.keys is not None
        folder = own.keys.parent
        ports = json.loads((folder / "ports.json").read_text()).values()
        names = [f"seaweedfs-*-{each}.sock" for port in ports for each in (port, port + SECOND_PORT)]
        left = [path for name in names for path in SOCKETS.glob(name)]
        # Those of gRPC cannot be named; the others lie in the server's own folder.
        assert left
        assert all("-grpc-" in path.name for path in left)
        assert {path.name for path in folder.glob("*.sock")} == {"filer.sock", "s3.sock"}
    assert [path for path in left if path.exists()] == []
    assert not folder.exists()


def test_a_bucket_of_a_server_that_does_not_answer_is_trouble(place: Place) -> None:
    nowhere = replace(place, endpoint="http://127.0.0.1:9")
    with pytest.raises(BucketTrouble):
        make_bucket(connect(nowhere), nowhere)
