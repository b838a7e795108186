"""What a customer gets of the witnesses: the proof for their own log, the page, and their own k of n."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import override_settings

from audit.database import Database
from audit.errors import NoteRejected, ProofRejected
from audit.meta import requirement_in
from audit.pages.picture import picture_of
from audit.pins import Pin
from audit.proofs import TlogProof
from audit.publisher import asking
from audit.services.choose_witnesses import choose_witnesses
from audit.services.export_bundle import export_bundle
from audit.services.log_picture import BIN, BINS, REACH, log_picture
from audit.services.pin_file import pin_file
from audit.services.timeline import Filters, timeline
from audit.services.witnessed import NestedProof, NotWitnessed, watch, witnessed
from audit.verbs import Verb
from audit.verify.judge import Verdict, judge
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, PermissionMissing
from ringfence.kernel.permissions import Role
from tests.audit.logkeeping import Keeper, entered, happen, triggers_off
from tests.audit.publishing import Town, meta_size, meta_vkey, publish
from tests.audit.test_erasure import client_of
from tests.audit.test_publisher import dead
from tests.stack import Stack
from tests.tenants.browser import Visitor
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def static_files(stack: Stack) -> None:
    """Whitenoise warns of a folder that only an install's set-up makes, and warnings are errors."""
    (stack.directory / "static").mkdir(exist_ok=True)


@pytest.fixture
def publishing(keeper: Keeper) -> Iterator[Database]:
    with keeper.connect("rf_publisher") as database:
        yield database


@pytest.fixture
def town(keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr(asking, "SKEW_SECONDS", 10**10)
    with ExitStack() as stack:
        town = Town(tmp_path, meta_vkey(keeper), stack)
        (tmp_path / "policy").write_text(town.text())
        stack.enter_context(override_settings(WITNESS_POLICY=str(tmp_path / "policy")))
        yield town


def proof(workspace: Workspace) -> NestedProof:
    context = workspace.context(Role.AUDITOR)
    with acting(context):
        return witnessed(context)


def pin(workspace: Workspace) -> bytes:
    context = workspace.context(Role.AUDITOR)
    with acting(context):
        return pin_file(context).content


def test_a_customer_proves_with_the_pin_alone_that_the_witnesses_know_its_log(
    acme: Workspace, rival: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    happen(acme, 300)
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    kept = pin(acme).decode()
    policy = requirement_in(kept)
    assert policy is not None
    for workspace in (acme, rival):
        given = proof(workspace)
        assert given.note == keeper.checkpoints(workspace)[given.size]
        read = TlogProof.parse(given.content)
        assert (read.to_bytes(), read.extra) == (given.content, given.note)
        signed = read.check(given.note, policy)
        assert {each.name for each in signed.cosigners} == {"a.example/w", "b.example/w"}
    with pytest.raises(ProofRejected):
        read.check(proof(acme).note, policy)
    # The same pin is read by whoever knows of no meta-log: to them these are comments.
    assert dict(Pin.parse(kept.encode()).policy.witnesses) == {}
    assert Pin.parse(kept.encode()).signed.checkpoint.size == max(keeper.checkpoints(acme))


def test_a_bundle_brings_it_and_is_good_under_a_pin_that_wants_it(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    town.now = int(time.time())
    kept = Pin.parse(pin(acme))
    happen(acme, 300)
    keeper.settle()
    before = judge(bundle(acme), kept)
    assert before.verdict is Verdict.NOT_ANCHORED
    assert "wants 2 of 2 witnesses" in str(before.why_not_anchored)
    publish(town.publisher(), keeper, publishing, superuser)
    happen(acme)
    keeper.settle()
    for from_size in (0, kept.signed.checkpoint.size):
        report = judge(bundle(acme, from_size), kept, oldest=town.now)
        assert (report.verdict, report.why_not_anchored) == (Verdict.GOOD, None)
        assert report.known is not None
        assert report.known.checkpoint.size < report.bundle.checkpoint.size
        assert {each.name for each in report.known.cosigners} == {"a.example/w", "b.example/w"}


def bundle(workspace: Workspace, from_size: int = 0) -> bytes:
    return b"".join(export_bundle(workspace.context(Role.AUDITOR), from_size=from_size).chunks())


def test_what_too_few_have_cosigned_is_not_called_witnessed(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    town.instead["b"] = dead
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    with pytest.raises(NotWitnessed):
        proof(acme)
    owner = acme.context(Role.OWNER)
    with acting(owner):
        choose_witnesses(owner, wanted=1)
    given = proof(acme)
    one = requirement_in(pin(acme).decode())
    assert one is not None
    assert len(TlogProof.parse(given.content).check(given.note, one).cosigners) == 1
    with pytest.raises(NoteRejected, match="quorum"):
        TlogProof.parse(given.content).check(given.note, town.policy())


def test_an_older_tree_that_enough_cosigned_stays_the_proof_while_a_witness_is_away(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    keeper.settle()
    publisher = town.publisher()
    publish(publisher, keeper, publishing, superuser)
    before = proof(acme)
    town.instead["a"] = dead
    happen(acme)
    keeper.settle()
    publish(publisher, keeper, publishing, superuser)
    after = proof(acme)
    assert (after.size, after.signed.checkpoint) == (before.size, before.signed.checkpoint)
    assert before.signed.checkpoint.size < meta_size(keeper)


def test_an_idle_log_is_proven_under_the_newest_tree(
    acme: Workspace, rival: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    acme.someone(Role.AUDITOR)
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    first = proof(acme)
    town.now += 86_400
    happen(rival)
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    assert proof(acme).note == first.note
    assert {each.timestamp for each in proof(acme).signed.cosigners} == {town.now}


def test_how_many_must_cosign_is_the_owners_choice_and_in_the_log(
    acme: Workspace, keeper: Keeper, town: Town
) -> None:
    owner, admin = acme.context(Role.OWNER), acme.context(Role.ADMIN)
    with acting(admin), pytest.raises(PermissionMissing):
        choose_witnesses(admin, wanted=1)
    for wrong in (0, 3):
        with acting(owner), pytest.raises(Invalid, match="from 1 to 2"):
            choose_witnesses(owner, wanted=wrong)
    assert wanted(acme) == 2
    with acting(owner):
        choose_witnesses(owner, wanted=1)
    keeper.settle()
    assert wanted(acme) == 1
    context = acme.context(Role.AUDITOR)
    with acting(context):
        (line,) = timeline(context, Filters(verb=Verb.WITNESSES_CHOSEN), limit=5).lines
    assert (line.detail["wanted"], line.detail["of"]) == (1, 2)


def test_the_picture_of_the_day_shows_when_enough_witnesses_watched(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    town.now += 3 * 3_600
    town.instead["b"] = dead
    happen(acme)
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    context = acme.context(Role.AUDITOR)
    with acting(context):
        now = datetime.fromtimestamp(town.now + 60, UTC)
        picture = log_picture(context, now=now)
        young = log_picture(context, now=acme_opened(superuser, acme) + BIN * 2)
    counts = [each.watching for each in picture.bins]
    # Both for an hour and a quarter, then nobody, then one of the two that are wanted.
    assert counts == [0] * (BINS - 13) + [2] * REACH + [0] * 7 + [1]
    assert (picture.wanted, picture.unwatched) == (2, BINS - REACH)
    drawn = picture_of(picture)
    assert [cell.watch for cell in drawn.cells[-2:]] == ["bad", "warn"]
    assert drawn.cells[-13].watch == "ok"
    assert "1 of the 2 wanted witnesses" in drawn.cells[-1].words
    assert f"In {BINS - REACH} quarters of an hour fewer witnesses" in drawn.summary
    # Nobody could watch a log that was not there.
    assert [each.watching for each in young.bins[:-3]] == [None] * (BINS - 3)
    assert young.bins[-1].watching is not None


def acme_opened(superuser: Superuser, workspace: Workspace) -> datetime:
    (opened,) = superuser.execute(
        "SELECT opened_at FROM audit.log WHERE tenant_id = %s", [workspace.tenant_id]
    ).fetchone() or (None,)
    assert isinstance(opened, datetime)
    return opened


def test_a_script_chooses_how_many_and_sees_who_watches(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    owner, auditor = (client_of(acme.someone(role)) for role in (Role.OWNER, Role.AUDITOR))
    address = f"/api/v1/{acme.public_id}/audit/witnesses"
    seen = json.loads(auditor.get(address).content)
    assert (seen["wanted"], seen["met"], seen["size"]) == (2, True, max(keeper.checkpoints(acme)))
    assert {each["key_name"] for each in seen["watchers"]} == {"a.example/w", "b.example/w"}
    chosen = owner.put(address, {"wanted": 1}, content_type="application/json")
    assert json.loads(chosen.content)["wanted"] == 1 == wanted(acme)
    for body in ({"wanted": 3}, {"wanted": 0}, {"wanted": "all"}, {}):
        assert owner.put(address, body, content_type="application/json").status_code == 400, body
    assert auditor.put(address, {"wanted": 2}, content_type="application/json").status_code == 403
    assert wanted(acme) == 1
    with override_settings(WITNESS_POLICY=None):
        assert json.loads(auditor.get(address).content) == {
            "watchers": [], "wanted": 0, "size": None, "at": None, "met": False,
        }  # fmt: skip
        assert owner.put(address, {"wanted": 1}, content_type="application/json").status_code == 400


def wanted(workspace: Workspace) -> int:
    context = workspace.context(Role.AUDITOR)
    with acting(context):
        seen = watch(context)
    assert seen is not None
    return seen.wanted


@pytest.mark.parametrize("policy", [None, "/nonexistent/policy"])
def test_without_witnesses_nothing_is_claimed(acme: Workspace, keeper: Keeper, policy: str | None) -> None:
    keeper.settle()
    with override_settings(WITNESS_POLICY=policy):
        context = acme.context(Role.AUDITOR)
        with acting(context):
            assert watch(context) is None
        with pytest.raises(NotWitnessed):
            proof(acme)
        assert requirement_in(pin(acme).decode()) is None
        page = Visitor(acme.someone(Role.AUDITOR)).get(f"/w/{acme.public_id}/audit").content.decode()
        assert "the operator has named no witnesses" in page


def test_a_damaged_line_is_no_proof_and_breaks_no_page(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    assert proof(acme)
    with triggers_off(superuser, "cosignature"):
        superuser.execute(
            "UPDATE audit.cosignature SET line = overlay(line placing 'AAAA' from 60) WHERE size = %s",
            [meta_size(keeper)],
        )
    with pytest.raises(NoteRejected):
        proof(acme)
    context = acme.context(Role.AUDITOR)
    with acting(context):
        seen = watch(context)
    assert seen is not None
    assert (seen.size, seen.met) == (None, False)


def test_the_page_names_each_witness_and_takes_the_owners_choice(
    acme: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser
) -> None:
    town.instead["b"] = dead
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    owner = Visitor(acme.someone(Role.OWNER))
    page = owner.get(f"/w/{acme.public_id}/audit").content.decode()
    assert "Not watched" in page
    assert "Not heard of yet" in page
    assert "2 of 2 must have cosigned" in page
    assert owner.post(f"/w/{acme.public_id}/audit/witnesses", {"wanted": "1"}).status_code == 302
    assert "1 of 2 must have cosigned" in owner.get(f"/w/{acme.public_id}/audit").content.decode()
    auditor = Visitor(acme.someone(Role.AUDITOR))
    assert 'name="wanted"' not in auditor.get(f"/w/{acme.public_id}/audit").content.decode()


def test_a_service_learns_of_the_meta_log_its_own_leaf_and_hashes(
    acme: Workspace, rival: Workspace, keeper: Keeper, town: Town, publishing: Database, superuser: Superuser,
    stack: Stack,
) -> None:  # fmt: skip
    keeper.settle()
    publish(town.publisher(), keeper, publishing, superuser)
    names = [name for (name,) in superuser.execute("SELECT DISTINCT witness FROM audit.cosignature")]
    with entered(stack, acme.tenant_id) as connection:
        (row,) = connection.execute("SELECT leaf FROM audit.witnessed(%s, 1)", [names]).fetchall()
        assert bytes(row[0]) in keeper.checkpoints(acme).values()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM audit.cosignature")
    with entered(stack, rival.tenant_id) as connection:
        rows = connection.execute("SELECT tenant_id FROM audit.entry UNION SELECT tenant_id FROM audit.tile")
        assert set(rows.fetchall()) <= {(rival.tenant_id,)}
