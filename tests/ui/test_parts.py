"""Every type of question in a browser, under the site's policy: by keyboard alone, by mouse, by what is read out."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from annotation.labels.answer import check_answer
from annotation.labels.schema import read_schema
from tests.ui.axe_core import axe_findings
from tests.ui.conftest import opened
from tests.ui.part_cases import ANSWERS, CASES, NAMES
from tests.ui.parts_doing import ALICE, FILL, PARIS, answer, click, press
from tests.ui.test_shell import SMALL_TARGETS

pytestmark = pytest.mark.ui

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDER_THAN_PAGE = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
  .filter((e) => !e.closest("pre, .md-table, .for-ears, details"))
  .map((e) => e.outerHTML.slice(0, 120))"""

BY_KEYBOARD = {
    "choice": ("3 2", {"choice": "neg"}),
    "choices": ("3 1", {"choices": ["pos", "mix"]}),
    "taxonomy": ("1 2 1", {"taxonomy": ["animal", "cat", "lion"]}),
    "spans": (
        "Tab ArrowRight ArrowRight Shift+ArrowRight 1 "
        "ArrowRight ArrowRight ArrowRight ArrowRight ArrowRight 2 3 BracketLeft",
        {"spans": [ALICE, PARIS]},
    ),
    "preference": ("6", {"preference": {"better": "B", "strength": 2}}),
    "ranking": ("2 3 1 3", {"ranking": [["C"], ["A"], ["B", "D"]]}),
    "rating": ("6", {"rating": 6}),
    "text": ("1", {"preference": {"better": "A"}, "text": ANSWERS["response_a"]}),
    # After what is required comes what is not; ] goes on from there.
    "messages": (
        "4 5 1 3 ] ] ] 2",
        {"rating": {"2": 4, "4": 5}, "choices": {"2": ["per", "loc"]}, "choice": "neg"},
    ),
    "candidates": ("2 5 1", {"rating": {"A": 2, "B": 5}, "preference": {"better": "A", "strength": 2}}),
}


@pytest.mark.parametrize("case", BY_KEYBOARD)
def test_each_type_is_answered_by_keyboard_alone(case: str, show: Callable[..., Page]) -> None:
    label_schema, item = CASES[case]
    page = show(label_schema, item)
    keys, expected = BY_KEYBOARD[case]
    press(page, keys)
    assert answer(page) == expected
    check_answer(read_schema(label_schema), item, answer(page))


MOUSE: dict[str, tuple[list[tuple[str, str]], dict[str, Any]]] = {
    "choice": ([("radio", "Negative")], {"choice": "neg"}),
    "choices": ([("checkbox", "Mixed"), ("checkbox", "Positive")], {"choices": ["pos", "mix"]}),
    "taxonomy": (
        [("treeitem", "Animal"), ("treeitem", "Cat"), ("treeitem", "Lion")],
        {"taxonomy": ["animal", "cat", "lion"]},
    ),
    "preference": ([("radio", "B is better")], {"preference": {"better": "B", "strength": 2}}),
    "ranking": (
        [("radio", "A: rank 2"), ("radio", "B: rank 3"), ("radio", "C: rank 1"), ("radio", "D: rank 3")],
        {"ranking": [["C"], ["A"], ["B", "D"]]},
    ),
    "rating": ([("radio", "7, excellent")], {"rating": 7}),
    "text": (
        [("radio", "B is better"), ("button", "Preview")],
        {"preference": {"better": "B"}, "text": ANSWERS["response_b"]},
    ),
}


@pytest.mark.parametrize("case", MOUSE)
def test_each_type_is_answered_by_mouse(case: str, show: Callable[..., Page]) -> None:
    page = show(*CASES[case])
    clicks, expected = MOUSE[case]
    for role, name in clicks:
        click(page.get_by_role(role, name=name, exact=True))  # type: ignore[arg-type]
    assert answer(page) == expected


def test_messages_and_candidates_are_answered_by_mouse_where_they_stand(show: Callable[..., Page]) -> None:
    page = show(*CASES["messages"])
    second = page.get_by_role("listitem", name="Assistant, message 5")
    click(second.get_by_role("radio", name="3", exact=True))
    click(second.get_by_role("checkbox", name="Place"))
    assert answer(page) == {"rating": {"4": 3}, "choices": {"4": ["loc"]}}
    page = show(*CASES["candidates"])
    click(page.get_by_role("region", name="Response B").get_by_role("radio", name="4", exact=True))
    assert answer(page) == {"rating": {"B": 4}}


def test_spans_are_marked_by_mouse_without_and_with_dragging(show: Callable[..., Page]) -> None:
    page = show(*CASES["spans"])
    place = {
        word: page.evaluate(
            """(word) => {
              const walker = document.createTreeWalker(document.querySelector(".span-text"), NodeFilter.SHOW_TEXT);
              for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const at = node.data.indexOf(word);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + word.length);
                const { left, right, top, bottom } = range.getBoundingClientRect();
                return { left, right, x: (left + right) / 2, y: (top + bottom) / 2 };
              }
            }""",
            word,
        )
        for word in ("Alice", "Smith", "Paris", "Acme")
    }
    page.mouse.click(place["Alice"]["x"], place["Alice"]["y"])
    page.keyboard.down("Shift")
    page.mouse.click(place["Smith"]["x"], place["Smith"]["y"])
    page.keyboard.up("Shift")
    page.get_by_role("button", name="Person", exact=True).click()
    assert answer(page) == {"spans": [ALICE]}
    page.mouse.move(place["Paris"]["left"] + 1, place["Paris"]["y"])
    page.mouse.down()
    page.mouse.move(place["Paris"]["right"], place["Paris"]["y"], steps=6)
    page.mouse.up()
    page.get_by_role("button", name="Place", exact=True).click()
    assert answer(page) == {"spans": [ALICE, PARIS]}
    # A click on a span makes it current; the label then changes it. The list leads to it too.
    page.mouse.click(place["Alice"]["x"], place["Alice"]["y"])
    page.get_by_role("button", name="Organisation", exact=True).click()
    assert answer(page)["spans"][0]["label"] == "org"
    page.get_by_role("button", name="Place Paris").click()
    page.get_by_role("button", name="End later").click()
    assert answer(page)["spans"][1]["quote"] == "Paris,"
    page.get_by_role("button", name="Remove").click()
    assert [one["quote"] for one in answer(page)["spans"]] == ["Alice Smith"]


HEARD = {
    "choice": ['group "Question of type choice"', 'radio "Positive"'],
    "choices": ['checkbox "Positive"', 'button "Cannot assess"', "Pick at most 3."],
    "taxonomy": ['tree "Question of type taxonomy"', 'treeitem "Animal"'],
    "spans": [
        "textbox",
        'group "Labels"',
        'button "Person"',
        'button "Nothing to mark"',
    ],
    "preference": [
        'radio "A is much better"',
        'radio "B is slightly better"',
        'radio "Both bad"',
        'region "Response A"',
    ],
    "ranking": ['radio "B: rank 2"', "1 is best; equal ranks are a tie."],
    "rating": ['radio "1, useless"', 'radio "4"'],
    "text": ['textbox "Question of type text"'],
    "messages": ['listitem "Assistant, message 3"', "Helpful: Assistant, message 3"],
    "candidates": ["Correct: response B"],
}


@pytest.fixture(scope="module")
def still(chromium: Browser) -> Iterator[Page]:
    """One page for all that is looked at and not answered: a page of its own takes longer than the look."""
    with opened(chromium) as opener:
        yield opener("about:blank")


@pytest.fixture(scope="module", params=CASES)
def drawn(still: Page, parts_site: str, request: pytest.FixtureRequest) -> tuple[str, Page]:
    """One type after the other, drawn once for all that is asked of it."""
    case: str = request.param
    still.goto(parts_site)
    still.evaluate(FILL, [json.dumps(part) for part in CASES[case]])
    still.locator(".preview").wait_for()
    return case, still


def test_each_type_is_there_for_screen_readers(drawn: tuple[str, Page]) -> None:
    case, page = drawn
    tree = page.locator("body").aria_snapshot()
    for line in HEARD[case]:
        assert line.replace('group "Question', '"Question') in tree, tree


def test_nothing_is_too_small_or_wider_than_the_page(drawn: tuple[str, Page]) -> None:
    _, page = drawn
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(100)
        assert page.evaluate(WIDER_THAN_PAGE) == [], f"at {width} px"
        assert page.evaluate(SMALL_TARGETS) == [], f"at {width} px"


def test_axe_finds_nothing(drawn: tuple[str, Page], pytestconfig: pytest.Config) -> None:
    case, page = drawn
    page.locator(".preview").focus()
    press(page, BY_KEYBOARD[case][0])
    page.wait_for_timeout(100)
    assert axe_findings(pytestconfig, page, inside="[data-preview]", only=WCAG) == []


def test_the_text_to_mark_and_what_happens_to_it_are_read_out(show: Callable[..., Page]) -> None:
    page = show(*CASES["spans"])
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    boxes = [node for node in tree if node.get("role", {}).get("value") == "textbox"]
    assert [box["value"]["value"] for box in boxes] == [NAMES["text"]]
    page.locator(".span-text").focus()
    press(page, "ArrowRight ArrowRight 1")
    expect(page.locator(".spans [role=status]")).to_have_text("Person added: Alice. Spans: 1")
    expect(page.get_by_role("button", name="Person Alice 10–15")).to_have_attribute("aria-current", "true")
