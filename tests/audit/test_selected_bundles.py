"""Bundles of one item, one member, one project or a stretch of time: what happened, each event proven."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from audit.manifest import BundleKind
from audit.pins import Pin
from audit.services import select_events as selecting
from audit.services.deliver import deliver
from audit.services.errors import BundleRefused
from audit.services.export_bundle import export_bundle
from audit.services.record import record
from audit.services.select_events import Selection
from audit.verbs import Verb
from audit.verify.deliveries import deliveries_of
from audit.verify.judge import Report, Verdict, judge
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Role
from tests.audit.logkeeping import Keeper, happen
from tests.audit.test_reading import take_pin
from tests.world import Workspace

DIGEST = bytes(32)


class Story:
    """Two tasks of two projects, sent to two people alone and together, one of them given back."""

    def __init__(self, workspace: Workspace, keeper: Keeper) -> None:
        self.workspace, self.keeper = workspace, keeper
        self.task, self.other, self.project, self.rest = (uuid4() for _ in range(4))
        keeper.settle()
        self.pin = take_pin(workspace)
        self.ann, self.bob = workspace.context(Role.LABELER), workspace.context(Role.REVIEWER)
        self.send(self.ann, self.task)
        self.send(self.bob, self.other, self.task)
        self.send(self.bob, self.other)
        self.release(self.ann, self.task, self.project)
        self.release(self.bob, self.other, self.rest)
        happen(workspace, 5)
        keeper.settle()

    def send(self, to: TenantContext, *tasks: UUID) -> None:
        with acting(to):
            deliver(to, Verb.TASK_DELIVERED, object_kind="task", objects=[(task, DIGEST) for task in tasks])

    def release(self, by: TenantContext, task: UUID, project: UUID) -> None:
        with acting(by):
            record(
                by, Verb.TASK_RELEASED, object_kind="task", object_id=task, detail={"project": str(project)}
            )

    def bundle(self, selection: Selection | None, from_size: int = 0) -> bytes:
        context = self.workspace.context(Role.OWNER)
        return b"".join(export_bundle(context, from_size=from_size, selection=selection).chunks())

    def chosen(self, selection: Selection) -> tuple[Report, list[tuple[str, str]]]:
        """Return the verifier's report under the old pin, and (verb, actor) of each event."""
        pin = Pin.parse(self.pin)
        report = judge(self.bundle(selection, pin.signed.checkpoint.size), pin)
        assert (report.verdict, report.bundle.kind) == (Verdict.GOOD, BundleKind.SELECTION)
        return report, [(event.core["verb"], event.pii["actor"]) for event in report.events()]  # type: ignore[index]  # all is disclosed


@pytest.fixture
def story(acme: Workspace, keeper: Keeper) -> Story:
    return Story(acme, keeper)


def test_an_items_bundle_has_what_happened_to_it_in_batches_too_and_says_not_that_only_these_did(
    story: Story,
) -> None:
    report, events = story.chosen(Selection(item_id=story.task))
    ann, bob = str(story.ann.actor_id), str(story.bob.actor_id)
    assert events == [("task.delivered", ann), ("task.delivered", bob), ("task.released", ann)]
    listed = deliveries_of(report, story.task)
    assert [event.pii["actor"] for event in listed.found] == [ann, bob]  # type: ignore[index]  # all is disclosed
    assert "not show that only these did" in listed.limit
    assert any("not that only these were" in limit for limit in report.limits)


def test_from_the_whole_log_and_the_pin_the_verifier_itself_lists_who_was_sent_the_item(
    story: Story,
) -> None:
    whole = judge(story.bundle(None), Pin.parse(story.pin))
    assert (whole.verdict, whole.bundle.kind) == (Verdict.GOOD, BundleKind.WHOLE_LOG)
    listed = deliveries_of(whole, story.task)
    assert [event.pii["actor"] for event in listed.found] == [  # type: ignore[index]  # all is disclosed
        str(story.ann.actor_id),
        str(story.bob.actor_id),
    ]
    assert (listed.closed, listed.whole) == (0, True)
    assert listed.limit.startswith("The log holds no other delivery of it.")


def test_members_projects_and_times_are_chosen_by_each_condition_together(story: Story) -> None:
    ann, bob = str(story.ann.actor_id), str(story.bob.actor_id)
    of_ann = story.chosen(Selection(member_id=story.ann.actor_id))[1]
    assert [event for event in of_ann if event[0].startswith("task.")] == [
        ("task.delivered", ann),
        ("task.released", ann),
    ]
    assert {actor for verb, actor in of_ann if verb.startswith("task.")} == {ann}
    of_project = story.chosen(Selection(project_id=story.project))[1]
    assert of_project == [("task.delivered", ann), ("task.delivered", bob), ("task.released", ann)]
    moment = timezone.now()
    assert story.chosen(Selection(item_id=story.task, since=moment + timedelta(hours=1)))[1] == []
    assert len(story.chosen(Selection(item_id=story.task, until=moment + timedelta(hours=1)))[1]) == 3


def test_the_export_is_recorded_with_what_was_chosen(story: Story) -> None:
    story.chosen(Selection(item_id=story.task))
    story.keeper.settle()
    pin = Pin.parse(story.pin)
    *_, last = judge(story.bundle(None), pin).events()
    assert last.core is not None
    assert last.core["verb"] == "audit.exported"
    assert last.core["detail"]["selected"] == {"item_id": str(story.task)}
    assert last.core["detail"]["count"] == 3


def test_a_rivals_item_is_in_no_bundle_of_ours(story: Story, rival: Workspace) -> None:
    (receipt,) = happen(rival)
    story.keeper.settle()
    assert story.chosen(Selection(item_id=receipt.event_id))[1] == []


def test_what_is_too_much_is_refused_before_the_first_byte(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(selecting, "MOST_OPENED", 3)
        with pytest.raises(BundleRefused, match="since"):
            story.bundle(Selection(item_id=story.task))
    with monkeypatch.context() as patched:
        patched.setattr(selecting, "MAX_SELECTED", 2)
        with pytest.raises(BundleRefused, match="shorter time"):
            story.bundle(Selection(item_id=story.task))
    monkeypatch.setattr(selecting, "UNIT_EVENTS", 2)
    assert len(story.chosen(Selection(item_id=story.task))[1]) == 3
