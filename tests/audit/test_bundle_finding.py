"""Chosen events of a bundle that a worker makes are found in slices, without the end that one request has."""

from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from audit.services import select_events as selecting
from audit.services.deliver import deliver
from audit.services.errors import BundleRefused
from audit.services.record import record
from audit.services.select_events import Selection
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants import bundles as words
from tenants.models import BundleJob
from tenants.pages.bundles import polled
from tenants.services import run_bundle as running
from tests.annotation.deaths import dies_at
from tests.audit.bundling import asked, at_once, give_up_on, progress, settled, taken, worked
from tests.audit.logkeeping import Keeper, erase, happen
from tests.world import Workspace

EVENTS = 700


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent: each test is its own worker."""
    monkeypatch.setattr("tenants.services.ask_bundle.wake_bundle_worker", lambda *_: False)


@pytest.fixture
def pin(acme: Workspace, keeper: Keeper) -> None:
    """700 events."""
    acme.context(Role.AUDITOR)
    happen(acme, EVENTS)
    keeper.settle()


class TestFound:
    """From where it stopped, once, and in bounded memory."""

    @pytest.fixture
    def choice(self, acme: Workspace, pin: None, keeper: Keeper) -> Selection:
        """A project, and one of its tasks that two batches name."""
        project, task = uuid4(), uuid4()
        by = acme.context(Role.LABELER)
        with acting(by):
            for _ in range(2):
                deliver(
                    by,
                    Verb.TASK_DELIVERED,
                    object_kind="task",
                    objects=[(each, bytes(32)) for each in (task, uuid4())],
                )
            record(
                by, Verb.TASK_RELEASED, object_kind="task", object_id=task, detail={"project": str(project)}
            )
        keeper.settle()
        return Selection(item_id=task, project_id=project)

    @pytest.fixture(autouse=True)
    def _short_slices(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selecting, "UNIT_EVENTS", 100)
        monkeypatch.setattr(selecting, "MOST_OPENED", 50)

    def test_a_worker_finds_what_one_request_may_not(self, acme: Workspace, choice: Selection) -> None:
        context = acme.context(Role.AUDITOR)
        for each in (Selection(item_id=choice.item_id), Selection(project_id=choice.project_id), choice):
            with pytest.raises(BundleRefused, match="worker make the bundle"):
                selecting.select_events(context, each, size=700)
            bundle_id, plan = settled(acme, selection=each)
            found = progress(acme, bundle_id)
            assert found.opened == found.to_open > EVENTS
            assert found.total == len(plan.indexes) == 3
            assert worked(acme, bundle_id) == "done"
            assert taken(acme, bundle_id) == at_once(acme, plan)
            with acting(context):
                assert BundleJob.objects.get(id=bundle_id).finding is None

    def test_it_goes_on_where_it_stopped_and_shows_how_far_it_is(
        self, acme: Workspace, choice: Selection
    ) -> None:
        bundle_id, seen = asked(acme, selection=choice), [0]
        said: set[tuple[str, bool]] = set()
        while (state := worked(acme, bundle_id, seconds=0)) == "waiting":
            found = progress(acme, bundle_id)
            seen.append(found.opened)
            assert found.opened <= found.to_open
            said.add((polled(found)["state"], polled(found)["say"].endswith("events opened")))
        assert state == "done"
        assert ("waiting-finding", True) in said
        assert polled(progress(acme, bundle_id))["state"] == "done"
        assert seen == sorted(seen)
        assert len(set(seen)) > 14, "two passes over more than 700 events, 100 at a time"
        assert progress(acme, bundle_id).total == 3

    def test_its_worker_dies_at_every_statement(
        self, acme: Workspace, choice: Selection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(selecting, "UNIT_EVENTS", 400)
        _, plan = settled(acme, selection=choice)
        bundle_id, deaths, opened = asked(acme, selection=choice), 0, [0]
        for statement in count(1):
            if not dies_at(lambda: worked(acme, bundle_id), statement):
                break
            deaths += 1
            opened.append(progress(acme, bundle_id).opened)
            give_up_on(acme, bundle_id)
        assert deaths > 20
        assert opened == sorted(opened)
        assert taken(acme, bundle_id)
        assert progress(acme, bundle_id).total == len(plan.indexes)

    def test_of_two_workers_one_finds_and_the_other_stops(self, acme: Workspace, choice: Selection) -> None:
        bundle_id = asked(acme, selection=choice)
        first, second = (running._Making(acme.context(Role.AUDITOR), bundle_id) for _ in range(2))
        assert first.claim()
        assert first.settle() == "running"
        give_up_on(acme, bundle_id)
        assert second.claim()
        late = selecting.find_more

        def overtaken(*given: Any, **named: Any) -> Any:
            found = late(*given, **named)
            with pytest.MonkeyPatch.context() as back:
                back.setattr(running, "find_more", late)
                assert second.settle() == "running"
            return found

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(running, "find_more", overtaken)
            assert first.settle() is None
        assert progress(acme, bundle_id).opened == 100

    def test_what_is_erased_between_two_slices_is_in_no_bundle(
        self, acme: Workspace, choice: Selection
    ) -> None:
        bundle_id = asked(acme, selection=choice)
        assert worked(acme, bundle_id, seconds=0) == "waiting"
        erase(acme, [3])
        assert worked(acme, bundle_id) == "failed"
        assert progress(acme, bundle_id).problem == words.ERASED_MEANWHILE

    @pytest.mark.parametrize(
        ("what", "why"), [("MAX_SELECTED", "events fit"), ("MOST_TASKS", "tasks belong")]
    )
    def test_too_much_is_refused_as_soon_as_it_is_known(
        self, acme: Workspace, choice: Selection, monkeypatch: pytest.MonkeyPatch, what: str, why: str
    ) -> None:
        monkeypatch.setattr(selecting, what, 0)
        bundle_id = asked(acme, selection=choice)
        assert worked(acme, bundle_id) == "failed"
        assert progress(acme, bundle_id).problem == words.REFUSED
        monkeypatch.setattr(selecting, "MOST_OPENED", 10_000)
        with pytest.raises(BundleRefused, match=why):
            selecting.select_events(acme.context(Role.AUDITOR), choice, size=progress(acme, bundle_id).size)

    def test_how_far_it_is_is_kept_whole(self) -> None:
        finding = selecting.Finding(True, 7, frozenset({uuid4(), uuid4()}), (1, 2), 9, False)
        assert selecting.Finding.parse(finding.to_bytes()) == finding
