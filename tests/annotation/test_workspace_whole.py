"""The whole workspace in a real browser: keys and their sheet, what a screen reader is told, misfits."""

import pytest
from playwright.sync_api import expect

from tests.annotation.whole import (
    MOODS,
    NAMES,
    TOPICS,
    checked,
    key_of,
    opened_sheet,
    work_with,
)
from tests.annotation.windows import Opener, ask, is_gone, item, rows, saved
from tests.stack import Stack
from tests.world import Workspace

pytestmark = pytest.mark.ui


def test_a_key_is_changed_in_the_sheet_and_works_and_a_taken_one_is_refused(
    acme: Workspace, opener: Opener
) -> None:
    work = work_with(acme, MOODS)
    work.add("text 0", "text 1", "text 2")
    page = opener(work.labeler(), work).open()
    task = item(page)
    sheet = opened_sheet(page)
    key_of(sheet, "Skip").focus()
    page.keyboard.press("f")
    expect(sheet.get_by_role("alert")).to_have_text("F is taken by “Flag”.")
    expect(key_of(sheet, "Skip")).to_have_text("S")
    page.keyboard.press("1")
    expect(sheet.get_by_role("alert")).to_have_text("1 is taken by “Glad”.")
    page.keyboard.press("w")
    expect(sheet.get_by_role("alert")).to_have_count(0)
    expect(key_of(sheet, "Skip")).to_have_text("W")
    # No key acts on what lies below the sheet.
    page.keyboard.press("u")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert item(page) == task
    skip = page.get_by_role("button", name="Skip")
    expect(skip.locator("kbd")).to_have_text("W")
    page.keyboard.press("s")
    page.keyboard.press("w")
    is_gone(page, task)
    page.reload()
    task = item(page)
    expect(skip.locator("kbd")).to_have_text("W")
    page.keyboard.press("w")
    is_gone(page, task)
    sheet = opened_sheet(page)
    sheet.get_by_role("button", name="Back to the keys of before").click()
    expect(key_of(sheet, "Skip")).to_have_text("S")


def test_single_keys_are_switched_off_and_that_is_remembered(acme: Workspace, opener: Opener) -> None:
    work = work_with(acme, MOODS)
    work.add("text 0", "text 1")
    page = opener(work.labeler(), work).open()
    task = item(page)
    opened_sheet(page).get_by_label("Single-key shortcuts").select_option("off")
    page.keyboard.press("Escape")
    for load in (False, True):
        if load:
            page.reload()
            assert item(page) == task
        page.keyboard.press("1")
        page.keyboard.press("s")
        page.keyboard.press("?")
        page.evaluate("() => new Promise(requestAnimationFrame)")
        expect(checked(page)).to_have_count(0)
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert item(page) == task
    # What is pressed with Ctrl, and buttons, go on.
    page.get_by_role("radio", name="Sad").check()
    page.keyboard.press("Control+Enter")
    is_gone(page, task)
    page.get_by_role("button", name="Shortcuts and display").click()
    page.get_by_label("Single-key shortcuts").select_option("alt")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(checked(page)).to_have_count(0)
    page.keyboard.press("Alt+1")
    expect(checked(page)).to_have_value("glad")


WHOLE = """
- link "Skip to the content"
- main:
  - link "Projects"
  - heading "Sealed project name" [level=1]
  - text: 0 of 2 today
  - progressbar "0 of 2 today"
  - text: Saved
  - button "Undo" [disabled]
  - button "Shortcuts and display"
  - region "The item":
    - group "Item":
      - region "Text":
        - heading "Text" [level=2]
        - text: text 0
  - complementary "Beside the item":
    - tablist "Beside the item":
      - tab "Guidelines new" [selected]
      - tab "History"
      - tab "Comments"
    - tabpanel "Guidelines new":
      - search "Search the guidelines":
        - searchbox "Search the guidelines"
        - status
        - button "Previous place" [disabled]
        - button "Next place" [disabled]
      - button "I have read version 1"
      - heading "Listen" [level=2]
      - heading "Glad" [level=3]
  - region "Answer":
    - radiogroup "How does it sound?":
      - radio "Glad"
      - button "Guidelines on Glad"
      - radio "Sad"
      - button "Cannot assess"
    - button "Flag"
    - button "Skip"
    - button "Submit"
- status
"""


def test_the_whole_workspace_is_there_for_screen_readers(acme: Workspace, opener: Opener) -> None:
    work = work_with(acme, MOODS)
    work.add("text 0", "text 1")
    page = opener(work.labeler(), work).open()
    item(page)
    expect(page.locator("body")).to_match_aria_snapshot(WHOLE)
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="Glad")).to_be_checked()
    page.get_by_role("button", name="Cannot assess").click()
    expect(page.get_by_role("button", name="Cannot assess", pressed=True)).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator("#live")).to_have_text("Undone")
    expect(page.get_by_role("radio", name="Glad")).to_be_checked()
    # Enter would press the button that has the focus.
    page.keyboard.press("Control+Enter")
    expect(page.locator("#live")).to_have_text("Answer kept.")
    # A new item has the focus, so that it is read.
    assert page.evaluate("document.activeElement.dataset.task") == item(page)
    page.keyboard.press("y")
    expect(page.get_by_role("tab", name="History", selected=True)).to_be_visible()
    expect(page.get_by_role("tabpanel", name="History")).to_be_visible()
    for key, name, inside in (
        ("f", "Flag this item", "What is wrong?"),
        ("?", "Shortcuts and display", "Theme"),
    ):
        page.keyboard.press(key)
        dialog = page.get_by_role("dialog", name=name)
        expect(dialog.get_by_label(inside)).to_be_visible()
        # It is the whole that has the focus first: its heading and what it says are read.
        expect(dialog).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)


def test_what_is_pressed_moves_nothing(acme: Workspace, opener: Opener) -> None:
    work = work_with(acme, TOPICS, NAMES)
    work.add("Ada went to Rome.")
    page = opener(work.labeler(), work).open()
    item(page)
    places = """() => [...document.querySelectorAll("button, label, legend, h1, h2")]
      .map((one) => [one, one.getBoundingClientRect()]).filter(([, { width }]) => width > 0)
      .map(([one, { x, y, width, height }]) => [one.textContent, x, y, width, height].join(" "))"""
    before = page.evaluate(places)
    toggles = page.locator("[aria-pressed]")
    names = toggles.evaluate_all("(all) => all.map((one) => one.textContent)")
    assert len(names) >= 3
    for n in range(len(names)):
        toggles.nth(n).click()
        expect(toggles.nth(n)).to_have_attribute("aria-pressed", "true")
        assert page.evaluate(places) == before, names[n]
        toggles.nth(n).click()
        expect(toggles.nth(n)).to_have_attribute("aria-pressed", "false")
    for name in ("Food", "Art", "None of these"):
        page.get_by_role("checkbox", name=name).check()
        assert page.evaluate(places) == before, name


@pytest.mark.parametrize("width", [1000, 1440, 2560])
def test_answers_stand_in_the_column_of_the_item(acme: Workspace, opener: Opener, width: int) -> None:
    work = work_with(acme, MOODS)
    work.add("long\n" * 200)
    page = opener(work.labeler(), work).open()
    page.set_viewport_size({"width": width, "height": 900})
    item(page)
    starts = """() => ["[data-task]", ".ws-bar-column"]
      .map((where) => document.querySelector(where).getBoundingClientRect().x)"""
    text, bar = page.evaluate(starts)
    assert bar == pytest.approx(text, abs=1)
    first = page.locator(".ws-bar label").first.bounding_box()
    assert first is not None
    assert abs(first["x"] - text) < 8


def test_an_item_that_does_not_fit_is_explained_flagged_and_skipped(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = work_with(acme, MOODS)
    work.add("text 0")
    ask(work, {"version": 1, "item": {"text": "text", "title": "text"}, "questions": [MOODS]})
    page = opener(work.labeler(), work).open()
    task = item(page)
    expect(page.get_by_role("alert")).to_have_text(
        "This item does not fit its schema: The field “title” is missing. Skip or flag it."
    )
    # Its text is there; an answer cannot be given.
    expect(page.get_by_text("text 0")).to_be_visible()
    expect(page.get_by_role("radio", name="Glad")).to_be_disabled()
    expect(page.get_by_role("button", name="Submit")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    assert item(page) == task
    page.keyboard.press("f")
    page.get_by_label("What is wrong?").fill("It has no title.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    kinds = "select kind from annotation_comment where task_id = %s"
    assert rows(stack, kinds, task) == [("flag",)]
    page.keyboard.press("s")
    is_gone(page, task)
    saved(page, "Saved")
    assert rows(stack, "select 1 from annotation_skip where task_id = %s", task) == [(1,)]
