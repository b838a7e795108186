"""The quiz in a real browser: by keyboard alone, explained when wrong, and the first item behind it."""

import pytest
from playwright.sync_api import expect

from ringfence.kernel.permissions import Role
from tests.annotation.test_quiz import QUIZ, SINGS, WREN, quizzed
from tests.annotation.windows import Opener, item
from tests.ui.axe_core import axe_findings
from tests.world import Workspace

pytestmark = pytest.mark.ui


def test_the_quiz_is_answered_by_keyboard_before_the_first_item(
    acme: Workspace, opener: Opener, pytestconfig: pytest.Config
) -> None:
    work = quizzed(acme)
    page = opener(work.labeler(), work).open()
    page.emulate_media(reduced_motion="reduce")
    sheet = page.get_by_role("dialog", name="A few questions about the guidelines")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_role("heading", name="Birds")).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_visible()
    expect(page.locator("[data-task]")).to_have_count(0)
    first, second = (sheet.get_by_role("group", name=question["text"]) for question in QUIZ)
    first.get_by_role("radio", name="A cuckoo").focus()
    page.keyboard.press("ArrowDown")
    expect(first.get_by_role("radio", name="A wren")).to_be_checked()
    page.keyboard.press("Enter")
    expect(sheet.get_by_role("alert")).to_have_text("Question 2 has no answer yet.")
    expect(second.get_by_role("radio", name="Yes")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    # Said in words, told to whoever hears the page, and only of what is wrong.
    expect(second).to_contain_text("Not right.")
    expect(second).to_have_accessible_description(f"✗ Not right. {SINGS}")
    expect(first).to_contain_text("Right.")
    assert WREN not in page.content()
    assert axe_findings(pytestconfig, page, inside="dialog") == []
    expect(second.get_by_role("radio", name="Sad")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(second.get_by_role("radio", name="Yes")).to_be_checked()
    expect(second).not_to_contain_text("Not right.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    item(page)


def test_where_it_is_not_required_it_is_answered_from_the_guidelines(acme: Workspace, opener: Opener) -> None:
    work = quizzed(acme, required=False)
    page = opener(work.labeler(), work).open()
    item(page)
    page.get_by_role("button", name="Answer the questions about them").click()
    sheet = page.get_by_role("dialog", name="A few questions about the guidelines")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.get_by_role("button", name="Answer the questions about them").click()
    sheet.get_by_role("radio", name="A wren").check()
    sheet.get_by_role("radio", name="Yes").check()
    sheet.get_by_role("button", name="Check my answers").click()
    expect(sheet).to_have_count(0)
    expect(page.get_by_role("button", name="Answer the questions about them")).to_have_count(0)


def test_the_pages_of_the_quiz_are_readable_by_everybody(
    acme: Workspace, opener: Opener, pytestconfig: pytest.Config
) -> None:
    work = quizzed(acme)
    labeler, owner = opener(work.labeler(), work), opener(acme.someone(Role.OWNER), work, "two")
    page = owner.context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(owner.address.replace("/label", "/guidelines"))
    expect(page.get_by_role("group", name="Question 2").get_by_label("Why")).to_have_value(SINGS)
    expect(page.get_by_role("group", name="Question 3")).to_be_visible()
    page.get_by_role("button", name="Add a question").click()
    expect(page.get_by_role("group", name="Question 4")).to_be_visible()
    assert axe_findings(pytestconfig, page) == []
    page = labeler.context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(labeler.address.replace("/label", "/terms"))
    page.get_by_role("radio", name="A wren").check()
    page.get_by_role("radio", name="Sad").check()
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_role("group", name=QUIZ[1]["text"])).to_contain_text(f"Not right. {SINGS}")
    assert axe_findings(pytestconfig, page) == []
