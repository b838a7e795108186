"""The log served as tlog-tiles, and proofs for whoever holds a receipt, an index or an older size."""

import gzip
import hashlib
import json
from typing import Any

import psycopg
import pytest
from django.test import Client

from audit.merkle import check_consistency, leaf_hash, tree_head
from audit.pins import Pin
from audit.policy import Policy
from audit.proofs import ConsistencyProof, TlogProof
from audit.tiles import parse_entry_bundle, split_hashes
from audit.values import Receipt
from ringfence.kernel.permissions import Role
from tests.audit.logkeeping import Keeper, checkpoint_in, happen, triggers_off
from tests.audit.test_http import api, body_of, visitor
from tests.world import Workspace


@pytest.fixture
def auditor(acme: Workspace, keeper: Keeper) -> Client:
    """An auditor of Acme, whose log is signed."""
    (keeper.stack.directory / "static").mkdir(exist_ok=True)
    client = visitor(acme)
    keeper.settle()
    return client


def grow_to(keeper: Keeper, workspace: Workspace, size: int) -> None:
    """Let the log grow to exactly `size` events, signed."""
    keeper.settle()
    happen(workspace, size - keeper.size(workspace))
    keeper.settle()
    assert keeper.size(workspace) == size


def redeem(client: Client, workspace: Workspace, receipt: str) -> Any:
    body = json.dumps({"receipt": receipt})
    return client.post(api(workspace, "receipts"), data=body, content_type="application/json")


def test_a_mirror_rebuilds_the_signed_root_from_tiles_and_entries_alone(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    grow_to(keeper, acme, 300)
    note = auditor.get(api(acme, "log/checkpoint"))
    assert note["Content-Type"] == "text/plain; charset=utf-8"
    signed = checkpoint_in(body_of(note))
    assert signed.size == 300
    leaves: list[bytes] = []
    hashes: list[bytes] = []
    for name in ("000", "001.p/44"):
        entries, tile = (auditor.get(api(acme, f"log/tile/{kind}/{name}")) for kind in ("entries", 0))
        for answer in (entries, tile):
            assert answer["Content-Type"] == "application/octet-stream"
            assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
        leaves += parse_entry_bundle(body_of(entries))
        hashes += split_hashes(body_of(tile))
    assert [leaf_hash(leaf) for leaf in leaves] == hashes
    assert tree_head(hashes) == signed.head
    above = body_of(auditor.get(api(acme, "log/tile/1/000.p/1")))
    assert above == tree_head(hashes[:256])


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("", False), ("br", False), ("gzip;q=0", False),
     ("GZIP ; q=0.000", False), ("gzip;q=0, *", False), ("*;q=0", False), ("xgzip", False)],
)  # fmt: skip
def test_entries_are_compressed_for_whoever_accepts_it_and_tiles_never(
    acme: Workspace, keeper: Keeper, auditor: Client, accepted: str, packed: bool
) -> None:
    headers = {"Accept-Encoding": accepted} if accepted else {}
    plain = body_of(auditor.get(api(acme, "log/tile/entries/000.p/3")))
    answer = auditor.get(api(acme, "log/tile/entries/000.p/3"), headers=headers)
    assert (answer.get("Content-Encoding"), "Accept-Encoding" in answer["Vary"]) == (
        "gzip" if packed else None,
        True,
    )
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    content = body_of(answer)
    assert (gzip.decompress(content) if packed else content) == plain
    assert (len(content) < len(plain)) is packed
    tile = auditor.get(api(acme, "log/tile/0/000.p/3"), headers=headers)
    assert ("Content-Encoding" in tile, len(body_of(tile))) == (False, 96)


def test_partial_tiles_are_there_up_to_the_signed_size_and_not_beyond(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    grow_to(keeper, acme, 40)
    grow_to(keeper, acme, 50)
    happen(acme, 7)
    keeper.sequence()  # 57 events with a head, and no signature
    for width, status in ((1, 200), (40, 200), (45, 200), (50, 200), (51, 404), (57, 404)):
        for kind in ("0", "entries"):
            path = f"log/tile/{kind}/000.p/{width}"
            assert auditor.get(api(acme, path)).status_code == status, path
    keeper.sign()
    assert auditor.get(api(acme, "log/tile/0/000.p/57")).status_code == 200
    # An older partial tile is the beginning of the newer one: nothing was rewritten.
    tiles = [body_of(auditor.get(api(acme, f"log/tile/0/000.p/{width}"))) for width in (40, 57)]
    assert tiles[1].startswith(tiles[0])


def test_a_full_tile_is_not_there_before_its_last_hash_is_signed(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    grow_to(keeper, acme, 250)
    happen(acme, 6)
    keeper.sequence()
    assert auditor.get(api(acme, "log/tile/0/000")).status_code == 404
    assert auditor.get(api(acme, "log/tile/1/000.p/1")).status_code == 404
    keeper.sign()
    assert len(body_of(auditor.get(api(acme, "log/tile/0/000")))) == 8192
    assert auditor.get(api(acme, "log/tile/1/000.p/1")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "0/0", "0/000.p/0", "0/000.p/256", "0/000.p/05", "0/x000/000", "64/000.p/1", "63/000", "00/000", "data/000",
        "0/000/", "0/000.p", "entries/999", "0/x999/x999/x999/x999/x999/x999/999", "0/../entries/000.p/1",
    ],
)  # fmt: skip
def test_every_other_path_is_absent(acme: Workspace, auditor: Client, path: str) -> None:
    answer = auditor.get(api(acme, f"log/tile/{path}"))
    assert (answer.status_code, answer["Cache-Control"]) == (404, "private, no-store")


def test_the_log_is_served_to_whoever_may_read_it(acme: Workspace, rival: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    size = keeper.size(acme)
    path = api(acme, f"log/tile/entries/000.p/{size}")
    assert visitor(acme).get(path).status_code == 200
    assert visitor(acme, Role.LABELER).get(path).status_code == 403
    assert visitor(rival).get(path).status_code == 404


def test_a_receipt_from_an_answers_header_is_redeemed_for_its_inclusion(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    pin_answer = auditor.get(api(acme, "pin"))
    receipt = pin_answer["Audit-Receipt"]
    pending = redeem(auditor, acme, receipt)
    assert (pending.status_code, pending.json()["code"]) == (409, "event_pending")
    keeper.settle()
    proof = TlogProof.parse(body_of(redeem(auditor, acme, receipt)))
    assert leaf_hash(proof.extra or b"") == Receipt.parse(receipt).leaf_hash
    policy = Policy.parse(body_of(auditor.get(api(acme, "policy"))).decode())
    assert proof.check(proof.extra or b"", policy).checkpoint.size == keeper.size(acme)
    assert policy.vkeys == Pin.parse(body_of(pin_answer)).policy.vkeys
    by_index = TlogProof.parse(body_of(auditor.get(api(acme, f"proofs/{proof.index}"))))
    assert (by_index.index, by_index.extra) == (proof.index, proof.extra)


@pytest.mark.parametrize("settled", [False, True])
def test_a_receipt_for_another_leaf_is_not_honoured(
    acme: Workspace, keeper: Keeper, auditor: Client, settled: bool
) -> None:
    (receipt,) = happen(acme)
    if settled:
        keeper.settle()
    forged = Receipt(receipt.event_id, hashlib.sha256(b"another").digest())
    answer = redeem(auditor, acme, forged.header)
    assert (answer.status_code, answer.json()["code"]) == (409, "receipt_not_honoured")
    good = redeem(auditor, acme, receipt.header)
    assert good.status_code == (200 if settled else 409)


@pytest.mark.parametrize(
    "receipt", ["", "x", "x;y", "{0}", "{0};", "{0};AA==", "{0};" + "A" * 43, "{0};{1};"]
)
def test_what_is_no_receipt_is_refused(acme: Workspace, auditor: Client, receipt: str) -> None:
    written = receipt.format("01890a5d-ac96-774b-bcce-b302099a8057", "A" * 43 + "=")
    assert redeem(auditor, acme, written).status_code == 400


def test_a_rivals_receipt_and_one_for_nothing_are_absent(
    acme: Workspace, rival: Workspace, keeper: Keeper, auditor: Client
) -> None:
    (receipt,) = happen(rival)
    keeper.settle()
    nothing = Receipt.parse("01890a5d-ac96-774b-bcce-b302099a8057;" + "A" * 43 + "=")
    answers = [redeem(auditor, acme, each.header) for each in (receipt, nothing)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert body_of(answers[0]) == body_of(answers[1])


def test_growth_is_proven_from_every_older_size_and_never_from_an_unsigned_one(
    acme: Workspace, keeper: Keeper, auditor: Client
) -> None:
    grow_to(keeper, acme, 20)
    old = checkpoint_in(keeper.checkpoints(acme)[20])
    grow_to(keeper, acme, 33)
    proof = ConsistencyProof.parse(body_of(auditor.get(api(acme, "consistency"), {"old": 20})))
    new = checkpoint_in(proof.checkpoint)
    assert (proof.old_size, new.size) == (20, 33)
    check_consistency(proof.path, old_size=old.size, old_head=old.head, new_size=new.size, new_head=new.head)
    for size in range(34):
        assert auditor.get(api(acme, "consistency"), {"old": size}).status_code == 200
    happen(acme, 3)
    keeper.sequence()
    assert auditor.get(api(acme, "consistency"), {"old": 34}).status_code == 404
    assert auditor.get(api(acme, "proofs/33")).json()["code"] == "event_pending"
    assert auditor.get(api(acme, "proofs/36")).status_code == 404
    assert auditor.get(api(acme, f"proofs/{10**30}")).status_code == 404
    for wrong in ("-1", "x", str(2**63)):
        assert auditor.get(api(acme, "consistency"), {"old": wrong}).status_code == 400


def test_a_damaged_log_gives_no_proof_of_growth(
    acme: Workspace, keeper: Keeper, auditor: Client, superuser: psycopg.Connection
) -> None:
    grow_to(keeper, acme, 300)
    assert auditor.get(api(acme, "consistency"), {"old": 255}).status_code == 200
    with triggers_off(superuser, "tile"):
        superuser.execute(
            "UPDATE audit.tile SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1) WHERE tenant_id = %s",
            [acme.tenant_id],
        )
    auditor.raise_request_exception = False
    answer = auditor.get(api(acme, "consistency"), {"old": 255})
    assert answer.status_code >= 500
