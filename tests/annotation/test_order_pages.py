"""The pages by which managers order a queue: priorities, items kept for people, skills and caps, without script."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils.html import escape

from annotation.models import MemberSkill, ProjectSkill, Skill, Slot
from annotation.services.create_skill import create_skill
from annotation.services.list_items import list_items
from annotation.services.set_skills import set_member_skills, set_project_skills
from annotation.values import EmptyReason, ListedItem, Priority, ProjectRight, SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.doing import change, reserve, skip, submit
from tests.annotation.making import Work, new_work
from tests.annotation.queueing import take, why
from tests.annotation.visiting import Visitor
from tests.world import Someone, Workspace


def desk_of(work: Work) -> tuple[Visitor, str]:
    """Return the owner and the address of the items."""
    return Visitor(work.workspace.someone(Role.OWNER)), f"projects/{work.project_id}/items"


def listed(work: Work) -> dict[UUID, ListedItem]:
    """Return the items as the list has them."""
    owner = work.workspace.context()
    with acting(owner):
        return {item.task_id: item for item in list_items(owner, project_id=work.project_id).items}


def landed(visitor: Visitor, answer: Any) -> str:
    """Follow a redirect and return the page."""
    assert answer.status_code == 302, answer.content.decode()
    return visitor.page(answer["Location"].split("/", 3)[3]).content.decode()


def order(do: str, which: str = "ticked", **more: Any) -> dict[str, Any]:
    """Return what the form sends."""
    return {"which": which, "ids": "", "priority": "normal", "member": "", "do": do} | more


class TestPriority:
    def test_ticked_items_move_and_the_list_shows_it(self, acme: Workspace) -> None:
        work = new_work(acme)
        ids = work.add(*(f"text {n}" for n in range(4)), overlap=2)
        owner, here = desk_of(work)
        sent = order("priority", item=[str(ids[2]), str(ids[3])], priority="high")
        page = landed(owner, owner.page(here, sent))
        assert "4 wanted answers have this priority now." in page
        assert page.count("<b>High</b>") == 2
        assert take(work.labeler(), work, 4) == [ids[2], ids[3], ids[0], ids[1]]
        page = landed(owner, owner.page(here, sent))
        assert "Nothing had to move" in page

    def test_named_ids_move_and_nothing_does_when_one_is_unknown(self, acme: Workspace) -> None:
        work = new_work(acme)
        ids = work.add(*(f"text {n}" for n in range(4)))
        other = new_work(acme)
        other.add(*(f"elsewhere {n}" for n in range(7)))
        owner, here = desk_of(work)
        typed = "row-2\r\n  row-4 \n\nrow-2\nrow-7\n<b>"
        refused = owner.page(here, order("priority", "ids", ids=typed, priority="low"))
        page = refused.content.decode()
        assert refused.status_code == 400
        assert escape("No item of this project has the id “row-7”, “<b>”.") in page
        assert escape("  row-4 \n\nrow-2\nrow-7\n<b>") in page.replace("\r\n", "\n")
        assert all(item.priority is Priority.NORMAL for item in listed(work).values())
        page = landed(owner, owner.page(here, order("priority", "ids", ids="row-2\nrow-4", priority="low")))
        assert "2 wanted answers have this priority now." in page
        assert {task for task, item in listed(work).items() if item.priority is Priority.LOW} == {
            ids[1],
            ids[3],
        }

    def test_all_of_a_project_move(self, acme: Workspace) -> None:
        work = new_work(acme)
        work.add("one", "two")
        owner, here = desk_of(work)
        assert "2 wanted answers" in landed(
            owner, owner.page(here, order("priority", "all", priority="high"))
        )
        assert {item.priority for item in listed(work).values()} == {Priority.HIGH}

    def test_what_is_answered_or_put_aside_has_no_priority(self, acme: Workspace) -> None:
        work = new_work(acme)
        given, aside = work.add("one", "two")
        change(work, skip_policy="back_to_me")
        someone = work.labeler()
        take(someone, work, 2)
        submit(someone, given)
        skip(someone, aside)
        assert [listed(work)[task].priority for task in (given, aside)] == [None, None]


class TestKeeping:
    def test_items_are_kept_for_a_person_shown_so_and_freed(self, acme: Workspace, logged: Logged) -> None:
        work = new_work(acme)
        ids = work.add("one", "two", "three")
        someone, colleague = work.labeler(), work.labeler(1)
        owner, here = desk_of(work)
        reserve(work, colleague, ids[0])
        keep = order("reserve", item=[str(task) for task in ids[:2]], member=str(someone.member_id))
        page = landed(owner, owner.page(here, keep))
        assert "1 of 2 items is kept for this person now." in page
        assert "For the others no answer is open" in page
        assert [listed(work)[task].reserved_for for task in ids] == [
            (colleague.member_id,),
            (someone.member_id,),
            (),
        ]
        assert "Nothing was kept" in landed(owner, owner.page(here, keep))
        free = order("free", item=[str(task) for task in ids])
        page = landed(owner, owner.page(here, free))
        assert "2 answers that were kept are open to everybody now." in page
        assert len(logged(acme, "task.released")) == 1
        assert "Nothing was freed" in landed(owner, owner.page(here, free))
        assert set(take(someone, work, 9)) == set(ids)

    def test_what_is_in_work_stays_in_work_when_freed(self, acme: Workspace) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        someone = work.labeler()
        reserve(work, someone, task)
        assert take(someone, work) == [task]
        owner, here = desk_of(work)
        assert "Nothing was freed" in landed(owner, owner.page(here, order("free", item=[str(task)])))
        with acting(acme.context()):
            slot = Slot.objects.get(task_id=task)
            assert (slot.state, slot.labeler_id) == (SlotState.LEASED, someone.member_id)

    def test_people_of_other_projects_are_not_offered_and_refused(
        self, acme: Workspace, rival: Workspace
    ) -> None:
        work = new_work(acme)
        (task,) = work.add("one")
        mine, elsewhere = work.labeler(), acme.someone(Role.LABELER, 3)
        owner, here = desk_of(work)
        page = owner.page(here).content.decode()
        assert str(mine.member_id) in page
        assert str(elsewhere.member_id) not in page
        for stranger in (elsewhere.member_id, new_work(rival).labeler().member_id, uuid4()):
            sent = order("reserve", item=[str(task)], member=str(stranger))
            assert owner.page(here, sent).status_code == 404
        with acting(acme.context()):
            assert Slot.objects.get(task_id=task).reserved_for is None


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (order("priority", priority="high"), "No item is ticked."),
        (order("priority", item=["x"], priority="high"), "Tick the items in the list."),
        (order("priority", item=[str(uuid4())], priority="soon"), "not one of the available choices"),
        (order("priority", item=[str(uuid4())], priority=""), "Choose a priority."),
        (order("priority", "ids", ids=" \n"), "Write at least one id"),
        (order("priority", "ids", ids="\n".join(f"n{n}" for n in range(1001))), "Name 1 to 1,000 ids."),
        (order("reserve", item=[str(uuid4())]), "Choose the person"),
        (order("reserve", item=[str(uuid4())], member="x"), "Enter a valid UUID"),
        (order("reserve", "all", member=str(uuid4())), "Name the items"),
        (order("free", "all"), "Name the items"),
        (order("paint", item=[str(uuid4())]), "Press one of the buttons"),
        (order("priority", "some"), "not one of the available choices"),
    ],
)
def test_a_refused_order_says_why_and_does_nothing(
    acme: Workspace, logged: Logged, sent: dict[str, Any], says: str
) -> None:
    work = new_work(acme)
    work.add("one")
    owner, here = desk_of(work)
    refused = owner.page(here, sent)
    assert refused.status_code == 400
    assert escape(says) in refused.content.decode()
    assert listed(work).popitem()[1].priority is Priority.NORMAL
    assert logged(acme, "task.reserved") == []


def test_a_refused_order_keeps_ticks_and_the_place_in_the_list(acme: Workspace) -> None:
    work = new_work(acme)
    ids = work.add(*(f"text {n}" for n in range(103)))
    owner, here = desk_of(work)
    sent = order("reserve", item=[str(ids[101])], after="100")
    page = owner.page(here, sent).content.decode()
    assert f'value="{ids[101]}" checked' in page
    assert f'value="{ids[102]}">' in page
    assert str(ids[0]) not in page
    done = owner.page(here, order("priority", item=[str(ids[101])], after="100", priority="high"))
    assert "after=100" in done["Location"]


@pytest.mark.parametrize("do", ["priority", "reserve", "free"])
def test_the_order_is_not_for_readers_or_rivals(acme: Workspace, rival: Workspace, do: str) -> None:
    work = new_work(acme)
    task, kept = work.add("one", "two")
    someone = work.labeler()
    reserve(work, someone, kept)
    reader = acme.someone(Role.MANAGER, 4)
    work.assign(reader, ProjectRight.READ)
    before = listed(work)
    sent = {"member": str(someone.member_id), "priority": "high"}
    for visitor in (Visitor(reader), Visitor(rival.someone(Role.OWNER))):
        for path, item in (("items", task), (f"items/{task}", task), (f"items/{kept}", kept)):
            for which in ("ticked", "ids"):
                form = order(do, which) | sent | {"item": [str(item)], "ids": "row-1"}
                assert visitor.page(f"projects/{work.project_id}/{path}", form).status_code == 404
    page = Visitor(reader).page(f"projects/{work.project_id}/items")
    assert page.status_code == 200
    assert 'name="do"' not in page.content.decode().partition("<main")[2]
    assert listed(work) == before


def test_items_of_another_project_are_never_touched(acme: Workspace) -> None:
    work, other = new_work(acme), new_work(acme)
    work.add("mine")
    (foreign,) = other.add("theirs")
    someone = work.labeler()
    other.assign(someone)
    reserve(other, someone, foreign)
    owner, here = desk_of(work)
    before = listed(other)
    for do in ("priority", "reserve", "free"):
        sent = order(do, item=[str(foreign)], member=str(someone.member_id), priority="high")
        assert "Nothing " in landed(owner, owner.page(here, sent))
    assert listed(other) == before


class TestSkills:
    def test_a_skill_is_named_noted_needed_and_taken_back_on_one_page(self, acme: Workspace) -> None:
        work = new_work(acme)
        work.add("one", "two")
        someone = work.labeler()
        owner, _ = desk_of(work)
        here = f"projects/{work.project_id}/people"
        assert "named no skills yet" in owner.page(here).content.decode()
        page = landed(owner, owner.page(here, {"do": "skill", "name": "French <b>"}))
        assert "French &lt;b&gt;" in page
        skill = self._only_skill(acme)
        page = landed(owner, owner.page(here, {"do": "need", "skill": [str(skill)]}))
        assert "Lacks a needed skill" in page
        assert "0 of them have all skills that are needed." in page
        assert why(someone, work) is EmptyReason.NOT_QUALIFIED
        items = owner.page(f"projects/{work.project_id}/items").content.decode()
        assert "Items go only to people with each of these skills: French &lt;b&gt;." in items
        note = {"do": "skills", "member": str(someone.member_id), "skill": [str(skill)]}
        page = landed(owner, owner.page(here, note))
        assert "Lacks a needed skill" not in page
        assert len(take(someone, work)) == 1
        landed(owner, owner.page(here, note | {"skill": []}))
        assert not take(someone, work)
        landed(owner, owner.page(here, {"do": "need"}))
        assert len(take(someone, work)) == 1
        with acting(acme.context()):
            assert not MemberSkill.objects.exists()
            assert not ProjectSkill.objects.exists()

    def test_a_name_that_cannot_be_one_is_refused_and_kept(self, acme: Workspace) -> None:
        work = new_work(acme)
        owner, _ = desk_of(work)
        here = f"projects/{work.project_id}/people"
        for name, says in (
            ("", "This field is required"),
            ("x" * 121, "at most 120"),
            ("a\x07b", "one line"),
        ):
            refused = owner.page(here, {"do": "skill", "name": name})
            assert refused.status_code == 400
            assert says in refused.content.decode()
            assert name in refused.content.decode()
        with acting(acme.context()):
            assert not Skill.objects.exists()

    def test_skills_and_members_of_others_look_absent(self, acme: Workspace, rival: Workspace) -> None:
        work, theirs = new_work(acme), new_work(rival)
        someone = work.labeler()
        context = rival.context()
        with acting(context):
            foreign = create_skill(context, name="Theirs")
        own = acme.context()
        with acting(own):
            french = create_skill(own, name="French")
        owner, _ = desk_of(work)
        here = f"projects/{work.project_id}/people"
        stranger = theirs.labeler()
        for sent in (
            {"do": "need", "skill": [str(foreign)]},
            {"do": "need", "skill": ["x"]},
            {"do": "skills", "member": str(someone.member_id), "skill": [str(foreign)]},
            {"do": "skills", "member": str(stranger.member_id), "skill": [str(french)]},
            {"do": "skills", "member": "x", "skill": [str(french)]},
        ):
            assert owner.page(here, sent).status_code == 404
        unassigned = Visitor(acme.someone(Role.MANAGER, 6))
        for sent in (
            {"do": "skills", "member": str(someone.member_id), "skill": [str(french)]},
            {"do": "skill", "name": "Sneaked in"},
        ):
            assert unassigned.page(here, sent).status_code == 404
        with acting(acme.context()):
            assert Skill.objects.count() == 1
            assert not MemberSkill.objects.exists()

    def _only_skill(self, workspace: Workspace) -> UUID:
        with acting(workspace.context()):
            return Skill.objects.get().id


def test_a_cap_is_set_shown_and_ended_in_the_settings(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one", "two", "three")
    someone: Someone = work.labeler()
    owner, _ = desk_of(work)
    here = f"projects/{work.project_id}"
    settings = {
        "name": "Capped", "state": "open", "overlap": "1", "lease_minutes": "5", "skip_policy": "not_allowed",
        "skip_needs_reason": "on", "reopen_minutes": "0", "most_per_person": "2",
    }  # fmt: skip
    page = landed(owner, owner.page(here, settings))
    assert "at most 2 answers from one person" in page
    assert "One person gives at most 2 answers." in owner.page(f"{here}/people").content.decode()
    assert len(take(someone, work, 3)) == 2
    told = owner.api("GET", here).json()
    assert (told["skip_policy"], told["skip_needs_reason"], told["reopen_minutes"]) == (
        "not_allowed",
        True,
        0,
    )
    for name, value in (("most_per_person", "0"), ("reopen_minutes", "1441"), ("skip_policy", "never")):
        refused = owner.page(here, settings | {name: value})
        assert refused.status_code == 400
        assert "Nothing was saved yet" in refused.content.decode()
    landed(owner, owner.page(here, settings | {"most_per_person": "", "skip_needs_reason": ""}))
    told = owner.api("GET", here).json()
    assert (told["most_per_person"], told["skip_needs_reason"]) == (None, False)
    assert len(take(someone, work, 3)) == 1


def test_the_api_lists_priority_and_for_whom_items_are_kept(acme: Workspace) -> None:
    work = new_work(acme)
    ids = work.add("one", "two")
    someone = work.labeler()
    owner, here = desk_of(work)
    there = f"projects/{work.project_id}/reservations"
    for member, kept, freed in ((str(someone.member_id), 2, 0), (None, 0, 2), (str(someone.member_id), 2, 0)):
        sent = {"member": member, "tasks": [str(task) for task in ids]}
        told = owner.api("POST", there, sent).json()
        assert (len(told["reserved"]), told["freed"]) == (kept, freed)
    owner.api("POST", there, {"member": None, "tasks": [str(ids[0])]})
    first, second = owner.api("GET", here).json()["items"]
    assert (first["priority"], first["reserved_for"]) == ("normal", [])
    assert (second["priority"], second["reserved_for"]) == ("normal", [str(someone.member_id)])


def test_the_page_of_items_is_one_delivery_of_each_kind(acme: Workspace, logged: Logged) -> None:
    work = new_work(acme)
    ids = work.add(*(f"text {n}" for n in range(5)))
    someone = work.labeler()
    owner = acme.context()
    with acting(owner):
        skill = create_skill(owner, name="French")
        set_project_skills(owner, project_id=work.project_id, skills=[skill])
        set_member_skills(owner, member_id=someone.member_id, skills=[skill])
    reserve(work, someone, *ids)
    visitor, here = desk_of(work)
    shown = visitor.page(here)
    assert shown.status_code == 200
    assert len(logged(acme, "item.delivered")) == 1
    assert len(logged(acme, "skill.delivered")) == 1
