"""The pull queue: exact overlap, never the same person twice, leases, late answers, reasons."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection

from annotation.errors import AnswerDiffers, AnswerInvalid, TaskNotHeld
from annotation.models import Mark, ProjectGrant, Slot, Submission
from annotation.services.release_task import release_task
from annotation.services.submit_task import submit_task
from annotation.services.sweep_leases import sweep_leases
from annotation.services.take_tasks import take_tasks
from annotation.services.unassign_member import unassign_member
from annotation.values import EmptyReason, ProjectRight, SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, NotFound
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.people import change_membership
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, SAD, hold_since, new_work
from tests.annotation.queueing import end_leases, take, why
from tests.world import Someone, Workspace


def test_an_item_comes_opened_with_the_receipt_of_its_delivery(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    (first, _) = work.add("one", "two")
    taken = take_tasks(work.labeler().context, project_id=work.project_id)
    assert [(t.task_id, t.fields["text"]) for t in taken.tasks] == [(first, "one")]
    assert taken.reason is None
    assert logged(acme, "task.delivered") == [taken.receipt.split(";")[0]]


def test_a_prefetch_is_one_delivery_and_never_two_slots_of_one_item(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    ids = work.add("one", "two", "three", overlap=3)
    assert take(work.labeler(), work, 5) == ids
    assert len(logged(acme, "task.delivered")) == 1


def test_every_item_gets_exactly_its_overlap_from_different_people(acme: Workspace, logged: Logged) -> None:
    overlap, labelers, items = 3, 5, 24
    work = new_work(acme)
    work.add(*(f"text {n}" for n in range(items)), overlap=overlap)
    people = [work.labeler(n) for n in range(labelers)]

    def labor(someone: Someone) -> int:
        done = 0
        try:
            for _ in range(2000):
                taken = take_tasks(someone.context, project_id=work.project_id, count=2)
                if not taken.tasks and taken.reason not in (EmptyReason.BUSY, EmptyReason.LEASED):
                    return done
                for task in taken.tasks:
                    submit_task(someone.context, task_id=task.task_id, answer=GLAD)
                    done += 1
            raise AssertionError("the queue never ends")
        finally:
            connection.close()

    with ThreadPoolExecutor(labelers) as pool:
        counts = list(pool.map(labor, people))

    assert sum(counts) == overlap * items
    with acting(acme.context()):
        given = list(Submission.objects.values_list("task_id", "labeler_id"))
        assert len(set(given)) == overlap * items
        assert set(Counter(task for task, _ in given).values()) == {overlap}
        assert not Slot.objects.exclude(state=SlotState.ANSWERED).exists()
    assert len(logged(acme, "submission.accepted")) == overlap * items
    assert why(people[0], work) is EmptyReason.DONE


def test_one_person_in_two_windows_is_never_given_one_item_twice(acme: Workspace) -> None:
    work = new_work(acme)
    ids = work.add(*(f"text {n}" for n in range(12)), overlap=3)
    someone = work.labeler()

    def window(_: int) -> list[UUID]:
        got: list[UUID] = []
        try:
            while now := take(someone, work):
                got += now
            return got
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = [task for got in pool.map(window, range(4)) for task in got]
    assert sorted(taken) == sorted(ids)


def test_a_reload_gives_back_what_is_held(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("one", "two", "three")
    someone = work.labeler()
    held = take(someone, work)
    assert take(someone, work, resume=True) == held
    assert take(someone, work, 3, resume=True)[0] == held[0]
    assert len(logged(acme, "task.delivered")) == 3


def test_the_same_answer_again_gives_the_first_receipt_and_writes_nothing(
    acme: Workspace, logged: Logged
) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    someone = work.labeler()
    take(someone, work)
    hold_since(acme.context(), timedelta(minutes=1), task)
    first = submit_task(someone.context, task_id=task, answer=GLAD, lead_ms=1200)
    again = submit_task(someone.context, task_id=task, answer=GLAD, lead_ms=9)
    assert (again.receipt, again.submission_id, again.again) == (first.receipt, first.submission_id, True)
    assert not first.again
    with pytest.raises(AnswerDiffers):
        submit_task(someone.context, task_id=task, answer=SAD)
    assert len(logged(acme, "submission.accepted")) == 1
    with acting(acme.context()):
        assert Submission.objects.get().lead_ms == 1200


def test_the_same_answer_twice_at_once_is_accepted_once(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    (task,) = work.add("one", overlap=2)
    someone = work.labeler()
    take(someone, work)

    def send(_: int) -> str:
        try:
            return submit_task(someone.context, task_id=task, answer=GLAD).receipt
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(8)))) == 1
    assert len(logged(acme, "submission.accepted")) == 1


@pytest.mark.parametrize(
    "answer", [{}, {"mood": "purple"}, {"mood": None}, {"mood": "glad", "x": 1}, [], "glad", None]
)
def test_an_answer_that_does_not_fit_the_schema_is_refused_and_the_item_stays_held(
    acme: Workspace, answer: object
) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    someone = work.labeler()
    take(someone, work)
    with pytest.raises(AnswerInvalid):
        submit_task(someone.context, task_id=task, answer=answer)
    assert not submit_task(someone.context, task_id=task, answer=GLAD).again


def test_a_late_answer_counts_while_nobody_swept_the_lease(acme: Workspace) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    someone = work.labeler()
    take(someone, work)
    end_leases(acme.context(), task)
    assert not submit_task(someone.context, task_id=task, answer=GLAD).again


def test_a_late_answer_counts_while_nobody_took_the_item(acme: Workspace) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    someone = work.labeler()
    take(someone, work)
    end_leases(acme.context(), task)
    assert sweep_leases(acme.service(Purpose.JOB)) == 1
    assert not submit_task(someone.context, task_id=task, answer=GLAD).again
    assert why(work.labeler(1), work) is EmptyReason.DONE


def test_a_late_answer_is_refused_when_a_colleague_took_the_item(acme: Workspace) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    slow, quick = work.labeler(0), work.labeler(1)
    take(slow, work)
    end_leases(acme.context(), task)
    sweep_leases(acme.service(Purpose.JOB))
    assert take(quick, work) == [task]
    with pytest.raises(TaskNotHeld):
        submit_task(slow.context, task_id=task, answer=GLAD)
    assert not submit_task(quick.context, task_id=task, answer=SAD).again


def test_a_swept_item_is_served_next_beyond_every_mark(acme: Workspace) -> None:
    work = new_work(acme)
    first, _, _, fourth = work.add("one", "two", "three", "four")
    slow, quick = work.labeler(0), work.labeler(1)
    take(slow, work)
    take(quick, work, 2)
    end_leases(acme.context(), first)
    assert sweep_leases(acme.service(Purpose.JOB)) == 1
    assert sweep_leases(acme.service(Purpose.JOB)) == 0
    assert take(quick, work, 2) == [first, fourth]


def test_what_is_swept_later_lies_beyond_the_mark_as_well(acme: Workspace) -> None:
    work = new_work(acme)
    first, second, _ = work.add("one", "two", "three")
    slow, quick = work.labeler(0), work.labeler(1)
    take(slow, work, 2)
    for lapsed in (second, first):
        end_leases(acme.context(), lapsed)
        sweep_leases(acme.service(Purpose.JOB))
        assert take(quick, work) == [lapsed]


def test_a_lease_that_runs_is_not_swept(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one")
    take(work.labeler(), work)
    assert sweep_leases(acme.service(Purpose.JOB)) == 0


def test_a_moved_epoch_voids_the_lease(acme: Workspace) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    someone = work.labeler()
    take(someone, work)
    change_membership(someone.member_id, role=Role.LABELER)
    with pytest.raises(TaskNotHeld):
        submit_task(someone.context, task_id=task, answer=GLAD)
    assert take(someone, work, resume=True) == []


def test_a_released_item_goes_to_a_colleague_next_and_comes_back_last(acme: Workspace) -> None:
    work = new_work(acme)
    first, second, third = work.add("one", "two", "three")
    shy, bold = work.labeler(0), work.labeler(1)
    take(shy, work)
    context = shy.context
    with acting(context):
        release_task(context, task_id=first)
    with acting(context), pytest.raises(TaskNotHeld):
        release_task(context, task_id=first)
    with pytest.raises(TaskNotHeld):
        submit_task(shy.context, task_id=first, answer=GLAD)
    assert take(shy, work, 2) == [second, third]
    assert take(bold, work) == [first]
    with acting(bold.context) as unit:
        release_task(unit.context, task_id=first)
    assert take(shy, work) == [first]


def test_marks_are_a_hint(acme: Workspace) -> None:
    work = new_work(acme)
    ids = work.add("one", "two")
    someone = work.labeler()
    with acting(acme.context()):
        Mark.objects.create(project_id=work.project_id, labeler_id=someone.member_id, lane=4, seq=10**6)
    assert take(someone, work) == ids[:1]


def test_unassigning_ends_leases_and_refuses_answers(acme: Workspace) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    someone, other = work.labeler(0), work.labeler(1)
    take(someone, work)
    owner = acme.context()
    with acting(owner):
        unassign_member(
            owner, project_id=work.project_id, member_id=someone.member_id, right=ProjectRight.LABEL
        )
    with pytest.raises(TaskNotHeld):
        submit_task(someone.context, task_id=task, answer=GLAD)
    assert why(someone, work) is EmptyReason.NOT_ASSIGNED
    work.assign(someone)
    with pytest.raises(TaskNotHeld):
        submit_task(someone.context, task_id=task, answer=GLAD)
    assert take(other, work) == [task]


def test_a_lease_without_the_grant_is_worth_nothing(acme: Workspace) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    someone = work.labeler()
    take(someone, work)
    with acting(acme.context()):
        assert Slot.objects.get(task_id=task).labeler_id == someone.member_id
        ProjectGrant.objects.filter(user_id=someone.member_id).delete()
    with pytest.raises(TaskNotHeld):
        submit_task(someone.context, task_id=task, answer=GLAD)
    assert take(someone, work, resume=True) == []


@pytest.mark.parametrize("whose", ["their task", "no task at all"])
def test_a_rival_cannot_tell_our_task_from_none(acme: Workspace, rival: Workspace, whose: str) -> None:
    work, theirs = new_work(acme), new_work(rival)
    (task,) = work.add("secret")
    take(work.labeler(), work)
    spy = theirs.labeler()
    task_id = task if whose == "their task" else uuid4()
    with pytest.raises(TaskNotHeld) as refused:
        submit_task(spy.context, task_id=task_id, answer=GLAD)
    with acting(spy.context) as unit, pytest.raises(TaskNotHeld) as again:
        release_task(unit.context, task_id=task_id)
    assert str(refused.value) == str(again.value) == str(TaskNotHeld())
    with pytest.raises(NotFound):
        take_tasks(spy.context, project_id=work.project_id if whose == "their task" else uuid4())


def test_a_colleague_cannot_answer_what_another_holds(acme: Workspace) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    holder, colleague = work.labeler(0), work.labeler(1)
    take(holder, work)
    with pytest.raises(TaskNotHeld):
        submit_task(colleague.context, task_id=task, answer=GLAD)
    with acting(colleague.context) as unit, pytest.raises(TaskNotHeld):
        release_task(unit.context, task_id=task)


def test_nobody_answers_what_they_never_took(acme: Workspace) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    with pytest.raises(TaskNotHeld):
        submit_task(work.labeler().context, task_id=task, answer=GLAD)


@pytest.mark.parametrize("count", [0, -1, 51])
def test_a_count_out_of_bounds_is_refused(acme: Workspace, count: int) -> None:
    work = new_work(acme)
    with pytest.raises(Invalid):
        take_tasks(work.labeler().context, project_id=work.project_id, count=count)
