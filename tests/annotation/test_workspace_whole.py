"""The whole workspace in a real browser: keys and their sheet, what a screen reader is told, guidelines, misfits."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.services.set_guidelines import set_guidelines
from ringfence.kernel.context import acting
from tests.annotation.making import SCHEMA, Work, new_work
from tests.annotation.windows import Opener, ask, is_gone, item, rows, saved
from tests.stack import Stack
from tests.world import Workspace

pytestmark = pytest.mark.ui
MOODS = {
    "id": "mood",
    "type": "choice",
    "text": "How does it sound?",
    "cannot_assess": True,
    "options": [{"id": "glad", "text": "Glad"}, {"id": "sad", "text": "Sad"}],
}
TOPICS = {
    "id": "topics",
    "type": "choices",
    "text": "What is it about?",
    "cannot_assess": True,
    "options": [
        {"id": "food", "text": "Food"},
        {"id": "sport", "text": "Sport"},
        {"id": "art", "text": "Art"},
    ],
}
NAMES = {
    "id": "names",
    "type": "spans",
    "of": "text",
    "text": "Mark names.",
    "options": [{"id": "person", "text": "Person"}, {"id": "place", "text": "Place"}],
}
GUIDELINES = """# Listen

Take **care**: a tone of voice is not a word. Read it **all** before you say how it sounds.

## Glad

For example: *what a day!*

## Notes

A tone
of voice may change. Care takes time.

## Person: who counts

For example: Ada, Tomás.
"""


def asking(*questions: dict[str, Any]) -> dict[str, Any]:
    """Return a schema over one text."""
    return SCHEMA | {"questions": list(questions)}


def work_with(workspace: Workspace, *questions: dict[str, Any], guidelines: str = GUIDELINES) -> Work:
    """Make a project that asks these questions."""
    work = new_work(workspace, schema=False)
    ask(work, asking(*questions))
    owner = workspace.context()
    with acting(owner):
        set_guidelines(owner, project_id=work.project_id, markdown=guidelines)
    return work


def opened_sheet(page: Page) -> Locator:
    """Press the question mark and return the sheet."""
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Shortcuts and display")
    expect(sheet).to_be_visible()
    return sheet


def key_of(sheet: Locator, what: str) -> Locator:
    """Return the button that changes a key."""
    return sheet.get_by_role("button", name=re.compile(f"^Key of “{what}”"))


def checked(page: Page) -> Locator:
    """Return the chosen answer."""
    return page.locator("input:checked")


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
