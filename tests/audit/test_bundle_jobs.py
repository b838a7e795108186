"""Bundles that a worker makes: the file that would be streamed, through every death, for those who may, for a week."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from audit.models import Body
from audit.pins import Pin
from audit.services.errors import BundleRefused
from audit.services.select_events import Selection
from audit.verify.judge import Verdict, judge
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, PermissionMissing
from ringfence.kernel.permissions import Purpose, Role
from tenants import bundles as words
from tenants.bundles import BundleGone, BundleNotReady, end_of_unit
from tenants.models import BundleJob
from tenants.services import run_bundle as running
from tenants.services.ask_bundle import ask_bundle
from tenants.services.pick_up_bundles import pick_up_bundles
from tenants.services.remove_bundle import remove_bundle
from tenants.services.stream_bundle import open_bundle, stream_bundle
from tests.annotation.deaths import dies_at
from tests.audit.bundling import (
    asked,
    at_once,
    change,
    give_up_on,
    made,
    parts_of,
    plan_of,
    progress,
    settled,
    taken,
    worked,
)
from tests.audit.logkeeping import Keeper, erase, happen
from tests.audit.test_reading import take_pin
from tests.world import Workspace

TILE = 256
EVENTS = 700


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent: each test is its own worker."""
    monkeypatch.setattr("tenants.services.ask_bundle.wake_bundle_worker", lambda *_: False)


@pytest.fixture
def pin(acme: Workspace, keeper: Keeper) -> Pin:
    """The pin of the first day; after it come 700 events, signed."""
    acme.context(Role.AUDITOR)
    acme.context(Role.OWNER)
    keeper.settle()
    kept = Pin.parse(take_pin(acme))
    happen(acme, EVENTS)
    keeper.settle()
    return kept


@pytest.fixture
def short_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """One tile in each unit."""
    monkeypatch.setattr(running, "UNIT_EVENTS", TILE)


def verbs(workspace: Workspace, keeper: Keeper) -> list[str]:
    keeper.settle()
    with acting(workspace.service(Purpose.JOB)):
        found = Body.objects.filter(object_kind="bundle").order_by("seq")
        return list(found.values_list("verb", flat=True))


def choices(pin: Pin, acme: Workspace) -> Iterator[dict[str, Any]]:
    yield {}
    yield {"from_size": pin.signed.checkpoint.size}
    yield {"selection": Selection(until=timezone.now() + timedelta(hours=1))}
    yield {"selection": Selection(until=timezone.now() - timedelta(days=400))}


@pytest.mark.usefixtures("short_units")
def test_a_worker_makes_byte_for_byte_the_file_that_is_streamed(
    acme: Workspace, pin: Pin, tmp_path: Path
) -> None:
    for choice in choices(pin, acme):
        bundle_id, plan = settled(acme, **choice)
        while (state := worked(acme, bundle_id, seconds=0)) == "waiting":
            continue
        assert state == "done"
        file = taken(acme, bundle_id)
        assert file == at_once(acme, plan)
        found = progress(acme, bundle_id)
        assert hashlib.sha256(file).hexdigest() == found.sha256
        assert (found.done, found.bytes_made) == (found.total, len(file))
        shown = Verdict.GOOD if "selection" not in choice else Verdict.NOT_ANCHORED
        assert judge(file, pin).verdict is shown


def test_both_verifiers_of_python_call_it_good(acme: Workspace, keeper: Keeper, tmp_path: Path) -> None:
    acme.context(Role.OWNER)
    keeper.settle()
    pin, bundle, alone = (tmp_path / name for name in ("pin", "bundle.zip", "verify.py"))
    pin.write_bytes(take_pin(acme))
    happen(acme, 5)
    keeper.settle()
    bundle.write_bytes(taken(acme, made(acme)))
    with zipfile.ZipFile(bundle) as archive:
        alone.write_bytes(archive.read("verify.py"))
    for verifier in (["-m", "audit.verify"], [str(alone)]):
        command = [sys.executable, *verifier, str(bundle), "--pin", str(pin)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("short_units")
def test_progress_grows_with_what_is_committed(acme: Workspace, pin: Pin) -> None:
    bundle_id = asked(acme)
    seen = [progress(acme, bundle_id)]
    while worked(acme, bundle_id, seconds=0) == "waiting":
        seen.append(progress(acme, bundle_id))
        assert len([part for part in parts_of(acme, bundle_id) if part[0] == 10]) == len(seen) - 1
    seen.append(progress(acme, bundle_id))
    total = seen[-1].total
    assert [each.done for each in seen][:3] == [0, TILE, 2 * TILE]
    assert (seen[-1].done, total > EVENTS, seen[-1].state) == (total, True, "done")
    grown = [each.bytes_made for each in seen]
    assert grown == sorted(set(grown))


@pytest.mark.usefixtures("short_units")
def test_a_bundle_survives_the_death_of_its_worker_at_every_statement(
    acme: Workspace, pin: Pin, keeper: Keeper
) -> None:
    bundle_id, plan = settled(acme)
    deaths = 0
    for statement in count(1):
        if not dies_at(lambda: worked(acme, bundle_id), statement):
            break
        deaths += 1
        give_up_on(acme, bundle_id)
    assert deaths > 20
    assert taken(acme, bundle_id) == at_once(acme, plan)
    assert verbs(acme, keeper).count("bundle.finished") == 1


@pytest.mark.usefixtures("short_units")
def test_of_two_workers_one_makes_it_and_the_other_adds_nothing(acme: Workspace, pin: Pin) -> None:
    bundle_id = asked(acme)
    first = running._Making(acme.context(Role.AUDITOR), bundle_id)
    assert first.claim()
    first.settle()
    assert first.unit() == "running"
    assert worked(acme, bundle_id) is None, "a live worker keeps what it has"
    plan = plan_of(acme, bundle_id)
    give_up_on(acme, bundle_id)
    second = running._Making(acme.context(Role.AUDITOR), bundle_id)
    assert second.claim()
    second.settle()
    assert second.unit() == "running"
    before = parts_of(acme, bundle_id)
    assert first.unit() is None, "the one that was thought dead sees that it is not alone"
    assert parts_of(acme, bundle_id) == before
    while (state := second.unit()) == "running":
        continue
    assert state == "done"
    assert first.unit() == "done"
    assert taken(acme, bundle_id) == at_once(acme, plan)


def test_a_download_is_resumed_at_any_byte_and_each_is_an_event(
    acme: Workspace, pin: Pin, keeper: Keeper
) -> None:
    bundle_id = made(acme)
    whole = taken(acme, bundle_id)
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        assert whole[:cut] + taken(acme, bundle_id, start=cut) == whole
    assert taken(acme, bundle_id, start=5, stop=9) == whole[5:9]
    assert verbs(acme, keeper) == ["bundle.asked", "bundle.finished", *["bundle.delivered"] * 6]
    assert judge(whole, pin).verdict is Verdict.GOOD


def test_it_is_kept_for_a_week_and_then_removed(acme: Workspace, pin: Pin, keeper: Keeper) -> None:
    bundle_id = made(acme)
    found = progress(acme, bundle_id)
    assert found.expires_at is not None
    assert found.finished_at is not None
    assert found.expires_at - found.finished_at == timedelta(days=7)
    pick_up_bundles(acme.service(Purpose.JOB))
    assert taken(acme, bundle_id)
    change(acme, bundle_id, expires_at=timezone.now())
    with pytest.raises(BundleGone):
        taken(acme, bundle_id)
    pick_up_bundles(acme.service(Purpose.JOB))
    assert (progress(acme, bundle_id).state, parts_of(acme, bundle_id)) == ("expired", [])
    with pytest.raises(BundleGone):
        taken(acme, bundle_id)
    assert verbs(acme, keeper)[-1] == "bundle.expired"


@pytest.mark.usefixtures("short_units")
def test_what_is_erased_is_in_no_bundle_any_more(acme: Workspace, pin: Pin, keeper: Keeper) -> None:
    finished, under_way, leaving = made(acme), asked(acme), made(acme)
    worked(acme, under_way, seconds=0)
    context = acme.context(Role.AUDITOR)
    _, pieces = stream_bundle(context, open_bundle(context, bundle_id=leaving))
    next(pieces)
    erase(acme, [3])
    with pytest.raises(BundleGone):
        list(pieces)
    with pytest.raises(BundleGone, match="erased"):
        taken(acme, finished)
    assert worked(acme, under_way) == "failed"
    pick_up_bundles(acme.service(Purpose.JOB))
    for bundle_id in (finished, under_way, leaving):
        found = progress(acme, bundle_id)
        assert (found.state, found.problem, parts_of(acme, bundle_id)) == ("failed", "erased_meanwhile", [])
    keeper.settle()
    assert judge(taken(acme, made(acme)), pin).verdict is Verdict.GOOD


def test_what_is_erased_while_the_events_are_still_being_found_is_in_no_bundle(
    acme: Workspace, pin: Pin, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = running.frame_bundle

    def found(*given: Any, **named: Any) -> Any:
        plan = real(*given, **named)
        erase(acme, [3])
        return plan

    monkeypatch.setattr(running, "frame_bundle", found)
    bundle_id = asked(acme)
    assert worked(acme, bundle_id) == "failed"
    assert (progress(acme, bundle_id).problem, parts_of(acme, bundle_id)) == ("erased_meanwhile", [])


@pytest.mark.usefixtures("short_units")
def test_when_its_key_is_destroyed_there_is_a_clear_end_and_no_file(
    acme: Workspace, pin: Pin, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished, under_way = made(acme), asked(acme)
    worked(acme, under_way, seconds=0)

    def destroyed(*_: Any, **__: Any) -> bytes:
        raise CannotOpen

    monkeypatch.setattr("tenants.keys.keyring.TenantKeyring._read_key", destroyed)
    with pytest.raises(BundleGone, match="key"):
        taken(acme, finished)
    assert worked(acme, under_way) == "failed"
    monkeypatch.undo()
    assert progress(acme, under_way).problem == words.KEYS_GONE


def test_a_changed_part_never_leaves(acme: Workspace, pin: Pin, superuser: Any) -> None:
    bundle_id = made(acme)
    size = progress(acme, bundle_id).bytes_made
    superuser.execute(
        "UPDATE tenants_bundlepart SET body = set_byte(body, length(body) - 1, get_byte(body, length(body) - 1) # 1)"
        " WHERE bundle_id = %s AND section = 10",
        [bundle_id],
    )
    with pytest.raises(BundleGone):
        taken(acme, bundle_id)
    assert len(taken(acme, bundle_id, start=size - 10)) == 10


def test_a_changed_entry_becomes_no_bundle(
    acme: Workspace, pin: Pin, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = running.bundle_entries
    monkeypatch.setattr(running, "bundle_entries", lambda *given: real(*given)[:-1])
    bundle_id = asked(acme)
    assert worked(acme, bundle_id) == "failed"
    assert (progress(acme, bundle_id).problem, parts_of(acme, bundle_id)) == (words.PROOF_WRONG, [])


def test_removed_is_removed_while_it_is_made_and_after(acme: Workspace, pin: Pin, keeper: Keeper) -> None:
    owner = acme.context(Role.OWNER)
    waiting, finished = asked(acme), made(acme)
    for bundle_id in (waiting, finished):
        remove_bundle(owner, bundle_id=bundle_id)
        assert (progress(acme, bundle_id).state, parts_of(acme, bundle_id)) == ("removed", [])
        with pytest.raises(BundleGone):
            remove_bundle(owner, bundle_id=bundle_id)
        with pytest.raises(BundleGone):
            taken(acme, bundle_id)
    assert worked(acme, waiting) is None
    assert verbs(acme, keeper).count("bundle.removed") == 2


def test_others_have_none_of_it(acme: Workspace, rival: Workspace, pin: Pin) -> None:
    bundle_id = made(acme)
    for act in (open_bundle, remove_bundle):
        with pytest.raises(NotFound):
            act(rival.context(Role.OWNER), bundle_id=bundle_id)
        with pytest.raises(PermissionMissing):
            act(acme.context(Role.LABELER), bundle_id=bundle_id)
    with pytest.raises(PermissionMissing):
        ask_bundle(acme.context(Role.MANAGER))
    assert running.run_bundle(rival.context(Role.OWNER), bundle_id=bundle_id) is None


def test_what_cannot_be_made_is_refused_at_once_or_said_later(
    acme: Workspace, pin: Pin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BundleRefused, match="no checkpoint"):
        asked(acme, from_size=10**6)
    monkeypatch.setattr("audit.services.select_events.MAX_SELECTED", 2)
    bundle_id = asked(acme, selection=Selection(until=timezone.now()))
    assert worked(acme, bundle_id) == "failed"
    assert progress(acme, bundle_id).problem == words.REFUSED
    monkeypatch.setattr("tenants.services.ask_bundle.MOST_KEPT", 1)
    asked(acme)
    with pytest.raises(BundleRefused, match="keeps 1"):
        asked(acme)


def test_an_unfinished_bundle_has_no_file_yet(acme: Workspace, pin: Pin) -> None:
    with pytest.raises(BundleNotReady):
        taken(acme, asked(acme))


def test_idle_bundles_are_sent_again_and_end_with_their_askers_access(
    acme: Workspace, pin: Pin, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[UUID] = []

    def wake(tenant: str, bundle_id: UUID, ticket: str) -> bool:
        sent.append(bundle_id)
        return True

    monkeypatch.setattr("tenants.services.pick_up_bundles.wake_bundle_worker", wake)
    bundle_id = asked(acme)
    assert pick_up_bundles(acme.service(Purpose.JOB)) == 0
    change(acme, bundle_id, asked_at=timezone.now() - timedelta(minutes=1))
    assert pick_up_bundles(acme.service(Purpose.JOB)) == 1
    change(acme, bundle_id, state="running", beat_at=timezone.now())
    assert pick_up_bundles(acme.service(Purpose.JOB)) == 0
    give_up_on(acme, bundle_id)
    assert pick_up_bundles(acme.service(Purpose.JOB)) == 1
    assert sent == [bundle_id] * 2
    with acting(acme.service(Purpose.JOB)):
        context = acme.service(Purpose.JOB)
        forged = context.keyring.seal(b"no.ticket", field=BundleJob.ticket, row=bundle_id)
    change(acme, bundle_id, ticket=forged)
    assert pick_up_bundles(acme.service(Purpose.JOB)) == 0
    assert progress(acme, bundle_id).problem == words.ACCESS_ENDED


def test_a_unit_never_ends_inside_a_tile() -> None:
    assert end_of_unit(range(1_000), 0, 256) == 256
    assert end_of_unit(range(1_000), 768, 256) == 1_000
    assert end_of_unit((1, 5, 255, 256, 300), 0, 1) == 3
    assert end_of_unit((1, 5, 255, 256, 300), 3, 1) == 5
    assert end_of_unit((), 0, 1) == 0
