"""Priorities, items kept for one person, caps and skills; and exact overlap under all of it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from annotation.models import PersonCount, Project, Skip, Slot, Submission
from annotation.services.create_skill import create_skill
from annotation.services.release_task import release_task
from annotation.services.reopen_task import reopen_task
from annotation.services.set_priority import set_priority
from annotation.services.set_skills import set_member_skills, set_project_skills
from annotation.services.skip_task import skip_task
from annotation.services.submit_task import submit_task
from annotation.services.sweep_leases import sweep_leases
from annotation.services.take_tasks import take_tasks
from annotation.services.unassign_member import unassign_member
from annotation.values import EmptyReason, Priority, ProjectRight, SkipReason, SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Purpose
from tenants.services.remove_member import remove_member
from tests.annotation.doing import change, reopen, reserve, submit
from tests.annotation.making import GLAD, SAD, new_work
from tests.annotation.queueing import end_leases, take, why
from tests.world import Workspace


class TestOrder:
    def test_what_is_urgent_comes_first_and_lies_beyond_every_mark(self, acme: Workspace) -> None:
        work = new_work(acme)
        ids = work.add(*(f"text {n}" for n in range(6)), overlap=2)
        someone, colleague = work.labeler(), work.labeler(1)
        assert take(someone, work, 2) == ids[:2]
        owner = acme.context()
        assert set_priority(owner, project_id=work.project_id, priority=Priority.HIGH, tasks=[ids[4]]) == 2
        assert set_priority(owner, project_id=work.project_id, priority=Priority.LOW, tasks=[ids[0]]) == 2
        assert take(someone, work, 9) == [ids[4], ids[2], ids[3], ids[5]]
        assert take(colleague, work, 9) == [ids[4], ids[1], ids[2], ids[3], ids[5], ids[0]]
        context = someone.context
        with acting(context):
            release_task(context, task_id=ids[0])
        assert set_priority(owner, project_id=work.project_id, priority=Priority.HIGH) > 0
        with acting(acme.context()):
            assert set(Slot.objects.values_list("lane", flat=True)) <= {1, 2}
        assert take(work.labeler(2), work) == [ids[0]]

    def test_what_is_kept_for_somebody_comes_to_them_first_and_to_nobody_else(self, acme: Workspace) -> None:
        work = new_work(acme)
        ids = work.add("one", "two", "three")
        someone, colleague = work.labeler(), work.labeler(1)
        assert reserve(work, someone, ids[2], uuid4()) == [ids[2]]
        assert reserve(work, someone, ids[2]) == []
        assert take(colleague, work, 9) == ids[:2]
        assert why(colleague, work) is EmptyReason.HELD
        assert take(someone, work) == [ids[2]]
        end_leases(acme.context(), ids[2])
        sweep_leases(acme.service(Purpose.JOB))
        for task in ids[:2]:
            submit(colleague, task)
        assert why(colleague, work) is EmptyReason.ALL_YOURS
        assert take(someone, work) == [ids[2]]

    def test_whoever_has_an_item_kept_does_not_take_its_other_place(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one", overlap=2)
        someone, colleague = work.labeler(), work.labeler(1)
        assert reserve(work, someone, task) == [task]
        assert take(someone, work, 2) == [task]
        assert take(colleague, work, 2) == [task]
        submit(someone, task)
        submit(colleague, task)
        assert why(work.labeler(2), work) is EmptyReason.DONE

    @pytest.mark.parametrize("way", ["unassigned", "removed"])
    def test_it_comes_free_when_they_go(self, acme: Workspace, way: str) -> None:
        work = new_work(acme)
        ids = work.add("one", "two")
        someone, colleague = work.labeler(), work.labeler(1)
        reserve(work, someone, *ids)
        owner = acme.context()
        with acting(owner):
            if way == "unassigned":
                unassign_member(
                    owner, project_id=work.project_id, member_id=someone.member_id, right=ProjectRight.LABEL
                )
            else:
                remove_member(owner, member_id=someone.member_id)
        sweep_leases(acme.service(Purpose.JOB))
        assert take(colleague, work, 2) == ids

    def test_only_for_somebody_who_labels_there(self, acme: Workspace, rival: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        for other in (acme.someone(next(iter(acme.people))), new_work(rival).labeler()):
            with pytest.raises(NotFound):
                reserve(work, other, task)


class TestReasons:
    def test_a_cap_ends_the_day_and_counts_what_is_held(self, acme: Workspace) -> None:
        work = new_work(acme)
        change(work, most_per_person=2)
        ids = work.add(*(f"text {n}" for n in range(5)))
        someone = work.labeler()
        assert take(someone, work, 5) == ids[:2]
        assert why(someone, work) is EmptyReason.HELD
        for task in ids[:2]:
            submit(someone, task)
        assert why(someone, work) is EmptyReason.CAP
        assert take(work.labeler(1), work) == [ids[2]]
        reopen(someone, ids[1])
        assert why(someone, work) is EmptyReason.HELD
        change(work, most_per_person=None)
        assert take(someone, work) == [ids[3]]

    def test_two_windows_together_do_not_pass_the_cap(self, acme: Workspace) -> None:
        work = new_work(acme)
        change(work, most_per_person=5)
        work.add(*(f"text {n}" for n in range(40)))
        someone = work.labeler()

        def window(_: int) -> int:
            try:
                return sum(len(take(someone, work)) for _ in range(4))
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(window, range(8))) == 5

    def test_whoever_lacks_a_needed_skill_is_told_so(self, acme: Workspace) -> None:
        work = new_work(acme)
        work.add("one")
        someone = work.labeler()
        owner = acme.context()
        with acting(owner):
            french, law = (create_skill(owner, name=name) for name in ("French", "Law"))
            set_project_skills(owner, project_id=work.project_id, skills=[french, law])
            set_member_skills(owner, member_id=someone.member_id, skills=[french])
        assert why(someone, work) is EmptyReason.NOT_QUALIFIED
        with acting(owner):
            set_member_skills(owner, member_id=someone.member_id, skills=[french, law])
        assert len(take(someone, work)) == 1

    def test_every_reason_is_a_sentence(self) -> None:
        assert all(str(reason.label).endswith(".") for reason in EmptyReason)


def test_overlap_is_exact_under_reservations_priorities_skips_and_undo(acme: Workspace) -> None:
    overlap, labelers, items = 3, 16, 24
    work = new_work(acme)
    ids = work.add(*(f"text {n}" for n in range(items)), overlap=overlap)
    people = [work.labeler(n) for n in range(labelers)]
    for n, task in enumerate(ids[:8]):
        assert reserve(work, people[n], task) == [task]
    owner = acme.context()

    def labor(place: int) -> None:
        someone, turn = people[place], place
        try:
            for _ in range(2000):
                taken = take_tasks(someone.context, project_id=work.project_id, count=2, resume=True)
                if not taken.tasks and taken.reason not in (EmptyReason.BUSY, EmptyReason.LEASED):
                    return
                for task in taken.tasks:
                    turn += 1
                    if turn % 11 == 0:
                        context = someone.context
                        with acting(context):
                            release_task(context, task_id=task.task_id)
                        continue
                    if turn % 13 == 0:
                        context = someone.context
                        with acting(context):
                            skip_task(context, task_id=task.task_id, reason=SkipReason.UNCLEAR)
                        continue
                    submit_task(someone.context, task_id=task.task_id, answer=GLAD)
                    if turn % 5 == 0:
                        context = someone.context
                        with acting(context):
                            reopen_task(context, task_id=task.task_id)
                        submit_task(someone.context, task_id=task.task_id, answer=SAD)
            raise AssertionError("the queue never ends")
        finally:
            connection.close()

    def manage() -> None:
        try:
            for n in range(12):
                chosen = [ids[n], ids[-1 - n]]
                priority = (Priority.HIGH, Priority.LOW, Priority.NORMAL)[n % 3]
                set_priority(owner, project_id=work.project_id, priority=priority, tasks=chosen)
                reserve(work, people[8 + n % 8], ids[8 + n])
        finally:
            connection.close()

    with ThreadPoolExecutor(labelers + 1) as pool:
        managing = pool.submit(manage)
        list(pool.map(labor, range(labelers)))
        managing.result()
    # What was kept for somebody after they had gone home is theirs to finish.
    for place in range(labelers):
        labor(place)

    with acting(acme.context()):
        given = list(Submission.objects.filter(withdrawn_at=None).values_list("task_id", "labeler_id"))
        assert set(Counter(task for task, _ in given).values()) == {overlap}
        passed_on = Skip.objects.filter(keeps_away=True, undone_at=None)
        skipped = set(passed_on.values_list("task_id", "member_id"))
        assert skipped, "nobody skipped, so this shows nothing of skips"
        assert not skipped & set(given), "an item that somebody skipped came back to them"
        assert len(set(given)) == len(given) == overlap * items
        assert not Slot.objects.exclude(state=SlotState.ANSWERED).exists()
        assert {c.labeler_id: c.given for c in PersonCount.objects.all() if c.given} == Counter(
            who for _, who in given
        )
        assert Project.objects.get(id=work.project_id).state == "open"
