"""The board of a project: who works on what, what is stuck, whose side is called out, what it costs."""

from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation.models import Skip, Slot
from annotation.pages.charts import HEIGHT, WIDTH, columns, parts
from annotation.services.board import board
from annotation.services.find_stuck import find_stuck
from annotation.values import SlotState, Stuck
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, SAD, Work, hold_since, new_work
from tests.annotation.queueing import end_leases, take
from tests.annotation.test_aggregates import answer_all, keep, pairs
from tests.annotation.visiting import Visitor
from tests.world import Someone, Workspace


def stuck(work: Work) -> Stuck:
    """Look for what is stuck, as the owner."""
    context = work.workspace.context()
    with acting(context):
        return find_stuck(context, project_id=work.project_id)


def skipped(work: Work, task_id: UUID, *people: Someone, undone: bool = False) -> None:
    """Let people have skipped an item."""
    now = timezone.now()
    with acting(work.workspace.context()):
        for someone in people:
            Skip.objects.create(
                project_id=work.project_id,
                task_id=task_id,
                n=0,
                member_id=someone.member_id,
                reason="broken",
                keeps_away=True,
                at=now,
                undone_at=now if undone else None,
            )


def overview(work: Work) -> str:
    """Open the board's page as the owner."""
    owner = Visitor(work.workspace.someone(Role.OWNER))
    return owner.page(f"projects/{work.project_id}").content.decode()


def test_whoever_holds_an_item_is_named_with_it_and_long_ones_stand_out(acme: Workspace) -> None:
    work = new_work(acme, lease_minutes=10)
    fresh, long, late = work.add("a", "b", "c")
    ada, ben, cy = (work.labeler(n) for n in range(3))
    assert [take(each, work) for each in (ada, ben, cy)] == [[fresh], [long], [late]]
    hold_since(acme.context(), timedelta(minutes=31), long)
    with acting(acme.context()):
        Slot.objects.filter(task_id=late).update(lease_ends=timezone.now() - timedelta(minutes=6))
    found = {item.task_id: item for item in stuck(work).held}
    assert next(item.task_id for item in stuck(work).held) == long
    assert (found[fresh].overdue, found[fresh].extended_often) == (False, False)
    assert (found[long].member_id, found[long].extended_often) == (ben.member_id, True)
    assert (found[late].member_id, found[late].overdue) == (cy.member_id, True)
    page = overview(work)
    assert page.count("Extended again and again") == 1
    assert page.count("the worker may be down") == 1
    end_leases(acme.context(), fresh)
    assert not {item.task_id: item for item in stuck(work).held}[fresh].overdue


def test_an_item_that_three_people_skipped_is_stuck_until_it_is_answered(acme: Workspace) -> None:
    work = new_work(acme)
    twice, thrice, undone = work.add("a", "b", "c")
    people = [work.labeler(n) for n in range(4)]
    skipped(work, twice, *people[:2])
    skipped(work, thrice, *people[:3])
    skipped(work, undone, *people[:3], undone=True)
    assert [(item.task_id, item.people) for item in stuck(work).skipped] == [(thrice, 3)]
    assert stuck(work).skips[people[0].member_id] == {"broken": 2}
    page = overview(work)
    assert "skipped by 3 people" in page
    assert "The item is broken: 2" in page
    with acting(acme.context()):
        Slot.objects.filter(task_id=thrice).update(
            state=SlotState.ANSWERED, labeler_id=people[3].member_id, lease_ends=None
        )
    assert stuck(work).skipped == ()


def test_items_kept_for_somebody_are_counted_and_named_until_they_begin(acme: Workspace) -> None:
    work = new_work(acme)
    first, _second = work.add("a", "b")
    labeler, context = work.labeler(), acme.context()
    with acting(context):
        Slot.objects.filter(task_id=first).update(reserved_for=labeler.member_id)
        seen = board(context, project_id=work.project_id)
    assert (seen.open, seen.kept, seen.needed) == (2, 1, 2)
    assert seen.people[0].kept == 1
    assert "1 item is kept for" in overview(work)


def test_whoever_always_picks_the_left_is_called_out_by_name(acme: Workspace, logged: Logged) -> None:
    work = pairs(acme, 30)
    labeler = work.labeler()
    answer_all(labeler, work, *[{"better": {"better": "A"}}] * 29)
    keep(acme)
    assert "may prefer a side" not in overview(work)
    answer_all(labeler, work, {"better": {"better": "A"}})
    keep(acme)
    before = len(logged(acme, "aggregate.delivered"))
    page = overview(work)
    assert page.count("may prefer a side") == 1
    assert "30 of 30 decisions" in page
    assert "Answers per hour" in page
    assert len(logged(acme, "aggregate.delivered")) == before + 1


def test_whoever_always_picks_the_right_is_told_of_in_words_that_say_so(acme: Workspace) -> None:
    work = pairs(acme, 30)
    answer_all(work.labeler(), work, *[{"better": {"better": "B"}}] * 30)
    keep(acme)
    page = overview(work)
    assert page.count("may prefer a side") == 1
    assert "the candidate shown first lost in 30 of 30 decisions" in page
    assert "preferred in 0 of" not in page


def test_live_progress_delivers_nothing_and_names_no_label(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    work.add("a", "b")
    answer_all(work.labeler(), work, GLAD, SAD)
    keep(acme)
    owner = Visitor(acme.someone(Role.OWNER))
    live = owner.page(f"projects/{work.project_id}/progress").content
    assert b"glad" not in live
    assert b"mood" not in live
    assert logged(acme, "aggregate.delivered") == []
    assert "glad" in overview(work)


def test_a_project_is_paused_and_opened_by_one_button(acme: Workspace) -> None:
    work = new_work(acme)
    owner = Visitor(acme.someone(Role.OWNER))
    address = f"projects/{work.project_id}"
    assert 'value="pause"' in owner.page(address).content.decode()
    assert owner.page(address, {"do": "pause"}).status_code == 302
    page = owner.page(address).content.decode()
    assert "Paused" in page
    assert 'name="do" value="open"' in page
    assert owner.page(address, {"do": "open"}).status_code == 302
    assert 'value="pause"' in owner.page(address).content.decode()


def test_counts_cost_a_few_statements_however_many_people_label(acme: Workspace) -> None:
    work = new_work(acme)
    work.add(*"abcdef")
    for n in range(4):
        answer_all(work.labeler(n), work, GLAD)
    context = acme.context()
    with acting(context), CaptureQueriesContext(connection) as asked:
        board(context, project_id=work.project_id)
        find_stuck(context, project_id=work.project_id)
    assert len(asked) <= 8


def test_columns_stand_on_the_ground_and_one_answer_is_seen() -> None:
    drawn = columns([("a", 0), ("b", 1), ("c", 1_000)])
    assert [column.height for column in drawn] == [0.0, 2.0, float(HEIGHT)]
    assert all(column.y + column.height == HEIGHT for column in drawn)
    assert drawn[-1].x + drawn[-1].width <= WIDTH
    assert columns([]) == ()
    assert parts(1, 1, 2) == ((0.0, 25.0), (25.0, 25.0), (50.0, 50.0))
    assert parts(0, 0, 0) == ((0.0, 0.0),) * 3
