"""Guidelines and marks in a real browser: words are found, answers lead to examples, marks are hidden."""

import re

import pytest
from playwright.sync_api import expect

from tests.annotation.whole import (
    MOODS,
    NAMES,
    checked,
    opened_sheet,
    work_with,
)
from tests.annotation.windows import Opener, item, saved
from tests.world import Workspace

pytestmark = pytest.mark.ui


def test_words_are_found_in_the_guidelines_by_keyboard(acme: Workspace, opener: Opener) -> None:
    work = work_with(acme, MOODS)
    work.add("text 0")
    page = opener(work.labeler(), work).open()
    item(page)
    panel = page.get_by_role("tabpanel")
    expect(panel.get_by_role("heading", name="Listen")).to_be_visible()
    page.keyboard.press("y")
    page.keyboard.press("/")
    field = page.get_by_role("searchbox", name="Search the guidelines")
    expect(field).to_be_focused()
    page.keyboard.type("TONE of  voice")
    said = panel.get_by_role("status")
    expect(said).to_have_text("1 of 2")
    marked = """() => ["guide-found", "guide-now"]
      .map((name) => [...(CSS.highlights.get(name) ?? [])].map((range) => range.toString()))"""
    assert page.evaluate(marked) == [["tone of voice", "tone\nof voice"], ["tone of voice"]]
    page.keyboard.press("Enter")
    expect(said).to_have_text("2 of 2")
    assert page.evaluate(marked)[1] == ["tone\nof voice"]
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Enter")
    expect(said).to_have_text("2 of 2")
    # Keys that answer were words here.
    expect(checked(page)).to_have_count(0)
    field.fill("tone of vice")
    expect(said).to_have_text("Not found")
    assert page.evaluate(marked) == [[], []]
    # Escape empties the field, and then leaves it.
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(said).to_have_text("")
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    page.keyboard.press("2")
    expect(checked(page)).to_have_value("sad")


def test_an_answer_leads_to_its_examples_and_back(acme: Workspace, opener: Opener) -> None:
    work = work_with(acme, MOODS, NAMES)
    work.add("Ada went to Rome.")
    page = opener(work.labeler(), work).open()
    item(page)
    about = [page.get_by_role("button", name=f"Guidelines on {name}") for name in ("Glad", "Person")]
    for one in about:
        expect(one).to_have_count(1)
    # What no heading bears has no such button.
    expect(page.get_by_role("button", name=re.compile("^Guidelines on"))).to_have_count(2)
    page.keyboard.press("y")
    about[0].click()
    heading = page.get_by_role("tabpanel").get_by_role("heading", name="Glad")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(about[0]).to_be_focused()
    # By keyboard, from the answer in focus.
    page.get_by_role("radio", name="Glad").focus()
    page.keyboard.press("i")
    expect(heading).to_be_focused()
    expect(checked(page)).to_have_count(0)
    about[1].click()
    expect(page.get_by_role("heading", name="Person: who counts")).to_be_focused()


def test_labels_are_in_view_where_another_question_has_the_bar(acme: Workspace, opener: Opener) -> None:
    work = work_with(acme, MOODS, NAMES)
    work.add("Ada went to Rome.\n" * 200)
    page = opener(work.labeler(), work).open()
    item(page)
    label = page.get_by_role("button", name="Person", exact=True)
    expect(label).to_be_in_viewport()
    page.locator(".span-text").click(position={"x": 20, "y": 20})
    label.click()
    expect(page.get_by_role("heading", name="1 span")).to_be_visible()


PAINT = """() => {
  const style = getComputedStyle(document.querySelector(".span-block") ?? document.querySelector(".span-text"),
    "::highlight(c0-0)");
  return [style.backgroundColor, style.textDecorationColor];
}"""


def test_marks_are_hidden_while_a_key_is_held_and_their_strength_is_remembered(
    acme: Workspace, opener: Opener
) -> None:
    work = work_with(acme, NAMES)
    work.add("Ada went to Rome.")
    page = opener(work.labeler(), work).open()
    item(page)
    page.locator(".span-text").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="1 span")).to_be_visible()
    shown = page.evaluate(PAINT)
    hide = page.get_by_role("button", name="Hide marks")
    page.keyboard.down("h")
    expect(hide).to_have_attribute("aria-pressed", "true")
    hidden = page.evaluate(PAINT)
    assert all(re.search(r"[,/] ?0\)$", colour) for colour in hidden), hidden
    page.keyboard.up("h")
    expect(hide).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(PAINT) == shown
    assert not any(re.search(r"[,/] ?0\)$", colour) for colour in shown), shown
    # Not for ever: who goes to another window with the key held finds the marks again.
    page.keyboard.down("h")
    expect(hide).to_have_attribute("aria-pressed", "true")
    page.evaluate("dispatchEvent(new Event('blur'))")
    expect(hide).to_have_attribute("aria-pressed", "false")
    page.keyboard.up("h")
    opened_sheet(page).get_by_label("Marks in texts").select_option("none")
    page.keyboard.press("Escape")
    underlined = page.evaluate(PAINT)
    assert underlined != shown
    assert underlined[1] == shown[1]
    saved(page, "Saved")
    page.reload()
    item(page)
    expect(page.get_by_role("heading", name="1 span")).to_be_visible()
    assert page.evaluate(PAINT) == underlined
