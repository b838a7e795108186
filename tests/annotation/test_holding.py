"""Holding items: heartbeat, times that clients tell, leases and schemas that change under somebody's hands."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from annotation.errors import AnswerInvalid, TaskNotHeld
from annotation.models import Draft, PersonCount, Slot, Submission
from annotation.services.beat import beat
from annotation.services.set_schema import set_schema
from annotation.services.sweep_leases import sweep_leases
from annotation.services.take_tasks import take_tasks
from annotation.services.unassign_member import unassign_member
from annotation.values import EmptyReason, ProjectRight
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tests.annotation.conftest import Logged
from tests.annotation.doing import save, submit
from tests.annotation.making import SCHEMA, hold_since, new_work
from tests.annotation.queueing import end_leases, take, why
from tests.world import Workspace


class TestHeartbeat:
    def test_it_extends_says_what_is_lost_and_tells_versions(self, acme: Workspace, logged: Logged) -> None:
        work = new_work(acme)
        one, two, three = work.add("one", "two", "three")
        someone, colleague = work.labeler(), work.labeler(1)
        take(someone, work, 2)
        take(colleague, work)
        soon = timezone.now() + timedelta(minutes=1)
        with acting(acme.context()):
            Slot.objects.filter(task_id=one).update(lease_ends=soon)
        submit(someone, two)
        before = len(logged(acme, "task.delivered"))
        context = someone.context
        with acting(context):
            now = beat(context, project_id=work.project_id, tasks=[one, two, three, uuid4()])
        assert [task for task, ends in now.held if ends > soon] == [one]
        assert now.lost[:2] == (two, three)
        assert (now.schema_version, now.guidelines_version, now.epoch) == (1, 1, context.epoch)
        assert len(logged(acme, "task.delivered")) == before

    def test_a_lease_that_ran_out_is_taken_up_again_while_nobody_has_the_item(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone, colleague = work.labeler(), work.labeler(1)

        def mine() -> bool:
            context = someone.context
            with acting(context):
                return bool(beat(context, project_id=work.project_id, tasks=[task]).held)

        take(someone, work)
        end_leases(acme.context(), task)
        sweep_leases(acme.service(Purpose.JOB))
        assert mine()
        assert why(colleague, work) is EmptyReason.LEASED
        end_leases(acme.context(), task)
        sweep_leases(acme.service(Purpose.JOB))
        take(colleague, work)
        assert not mine()

    def test_nobody_holds_an_item_for_more_than_a_day(self, acme: Workspace) -> None:
        work = new_work(acme, lease_minutes=1440)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        hold_since(acme.context(), timedelta(hours=23), task)
        context = someone.context
        with acting(context):
            ((_, ends),) = beat(context, project_id=work.project_id, tasks=[task]).held
            before = Slot.objects.get().lease_ends
        assert before == ends
        hold_since(acme.context(), timedelta(hours=25), task)
        context = someone.context
        with acting(context):
            assert beat(context, project_id=work.project_id, tasks=[task]).held == ()

    def test_removed_from_the_project_all_is_lost(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        save(someone, task, 0)
        owner = acme.context()
        with acting(owner):
            unassign_member(
                owner, project_id=work.project_id, member_id=someone.member_id, right=ProjectRight.LABEL
            )
        context = someone.context
        with acting(context):
            assert beat(context, project_id=work.project_id, tasks=[task]).lost == (task,)
        for attempt in (lambda: submit(someone, task), lambda: save(someone, task, 1)):
            with pytest.raises(TaskNotHeld):
                attempt()
        assert why(someone, work) is EmptyReason.NOT_ASSIGNED
        with acting(acme.context()):
            assert Draft.objects.count() == 1


class TestTimes:
    @pytest.mark.parametrize("told", [3_600_000, 10**12])
    def test_a_clock_an_hour_off_counts_no_longer_than_the_item_was_held(
        self, acme: Workspace, told: int
    ) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        hold_since(acme.context(), timedelta(seconds=10), task)
        submit(someone, task, lead_ms=told, active_ms=told)
        with acting(acme.context()):
            row = Submission.objects.get()
            assert 10_000 <= row.lead_ms < 600_000
            assert row.active_ms == row.lead_ms == PersonCount.objects.get().active_ms

    def test_active_time_is_never_longer_than_the_time_from_showing(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        hold_since(acme.context(), timedelta(minutes=5), task)
        submit(someone, task, lead_ms=2000, active_ms=90_000)
        with acting(acme.context()):
            row = Submission.objects.get()
            assert (row.lead_ms, row.active_ms) == (2000, 2000)


def test_a_schema_edited_under_a_labelers_hands_leaves_their_answer_good(acme: Workspace) -> None:
    work = new_work(acme)
    one, two = work.add("one", "two")
    someone = work.labeler()
    take(someone, work, 2)
    save(someone, two, 0)
    other = {**SCHEMA, "questions": [{**SCHEMA["questions"][0], "id": "tone"}]}  # type: ignore[index]
    owner = acme.context()
    with acting(owner):
        set_schema(owner, project_id=work.project_id, schema=other)
    assert not submit(someone, one, schema_version=1).again
    with pytest.raises(AnswerInvalid):
        submit(someone, two, schema_version=2)
    with pytest.raises(AnswerInvalid) as absent:
        submit(someone, two, schema_version=3)
    assert absent.value.field == "schema_version"
    (held,) = take_tasks(someone.context, project_id=work.project_id, count=1, resume=True).tasks
    assert (held.task_id, held.schema_version) == (two, 1)
    submit(someone, two, {"tone": "sad"}, schema_version=2)
    with acting(acme.context()):
        assert sorted(Submission.objects.values_list("schema_version", flat=True)) == [1, 2]


def test_a_lease_lost_in_mid_answer_refuses_the_answer_and_gives_the_next_item(acme: Workspace) -> None:
    work = new_work(acme)
    one, two = work.add("one", "two")
    someone, colleague = work.labeler(), work.labeler(1)
    take(someone, work)
    end_leases(acme.context(), one)
    sweep_leases(acme.service(Purpose.JOB))
    assert take(colleague, work) == [one]
    with pytest.raises(TaskNotHeld):
        submit(someone, one)
    assert take(someone, work) == [two]
