"""What managers change while somebody labels, in a real browser: questions, leases, rights; the work is kept."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from annotation.services.sweep_leases import sweep_leases
from annotation.services.unassign_member import unassign_member
from annotation.values import ProjectRight
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tenants.services.remove_member import remove_member
from tests.annotation.making import SCHEMA, new_work
from tests.annotation.queueing import end_leases, take
from tests.annotation.windows import (
    WRITTEN,
    Opener,
    answer,
    answers,
    aside,
    ask,
    is_gone,
    item,
    rows,
    saved,
    who_signs_in,
)
from tests.stack import Stack
from tests.world import Workspace

pytestmark = pytest.mark.ui


def test_a_schema_edited_under_a_labelers_hands_loses_nothing(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme, schema=False)
    ask(work, WRITTEN)
    work.add(*(f"text {n}" for n in range(6)))
    page = opener(work.labeler(), work).open()
    task = item(page)
    page.get_by_label("Why?").fill("begun under the first questions")
    saved(page, "Saved")
    other: dict[str, Any] = SCHEMA | {
        "questions": [{**SCHEMA["questions"][0], "id": "tone", "text": "Which tone?"}]
    }  # type: ignore[index]
    aside(lambda: ask(work, other))
    page.get_by_label("Why?").blur()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    is_gone(page, task)
    for _ in range(4):
        answer(page, "1")
    expect(page.get_by_text("Which tone?").first).to_be_visible()
    answer(page, "2")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    saved(page, "Saved")
    versions = "select schema_version, count(*) from annotation_submission where project_id = %s group by 1 order by 1"
    (first, under_first), (second, under_second) = rows(stack, versions, work.project_id)
    assert (first, second, under_first + under_second) == (1, 2, 6)


def test_an_answer_to_an_item_that_went_to_somebody_else_is_kept_and_explained(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme, schema=False)
    ask(work, WRITTEN)
    tasks = work.add(*(f"text {n}" for n in range(6)))
    someone, colleague = work.labeler(), work.labeler(1)
    page = opener(someone, work).open()
    task = item(page)
    page.get_by_label("Why?").fill("half an hour of thought")
    saved(page, "Saved")

    def lose() -> None:
        end_leases(acme.context(), *(one for one in tasks if str(one) == task))
        sweep_leases(acme.service(Purpose.JOB))
        assert [str(one) for one in take(colleague, work)] == [task]

    aside(lose)
    page.get_by_label("Why?").blur()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    is_gone(page, task)
    page.get_by_role("button", name="1 answer was not taken").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("went to somebody else before this answer arrived")
    expect(dialog).to_contain_text("half an hour of thought")
    # It outlives the tab, until the person has decided.
    page.reload()
    page.get_by_role("button", name="1 answer was not taken").click()
    expect(dialog).to_contain_text("half an hour of thought")
    dialog.get_by_role("button", name="Drop it").click()
    dialog.get_by_role("button", name="Close").last.click()
    saved(page, "Saved")
    assert answers(stack, work) == []


def test_who_is_taken_off_the_project_while_labeling_is_told_and_keeps_the_work(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme, schema=False)
    ask(work, WRITTEN)
    work.add(*(f"text {n}" for n in range(6)))
    someone = work.labeler()
    page = opener(someone, work).open()
    task = item(page)
    page.get_by_label("Why?").fill("written before")
    saved(page, "Saved")

    def remove() -> None:
        owner = acme.context()
        with acting(owner):
            unassign_member(
                owner, project_id=work.project_id, member_id=someone.member_id, right=ProjectRight.LABEL
            )

    aside(remove)
    page.get_by_label("Why?").blur()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    is_gone(page, task)
    # What was ahead is not held any more either, and that is said before more is written for nothing.
    lost = page.get_by_role("dialog").get_by_role("heading", name="This item went back to the queue")
    expect(lost).to_be_visible()
    page.get_by_role("button", name="Next item").click()
    expect(page.get_by_role("heading", name="You are not assigned to this project")).to_be_visible()
    page.get_by_role("button", name="1 answer was not taken").click()
    expect(page.get_by_role("dialog")).to_contain_text("written before")
    assert answers(stack, work) == []
    # Assigned again, the item is there, and so is the answer.
    aside(lambda: work.assign(someone))
    page.reload()
    item(page)
    page.get_by_role("button", name="1 answer was not taken").click()
    expect(page.get_by_role("dialog")).to_contain_text("written before")


def test_who_is_removed_from_the_workspace_while_labeling_is_told_and_keeps_the_work(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme, schema=False)
    ask(work, WRITTEN)
    work.add("text 0", "text 1")
    someone, _ = who_signs_in(work)
    page = opener(someone, work).open()
    task = item(page)

    def remove() -> None:
        owner = acme.context()
        with acting(owner):
            remove_member(owner, member_id=someone.member_id)

    aside(remove)
    # A standing is remembered for a few seconds; until then drafts are still taken.
    ended = page.get_by_role("dialog").get_by_role("heading", name="Sign in again")
    page.get_by_label("Why?").fill("written as the door closed")
    for n in range(100):
        if ended.is_visible():
            break
        # As keys do, this waits for nothing: the field may be closed at any of these moments.
        page.keyboard.insert_text(f", {n}")
        page.wait_for_timeout(200)
    expect(ended).to_be_visible()
    assert item(page) == task
    expect(page.get_by_label("Why?")).to_have_value(re.compile("^written as the door closed"))
    assert answers(stack, work) == []
