"""Drafts, skips and undo, through the real services."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from annotation.errors import SkipNotAllowed, TaskNotHeld, TooLate
from annotation.models import Draft, PersonCount, Skip, Slot, Submission
from annotation.services.drop_draft import drop_draft
from annotation.services.own_work import own_work
from annotation.services.purge_drafts import purge_drafts
from annotation.services.read_draft import read_draft
from annotation.services.save_draft import SavedDraft
from annotation.services.sweep_leases import sweep_leases
from annotation.services.take_tasks import take_tasks
from annotation.services.unassign_member import unassign_member
from annotation.values import EmptyReason, ProjectRight, SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, NotFound
from ringfence.kernel.permissions import Purpose
from tenants.services.remove_member import remove_member
from tests.annotation.conftest import Logged
from tests.annotation.doing import BODY, change, reopen, save, skip, submit
from tests.annotation.making import GLAD, SAD, hold_since, new_work
from tests.annotation.queueing import end_leases, take, why
from tests.world import Workspace


class TestDrafts:
    def test_a_draft_is_saved_silently_and_comes_back_with_a_delivery(
        self, acme: Workspace, logged: Logged
    ) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        assert save(someone, task, 0) == SavedDraft(1)
        odd = {"answer": {"mood": "\ud83d \0 e\u0301"}, "schema_version": 1, "active_ms": 5}
        assert save(someone, task, 1, odd) == SavedDraft(2)
        assert logged(acme, "draft.delivered") == []
        context = someone.context
        with acting(context) as unit:
            shown = read_draft(context, task_id=task)
        assert (shown.version, shown.body) == (2, odd)
        assert logged(acme, "draft.delivered") == [str(unit.receipts[-1].event_id)]
        with acting(acme.context()):
            assert b"mood" not in Draft.objects.get().body

    def test_a_reload_brings_the_draft_in_the_same_delivery(self, acme: Workspace, logged: Logged) -> None:
        work = new_work(acme)
        (task, _) = work.add("one", "two")
        someone = work.labeler()
        take(someone, work)
        save(someone, task, 0)
        taken = take_tasks(someone.context, project_id=work.project_id, count=2, resume=True)
        assert next((t.task_id, t.draft and t.draft.body) for t in taken.tasks) == (task, BODY)
        assert taken.tasks[1].draft is None
        assert len(logged(acme, "task.delivered")) == 2
        assert logged(acme, "draft.delivered") == []

    def test_a_save_on_top_of_another_version_gives_the_servers_and_keeps_it(
        self, acme: Workspace, logged: Logged
    ) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        save(someone, task, 0)
        there = save(someone, task, 0, {"answer": SAD})
        assert there.theirs is not None
        assert (there.version, there.theirs.body) == (1, BODY)
        assert len(logged(acme, "draft.delivered")) == 1

    def test_of_saves_at_once_on_one_version_one_wins(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)

        def window(n: int) -> bool:
            try:
                return save(someone, task, 0, {"answer": {"n": n}}).theirs is None
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(window, range(6))) == 1
        with acting(acme.context()):
            assert Draft.objects.get().version == 1

    def test_a_draft_ends_with_the_answer_or_when_it_is_thrown_away(self, acme: Workspace) -> None:
        work = new_work(acme)
        one, two = work.add("one", "two")
        someone = work.labeler()
        take(someone, work, 2)
        for task in (one, two):
            save(someone, task, 0)
        submit(someone, one)
        context = someone.context
        with acting(context):
            assert list(Draft.objects.values_list("task_id", flat=True)) == [two]
            drop_draft(context, task_id=two)
            assert not Draft.objects.exists()
        with pytest.raises(NotFound), acting(someone.context):
            read_draft(someone.context, task_id=one)

    def test_nobody_saves_or_reads_for_somebody_else(self, acme: Workspace, rival: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one", overlap=2)
        someone, colleague = work.labeler(), work.labeler(1)
        stranger = new_work(rival).labeler()
        take(someone, work)
        save(someone, task, 0)
        for other in (colleague, stranger):
            with pytest.raises(TaskNotHeld):
                save(other, task, 0)
            context = other.context
            with pytest.raises(NotFound), acting(context):
                read_draft(context, task_id=task)

    def test_a_lost_item_takes_no_draft_and_gives_the_old_one_back(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        save(someone, task, 0)
        end_leases(acme.context(), task)
        sweep_leases(acme.service(Purpose.JOB))
        assert save(someone, task, 1) == SavedDraft(2)
        take(work.labeler(1), work)
        with pytest.raises(TaskNotHeld):
            save(someone, task, 2)
        context = someone.context
        with acting(context):
            assert read_draft(context, task_id=task).version == 2


class TestSkips:
    def test_others_get_what_somebody_skipped_and_they_never_again(
        self, acme: Workspace, logged: Logged
    ) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone, colleague = work.labeler(), work.labeler(1)
        take(someone, work)
        skip(someone, task, "broken", "Half of it is missing")
        skip(someone, task, "broken", "sent again after a lost reply")
        assert len(logged(acme, "task.skipped")) == 1
        assert why(someone, work) is EmptyReason.ALL_YOURS
        assert take(colleague, work) == [task]
        owner = acme.context()
        with acting(owner):
            row = Skip.objects.get()
            assert row.note is not None
            assert owner.keyring.open(row.note, field=Skip.note, row=row.id) == b"Half of it is missing"

    def test_back_to_me_comes_back_to_them_alone_when_nothing_else_is_left(self, acme: Workspace) -> None:
        work = new_work(acme)
        change(work, skip_policy="back_to_me")
        one, two = work.add("one", "two")
        someone, colleague = work.labeler(), work.labeler(1)
        assert take(someone, work) == [one]
        skip(someone, one)
        assert take(someone, work) == [two]
        assert why(colleague, work) is EmptyReason.LEASED
        submit(someone, two)
        assert why(colleague, work) is EmptyReason.ALL_YOURS
        assert take(someone, work) == [one]
        skip(someone, one)
        assert take(someone, work) == [one]

    def test_a_project_may_want_a_reason_or_no_skips_at_all(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        change(work, skip_needs_reason=True)
        for reason in ("", "boring"):
            with pytest.raises(Invalid) as refused:
                skip(someone, task, reason)
            assert refused.value.field == "reason"
        change(work, skip_policy="not_allowed")
        with pytest.raises(SkipNotAllowed):
            skip(someone, task, "broken")
        submit(someone, task)

    def test_a_skip_is_undone_while_nobody_took_the_item(self, acme: Workspace, logged: Logged) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone, colleague = work.labeler(), work.labeler(1)
        take(someone, work)
        save(someone, task, 0)
        skip(someone, task)
        back = reopen(someone, task)
        assert (back.task_id, back.draft and back.draft.body) == (task, BODY)
        assert len(logged(acme, "task.reopened")) == 1
        skip(someone, task)
        take(colleague, work)
        with pytest.raises(TooLate):
            reopen(someone, task)
        with pytest.raises(TaskNotHeld):
            reopen(work.labeler(2), task)


class TestUndo:
    def test_an_answer_taken_back_is_a_draft_again_and_the_next_gets_a_receipt_of_its_own(
        self, acme: Workspace, logged: Logged
    ) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        hold_since(acme.context(), timedelta(minutes=1), task)
        first = submit(someone, task, lead_ms=9000, active_ms=8000)
        back = reopen(someone, task)
        assert back.draft is not None
        assert back.draft.body == {"answer": GLAD, "schema_version": 1, "active_ms": 8000}
        assert reopen(someone, task).task_id == task
        with acting(acme.context()):
            assert Slot.objects.get().state == SlotState.LEASED
            assert PersonCount.objects.get().given == 0
        second = submit(someone, task, SAD, lead_ms=9500, active_ms=8200)
        assert (second.again, second.receipt != first.receipt) == (False, True)
        assert submit(someone, task, SAD).receipt == second.receipt
        with acting(acme.context()):
            rows = list(
                Submission.objects.order_by("submitted_at").values_list(
                    "receipt", "withdrawn_at", "active_ms"
                )
            )
            assert [(receipt, at is None) for receipt, at, _ in rows] == [
                (first.receipt, False),
                (second.receipt, True),
            ]
            assert [active for _, _, active in rows] == [8000, 8200]
            count = PersonCount.objects.get()
            assert (count.given, count.active_ms) == (1, 8200)
        assert len(logged(acme, "submission.withdrawn")) == 1
        assert len(logged(acme, "submission.accepted")) == 2

    def test_its_time_ends(self, acme: Workspace) -> None:
        work = new_work(acme)
        one, two = work.add("one", "two")
        someone = work.labeler()
        take(someone, work, 2)
        for task in (one, two):
            submit(someone, task)
        with acting(acme.context()):
            Submission.objects.filter(task_id=one).update(submitted_at=timezone.now() - timedelta(minutes=16))
        context = someone.context
        with acting(context):
            listed = own_work(context, project_id=work.project_id)
        assert [(each.task_id, each.can_reopen) for each in listed] == [(two, True), (one, False)]
        with pytest.raises(TooLate):
            reopen(someone, one)
        change(work, reopen_minutes=0)
        with pytest.raises(TooLate):
            reopen(someone, two)

    def test_undone_twice_at_once_it_is_withdrawn_once(self, acme: Workspace, logged: Logged) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        submit(someone, task)

        def window(_: int) -> UUID:
            try:
                return reopen(someone, task).task_id
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(window, range(4))) == {task}
        assert len(logged(acme, "submission.withdrawn")) == 1
        with acting(acme.context()):
            assert PersonCount.objects.get().given == 0


class TestDeadDrafts:
    def test_a_draft_goes_when_nobody_can_go_on_with_it(self, acme: Workspace, logged: Logged) -> None:
        work = new_work(acme)
        finished, other, waiting, lost = work.add("one", "two", "three", "four")
        (twice,) = work.add("five", overlap=2)
        someone, colleague = work.labeler(), work.labeler(1)
        assert take(someone, work, 4) == [finished, other, waiting, lost]
        for task in (finished, waiting, lost):
            save(someone, task, 0)
        end_leases(acme.context(), finished, waiting, lost)
        sweep_leases(acme.service(Purpose.JOB))
        # A colleague finishes one and holds another: only the first can never come back.
        assert set(take(colleague, work, 2)) == {finished, waiting}
        submit(colleague, finished)
        take(someone, work, 2)
        save(someone, twice, 0)
        assert _drafts(acme) == {finished, waiting, lost, twice}
        assert purge_drafts(acme.service(Purpose.JOB)) == 0
        _let_a_day_go_by(acme)
        assert purge_drafts(acme.service(Purpose.JOB)) == 1
        assert _drafts(acme) == {waiting, lost, twice}
        assert len(logged(acme, "drafts.purged")) == 1
        assert purge_drafts(acme.service(Purpose.JOB)) == 0

    def test_a_draft_whose_lease_ran_out_comes_back(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        save(someone, task, 0)
        end_leases(acme.context(), task)
        sweep_leases(acme.service(Purpose.JOB))
        _let_a_day_go_by(acme)
        assert purge_drafts(acme.service(Purpose.JOB)) == 0
        (again,) = take_tasks(someone.context, project_id=work.project_id).tasks
        assert again.draft is not None
        assert again.draft.body == BODY

    @pytest.mark.parametrize("way", ["closed", "unassigned", "removed"])
    def test_a_draft_goes_with_its_project_or_its_writers_right(self, acme: Workspace, way: str) -> None:
        work, other = new_work(acme), new_work(acme)
        someone, colleague = work.labeler(), work.labeler(1)
        other.assign(colleague)
        for there, who in ((work, someone), (other, colleague)):
            (task,) = there.add("one")
            take(who, there)
            save(who, task, 0)
        kept = {task}
        owner = acme.context()
        if way == "closed":
            change(work, state="closed")
        else:
            with acting(owner):
                if way == "removed":
                    remove_member(owner, member_id=someone.member_id)
                else:
                    unassign_member(
                        owner,
                        project_id=work.project_id,
                        member_id=someone.member_id,
                        right=ProjectRight.LABEL,
                    )
        assert purge_drafts(acme.service(Purpose.JOB)) == 0
        _let_a_day_go_by(acme)
        assert purge_drafts(acme.service(Purpose.JOB)) == 1
        assert _drafts(acme) == kept

    def test_one_tenants_sweep_leaves_anothers_drafts(self, acme: Workspace, rival: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        take(someone, work)
        save(someone, task, 0)
        change(work, state="closed")
        _let_a_day_go_by(acme)
        assert purge_drafts(rival.service(Purpose.JOB)) == 0
        assert _drafts(acme) == {task}


def _drafts(workspace: Workspace) -> set[UUID]:
    with acting(workspace.context()):
        return set(Draft.objects.values_list("task_id", flat=True))


def _let_a_day_go_by(workspace: Workspace) -> None:
    with acting(workspace.context()):
        Draft.objects.update(updated_at=timezone.now() - timedelta(hours=25))
