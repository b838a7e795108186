"""A log that was set back is put back from the bucket, goes on under the same key, and says what it lost."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from audit.anchors import refill as refilling
from audit.anchors.bucket import Place, connect
from audit.anchors.rebuild import Found, checkpoints_in
from audit.anchors.refill import refill
from audit.anchors.rounds import Anchorer
from audit.errors import ProofRejected
from audit.leaf import Half
from audit.merkle import check_consistency, consistency_path, leaf_hash
from audit.models import Body
from audit.pins import Pin
from audit.services.export_bundle import export_bundle
from audit.services.pin_file import pin_file
from audit.services.proof_of import redeem_receipt
from audit.values import Receipt
from audit.verbs import Verb
from audit.verify.judge import Report, Verdict, judge
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Role
from tests.audit.logkeeping import Keeper, checkpoint_in, happen, set_back, triggers_off
from tests.audit.test_anchors import log_of, stored_leaves
from tests.stack import REPO
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture
def kept(acme: Workspace, keeper: Keeper, place: Place) -> list[Receipt]:
    """A log of 305 events that stands in the bucket; the receipts of its last five."""
    keeper.settle()
    for _ in range(5):
        happen(acme, 50)
    happen(acme, 48)
    keeper.settle()
    receipts = happen(acme, 5)
    keeper.settle()
    assert Anchorer(place).run_round(keeper.as_signer, acme.tenant_id) == 1
    return receipts


def command(keeper: Keeper, role: str, *words: str, place: Place | None = None) -> tuple[int, str]:
    env = keeper.stack.environment(role)
    if role == "rf_signer":
        env["RINGFENCE_SUPERUSER_URL"] = keeper.stack.cluster.superuser_url("postgres")
    if place is not None:
        env |= {
            "RINGFENCE_ANCHOR_BUCKET": place.bucket,
            "RINGFENCE_ANCHOR_ENDPOINT": place.endpoint,
            "RINGFENCE_ANCHOR_DAYS": str(place.days),
            "RINGFENCE_ANCHOR_KEYS": str(place.keys),
        }
    done = subprocess.run(
        [sys.executable, str(REPO / "manage.py"), *words],
        env=env, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def put_back(keeper: Keeper, workspace: Workspace, place: Place) -> tuple[int, str]:
    return command(
        keeper, "rf_signer", "audit_recover", "--refill", "--tenant", str(workspace.tenant_id), place=place
    )


def go_on(keeper: Keeper, workspace: Workspace) -> tuple[int, str]:
    return command(keeper, "rf_worker", "audit_resume", "--tenant", str(workspace.tenant_id))


def anchored(keeper: Keeper, workspace: Workspace, place: Place) -> Found:
    log_id, origin, vkey = log_of(keeper, workspace)
    return checkpoints_in(connect(place), place, log_id=log_id, origin=origin, vkey=vkey)[-1]


def frozen(superuser: Superuser, workspace: Workspace) -> None:
    superuser.execute("SELECT audit.freeze_log(%s, 'set back')", [workspace.tenant_id])


def pin_of(workspace: Workspace) -> Pin:
    context = workspace.context(Role.OWNER)
    with acting(context):
        return Pin.parse(pin_file(context).content)


def judged(workspace: Workspace, pin: Pin) -> Report:
    """Export the whole log, and hold it against a pin that a customer kept."""
    return judge(b"".join(export_bundle(workspace.context(Role.OWNER)).chunks()), pin)


@pytest.mark.parametrize("size", [2, 300])
def test_a_log_that_was_set_back_goes_on_where_it_was(
    acme: Workspace,
    keeper: Keeper,
    superuser: Superuser,
    place: Place,
    kept: list[Receipt],
    size: int,
) -> None:
    whole, head, before = stored_leaves(keeper, acme), anchored(keeper, acme, place), pin_of(acme)
    set_back(superuser, acme, size)
    code, said = put_back(keeper, acme, place)
    assert code == 0, said
    assert f"put back {305 - size} events: {size} to 305" in said
    assert f"{305 - size} events are without their bodies" in said
    assert stored_leaves(keeper, acme) == whole
    # Nothing goes on by itself.
    assert keeper.state(acme)[0] == "frozen"
    assert any("not one body" in each for each in keeper.report(acme).problems)

    code, said = go_on(keeper, acme)
    assert code == 0, said
    assert keeper.state(acme) == ("active", None)
    keeper.settle()
    assert keeper.report(acme).problems == ()
    grown = stored_leaves(keeper, acme)
    assert grown[:305] == whole
    size_now = max(keeper.checkpoints(acme))
    assert size_now == len(grown) > 305
    hashes = [leaf_hash(leaf) for leaf in grown]
    check_consistency(
        consistency_path(hashes, 305), old_size=305, old_head=head.root,
        new_size=size_now, new_head=checkpoint_in(keeper.checkpoints(acme)[size_now]).head,
    )  # fmt: skip
    # The loss stands in the log; a receipt of an event whose body is lost is still honoured, and a bundle verifies.
    context = acme.context(Role.AUDITOR)
    with acting(context):
        assert Body.objects.get(verb=Verb.LOG_RECOVERED.value).seq >= 305
        assert [redeem_receipt(context, each).index for each in kept] == [300, 301, 302, 303, 304]
        with pytest.raises(NotFound):
            redeem_receipt(context, Receipt(kept[0].event_id, bytes(32)))
    report = judged(acme, before)
    assert report.verdict is Verdict.GOOD
    assert report.pinned is not None
    assert (report.pinned.size, report.tally.count) == (305, report.tally.disclosed[Half.CORE] + 305 - size)


def test_an_event_that_waits_again_gets_its_body_back(
    acme: Workspace, keeper: Keeper, superuser: Superuser, place: Place, kept: list[Receipt]
) -> None:
    """In an older copy of the database the newest events are those that were not in the log yet."""
    with triggers_off(superuser, "pending"):
        superuser.execute(
            "INSERT INTO audit.pending (tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii)"
            " SELECT b.tenant_id, b.id, b.verb, b.actor_id, b.object_kind, b.object_id, b.at, e.leaf, b.core, b.pii"
            " FROM audit.body b JOIN audit.entry e USING (tenant_id, seq) WHERE b.tenant_id = %s AND b.seq >= 303",
            [acme.tenant_id],
        )
    set_back(superuser, acme, 300)
    code, said = put_back(keeper, acme, place)
    assert code == 0, said
    assert "3 events are without their bodies" in said
    assert go_on(keeper, acme)[0] == 0
    keeper.settle()
    assert keeper.report(acme).problems == ()
    context = acme.context(Role.AUDITOR)
    with acting(context):
        assert [row.id for row in Body.objects.filter(seq__in=(303, 304)).order_by("seq")] == [
            each.event_id for each in kept[3:]
        ]
        assert Body.objects.latest("seq").seq == 305


def test_a_run_that_was_cut_off_is_gone_on_with(
    acme: Workspace, keeper: Keeper, superuser: Superuser, place: Place, kept: list[Receipt],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(refilling, "SLICE_EVENTS", 100)
    whole, head, log_id = stored_leaves(keeper, acme), anchored(keeper, acme, place), log_of(keeper, acme)[0]
    set_back(superuser, acme, 2)
    frozen(superuser, acme)
    append, calls = refilling._append, []

    def cut_off(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return append(*args)

    monkeypatch.setattr(refilling, "_append", cut_off)
    with pytest.raises(KeyboardInterrupt):
        refill(superuser, connect(place), place, tenant_id=acme.tenant_id, log_id=log_id, head=head)
    assert keeper.size(acme) == 202
    done = refill(superuser, connect(place), place, tenant_id=acme.tenant_id, log_id=log_id, head=head)
    assert (done.before, done.after) == (202, 305)
    assert stored_leaves(keeper, acme) == whole
    assert not [
        each for each in keeper.report(acme).problems if "body" not in each and "personal" not in each
    ]
    done = refill(superuser, connect(place), place, tenant_id=acme.tenant_id, log_id=log_id, head=head)
    assert (done.before, done.after) == (305, 305)


def test_a_bucket_that_answers_otherwise_the_second_time_writes_nothing(
    acme: Workspace, keeper: Keeper, superuser: Superuser, place: Place, kept: list[Receipt],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    head, log_id = anchored(keeper, acme, place), log_of(keeper, acme)[0]
    set_back(superuser, acme, 2)
    frozen(superuser, acme)
    read, times = refilling.leaves_in, []

    def lying(*args: Any, **more: Any) -> Iterator[bytes]:
        times.append(1)
        for leaf in read(*args, **more):
            yield leaf if len(times) == 1 else leaf[:-1] + b"?"

    monkeypatch.setattr(refilling, "leaves_in", lying)
    with pytest.raises(ProofRejected, match="a moment ago"):
        refill(superuser, connect(place), place, tenant_id=acme.tenant_id, log_id=log_id, head=head)
    assert keeper.size(acme) == 2


def test_a_fork_is_neither_put_back_nor_let_go_on(
    acme: Workspace, keeper: Keeper, superuser: Superuser, place: Place, kept: list[Receipt]
) -> None:
    set_back(superuser, acme, 2)
    happen(acme, 30)
    keeper.sequence()
    frozen(superuser, acme)
    head, log_id = anchored(keeper, acme, place), log_of(keeper, acme)[0]
    with pytest.raises(ProofRejected, match="not the first ones"):
        refill(superuser, connect(place), place, tenant_id=acme.tenant_id, log_id=log_id, head=head)
    code, said = put_back(keeper, acme, place)
    assert code == 1
    assert "not put back: the events in the database are not the first ones" in said
    code, said = go_on(keeper, acme)
    assert code == 1
    assert "No log of this tenant waits" in said
    assert (keeper.size(acme), keeper.state(acme)[0]) == (32, "frozen")


def test_what_the_bucket_lacks_keeps_the_log_frozen(
    acme: Workspace, keeper: Keeper, superuser: Superuser, place: Place, kept: list[Receipt]
) -> None:
    happen(acme, 4)
    keeper.settle()
    set_back(superuser, acme, 2)
    code, said = put_back(keeper, acme, place)
    assert code == 1
    assert "put back 303 events" in said
    assert "speaks of 309" in said
    assert go_on(keeper, acme)[0] == 1
    assert keeper.state(acme)[0] == "frozen"


def test_a_log_that_was_frozen_by_mistake_goes_on_and_lost_nothing(
    acme: Workspace, keeper: Keeper, superuser: Superuser, place: Place
) -> None:
    keeper.settle()
    frozen(superuser, acme)
    code, said = put_back(keeper, acme, place)
    assert (code, "0 events are without" in said) == (0, True), said
    assert go_on(keeper, acme)[0] == 0
    keeper.settle()
    assert keeper.report(acme).problems == ()


def test_a_body_that_goes_after_a_recovery_is_missed(
    acme: Workspace, keeper: Keeper, superuser: Superuser, place: Place, kept: list[Receipt]
) -> None:
    set_back(superuser, acme, 300)
    assert put_back(keeper, acme, place)[0] == 0
    assert go_on(keeper, acme)[0] == 0
    keeper.settle()
    assert keeper.report(acme).problems == ()
    with triggers_off(superuser, "recovery"):
        superuser.execute("UPDATE audit.recovery SET lost = 4 WHERE log_id = %s", [log_of(keeper, acme)[0]])
    assert any("not one body" in each for each in keeper.report(acme).problems)
    with triggers_off(superuser, "recovery"):
        superuser.execute("UPDATE audit.recovery SET lost = 5 WHERE log_id = %s", [log_of(keeper, acme)[0]])
    with triggers_off(superuser, "body"):
        superuser.execute("DELETE FROM audit.body WHERE tenant_id = %s AND seq = 7", [acme.tenant_id])
    assert any("not one body" in each for each in keeper.report(acme).problems)
    # Nor does a recovery that counts one more explain a body that is missing elsewhere.
    with triggers_off(superuser, "recovery"):
        superuser.execute(
            "UPDATE audit.recovery SET from_size = 299, lost = 6 WHERE log_id = %s",
            [log_of(keeper, acme)[0]],
        )
    assert any("not one body" in each for each in keeper.report(acme).problems)


def test_nothing_waits_for_a_sound_log(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    code, said = go_on(keeper, acme)
    assert (code, "No log of this tenant waits" in said) == (1, True)
