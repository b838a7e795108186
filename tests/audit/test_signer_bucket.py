"""Ledger and database set back together: the signer asks the bucket itself, before its first signature of a log."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from audit.anchors.bucket import Place, connect, put_object
from audit.anchors.names import checkpoint_name
from audit.anchors.reading import BucketReader
from audit.anchors.rounds import Anchorer
from audit.signer.promises import WAITS, Promises
from audit.signer.rounds import Signer
from audit.signer.store import SignedHead, Store
from tests.audit.asking import ask, statement
from tests.audit.logkeeping import Keeper, happen, set_back
from tests.audit.test_attestations import answer
from tests.audit.test_processes import process, wait_until
from tests.audit.test_refill import go_on
from tests.audit.test_succession import give_up
from tests.bucket import reading
from tests.stack import Stack
from tests.world import Workspace, new_workspace

Superuser = psycopg.Connection[Any]
LACKS = "the bucket has a signed checkpoint of"


@pytest.fixture
def anchored(acme: Workspace, keeper: Keeper, place: Place) -> Workspace:
    """A log of which two checkpoints stand in the bucket."""
    anchorer = Anchorer(place)
    for count in (5, 300):
        happen(acme, count)
        keeper.settle()
        assert anchorer.run_round(keeper.as_signer, acme.tenant_id) == 1, anchorer.trouble()
    return acme


@pytest.fixture
def silent() -> Iterator[Place]:
    """A bucket whose server takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield Place(f"http://127.0.0.1:{server.getsockname()[1]}", "worm", days=0)


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a client without a file of keys would find on its machine."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")


def starting(keeper: Keeper, place: Place | None, patience_seconds: float = 60.0) -> Signer:
    """A signer as it starts: nothing in its memory."""
    return Signer(
        Store(keeper.folder),
        Promises(BucketReader(place) if place else None, patience_seconds=patience_seconds),
    )


def set_both_back(keeper: Keeper, superuser: Superuser, workspace: Workspace, *, then: int) -> list[int]:
    """Bring a backup of database and ledger back; `then` other events follow, and nobody has signed them."""
    first = min(keeper.checkpoints(workspace))
    ledger = keeper.log_folder(workspace) / "ledger"
    lines = ledger.read_bytes().splitlines(keepends=True)
    set_back(superuser, workspace, first)
    ledger.write_bytes(b"".join(line for line in lines if int(line.split()[0]) <= first))
    happen(workspace, then)
    keeper.sequence()
    return [size for size, _ in keeper.ledger(workspace)]


@pytest.mark.parametrize("then", [1, 300, 600])
def test_a_signer_that_starts_signs_no_fork_of_what_stands_in_the_bucket(
    anchored: Workspace, keeper: Keeper, superuser: Superuser, place: Place, then: int
) -> None:
    """Fewer events than were anchored, as many, and more: each time another history."""
    newest = keeper.size(anchored)
    then = newest - min(keeper.checkpoints(anchored)) if then == 300 else then
    ledger = set_both_back(keeper, superuser, anchored, then=then)

    starting(keeper, reading(place)).run_round(keeper.as_signer)

    state, why = keeper.state(anchored)
    assert (state, f"{LACKS} {newest} events" in str(why)) == ("frozen", True)
    assert [size for size, _ in keeper.ledger(anchored)] == ledger
    assert list(keeper.checkpoints(anchored)) == ledger
    (evidence,) = keeper.log_folder(anchored).glob("evidence-*.json")
    found = json.loads(evidence.read_text())
    assert found["promised"]["size"] == newest
    assert found["note"].splitlines()[1] == str(newest)


def test_the_process_itself_asks_the_bucket(
    anchored: Workspace, keeper: Keeper, stack: Stack, superuser: Superuser, place: Place
) -> None:
    ledger = set_both_back(keeper, superuser, anchored, then=1)
    with process(stack, "signer", **settings_of(reading(place))):
        wait_until(lambda: keeper.state(anchored)[0] == "frozen")
    assert LACKS in str(keeper.state(anchored)[1])
    assert list(keeper.checkpoints(anchored)) == ledger


def settings_of(place: Place) -> dict[str, str]:
    return {
        "RINGFENCE_ANCHOR_BUCKET": place.bucket,
        "RINGFENCE_ANCHOR_ENDPOINT": place.endpoint,
        "RINGFENCE_ANCHOR_READ_KEYS": str(place.keys or ""),
    }


def test_a_signer_that_goes_on_remembers_what_it_signed(
    anchored: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    signer = starting(keeper, None)
    signer.run_round(keeper.as_signer)
    newest = keeper.size(anchored)
    ledger = set_both_back(keeper, superuser, anchored, then=1)
    signer.run_round(keeper.as_signer)
    assert keeper.state(anchored) == (
        "frozen",
        f"this process signed a head of {newest} events that the log does not have",
    )
    assert list(keeper.checkpoints(anchored)) == ledger


def test_a_log_that_extends_what_stands_in_the_bucket_is_signed(
    anchored: Workspace, keeper: Keeper, place: Place
) -> None:
    happen(anchored, 7)
    keeper.sequence()
    signer = starting(keeper, reading(place))
    signer.run_round(keeper.as_signer)
    assert keeper.state(anchored) == ("active", None)
    assert max(keeper.checkpoints(anchored)) == keeper.size(anchored)
    assert WAITS not in signer.trouble()


def test_a_ledger_that_is_older_than_the_bucket_beside_a_whole_database_goes_on(
    anchored: Workspace, keeper: Keeper, place: Place
) -> None:
    ledger = keeper.log_folder(anchored) / "ledger"
    ledger.write_bytes(ledger.read_bytes().splitlines(keepends=True)[0])
    starting(keeper, reading(place)).run_round(keeper.as_signer)
    assert keeper.state(anchored) == ("active", None)
    assert keeper.ledger(anchored)[-1][0] == keeper.size(anchored)


def test_no_log_is_signed_before_the_bucket_has_answered_and_others_go_on(
    anchored: Workspace, keeper: Keeper, place: Place, silent: Place
) -> None:
    reader = BucketReader(reading(place))
    signer = Signer(Store(keeper.folder), Promises(reader, patience_seconds=60.0))
    signer.run_round(keeper.as_signer)
    reader.place, reader._client = silent, None
    signer.promises.patience_seconds = 0.1
    fresh = new_workspace("Fresh")
    for _ in range(2):
        happen(anchored)
        keeper.sequence()
        signer.run_round(keeper.as_signer)
        assert max(keeper.checkpoints(anchored)) == keeper.size(anchored)
        assert keeper.checkpoints(fresh) == {}
        assert WAITS in signer.trouble()
    # It answers again: whoever waits is looked at without growing.
    reader.place, reader._client = reading(place), None

    def signed() -> bool:
        signer.run_round(keeper.as_signer)
        return bool(keeper.checkpoints(fresh))

    wait_until(signed)
    assert WAITS not in signer.trouble()


def test_no_attestation_is_signed_for_a_log_that_waits(
    anchored: Workspace, keeper: Keeper, place: Place, silent: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = ask(anchored, statement(anchored))
    with monkeypatch.context() as patched:
        patched.setattr("audit.signer.rounds.answer_requests", lambda *_, **__: None)
        keeper.settle()
    starting(keeper, silent, patience_seconds=0.1).run_round(keeper.as_signer)
    assert answer(anchored, receipt.event_id) is None
    starting(keeper, reading(place)).run_round(keeper.as_signer)
    assert answer(anchored, receipt.event_id) == (True, None)


def test_no_attestation_is_signed_under_a_ledger_that_was_exchanged(
    anchored: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    signer = starting(keeper, None)
    signer.run_round(keeper.as_signer)
    set_both_back(keeper, superuser, anchored, then=0)
    receipt = ask(anchored, statement(anchored))
    signer.run_round(keeper.as_signer)
    assert "a ledger has less than was signed" in signer.trouble()
    signer.run_round(keeper.as_signer)
    assert keeper.state(anchored)[0] == "frozen"
    assert answer(anchored, receipt.event_id) is None


def test_a_succession_that_promises_less_than_the_bucket_has_is_not_signed(
    anchored: Workspace, keeper: Keeper, superuser: Superuser, place: Place
) -> None:
    """The ledger was set back as well, and whoever noted the succession asked no bucket."""
    set_both_back(keeper, superuser, anchored, then=0)
    ledger = keeper.log_folder(anchored) / "ledger"
    first = keeper.size(anchored)
    ledger.write_bytes(SignedHead(first + 5, bytes(32)).line)
    code, said = give_up(keeper, anchored)
    assert (code, "to be succeeded by" in said) == (1, True), said
    code, said = go_on(keeper, anchored)
    assert code == 0, said
    keeper.sequence()
    signer = starting(keeper, reading(place))
    signer.run_round(keeper.as_signer)
    assert "a succession promises less than was signed" in signer.trouble()
    assert max(keeper.checkpoints(anchored)) == first


def test_a_bucket_that_refuses_the_key_is_no_answer(
    anchored: Workspace, keeper: Keeper, place: Place
) -> None:
    happen(anchored)
    keeper.sequence()
    signer = starting(keeper, replace(reading(place), keys=None))
    signer.run_round(keeper.as_signer)
    assert f"{WAITS}: the bucket answered" in signer.trouble()
    assert keeper.size(anchored) not in keeper.checkpoints(anchored)
    keeper.sign()
    assert keeper.size(anchored) in keeper.checkpoints(anchored)


def test_a_log_whose_lost_key_signed_what_stands_in_the_bucket_gets_no_other_key_to_sign_with(
    acme: Workspace, rival: Workspace, keeper: Keeper, place: Place
) -> None:
    keeper.sequence()
    log_id = keeper.as_signer.execute(
        "SELECT id FROM audit.log WHERE tenant_id = %s", [acme.tenant_id]
    ).fetchone()[0]
    put_object(connect(place), place, checkpoint_name(log_id, 9, bytes(32)), b"by a key that nobody has")
    starting(keeper, reading(place)).run_round(keeper.as_signer)
    assert keeper.state(acme) == ("frozen", "the bucket has checkpoints of the log by a key that is lost")
    assert keeper.checkpoints(acme) == {}
    assert keeper.state(rival)[0] == "active"
    assert keeper.checkpoints(rival)


def test_whoever_recovers_reads_with_the_signers_key(
    anchored: Workspace, keeper: Keeper, stack: Stack, place: Place
) -> None:
    environment = stack.environment("rf_signer", **settings_of(reading(place)))
    said = stack.manage("audit_recover", "--tenant", str(anchored.tenant_id), env=environment)
    # What is stored, both that stand in the bucket, and the ledger.
    assert f"{len(keeper.checkpoints(anchored)) + 2 + 1} promises" in said


def test_a_process_that_waits_says_so_with_each_heartbeat(
    acme: Workspace, keeper: Keeper, stack: Stack, superuser: Superuser, silent: Place
) -> None:
    superuser.execute("DELETE FROM audit.heartbeat")

    def beaten() -> tuple[Any, ...] | None:
        return superuser.execute(
            "SELECT at FROM audit.heartbeat WHERE process = 'signer' AND strpos(trouble, %s) > 0", [WAITS]
        ).fetchone()

    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    with process(stack, "signer", **settings_of(silent), **keys):
        wait_until(beaten)
        first = beaten()
        wait_until(lambda: beaten() != first)
    assert keeper.checkpoints(acme) == {}


def test_the_signer_takes_no_key_that_writes(stack: Stack, place: Place) -> None:
    environment = stack.environment("rf_signer", **settings_of(place))
    environment["RINGFENCE_ANCHOR_KEYS"] = str(place.keys)
    with pytest.raises(RuntimeError, match="RINGFENCE_ANCHOR_READ_KEYS"):
        stack.manage("signer", env=environment)


CHANGES: dict[str, Callable[[Any, str, str], object]] = {
    "put": lambda client, bucket, _: client.put_object(Bucket=bucket, Key="new", Body=b"1"),
    "put over": lambda client, bucket, _: client.put_object(Bucket=bucket, Key="plain", Body=b"1"),
    "copy": lambda client, bucket, _: client.copy_object(
        Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "plain"}
    ),
    "upload in parts": lambda client, bucket, _: client.create_multipart_upload(Bucket=bucket, Key="parts"),
    "delete marker": lambda client, bucket, _: client.delete_object(Bucket=bucket, Key="plain"),
    "delete": lambda client, bucket, version: client.delete_object(
        Bucket=bucket, Key="plain", VersionId=version
    ),
    "retention": lambda client, bucket, version: client.put_object_retention(
        Bucket=bucket,
        Key="plain",
        VersionId=version,
        Retention={"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=1)},
    ),
    "no versions": lambda client, bucket, _: client.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
    ),
    "a bucket more": lambda client, bucket, _: client.create_bucket(Bucket=f"{bucket}-more"),
    "no bucket": lambda client, bucket, _: client.delete_bucket(Bucket=bucket),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_signers_key_alters_nothing(place: Place, change: str) -> None:
    version = connect(place).put_object(Bucket=place.bucket, Key="plain", Body=b"1")["VersionId"]
    client = connect(reading(place))
    assert client.get_object(Bucket=place.bucket, Key="plain", VersionId=version)["Body"].read() == b"1"
    with pytest.raises(ClientError, match="AccessDenied"):
        CHANGES[change](client, place.bucket, version)
    # The key that writes is not refused: what was refused is the other key, and not the request.
    if change in {"put", "delete marker", "delete"}:
        CHANGES[change](connect(place), place.bucket, version)
