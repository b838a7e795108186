"""Every type of question in a browser, under the site's policy: by keyboard alone, by mouse, by what is read out."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.labels.answer import check_answer
from annotation.labels.schema import read_schema
from tests.ui.axe_core import axe_source
from tests.ui.part_cases import (
    ANSWERS,
    CASES,
    COMPARED,
    HARD,
    LABELS,
    NAMES,
    OPTIONS,
    TEXT,
    question,
    schema,
)
from tests.ui.test_shell import SMALL_TARGETS

pytestmark = pytest.mark.ui

Opener = Callable[..., Page]

FILL = """([schema, item]) => {
  for (const [id, text] of [["schema", schema], ["item", item]]) {
    const field = document.getElementById(id);
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""
LISTEN = 'document.addEventListener("ringfence:answer", ({ detail }) => (window.answered = JSON.stringify(detail)))'
WIDER_THAN_PAGE = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
  .filter((e) => !e.closest("pre, .md-table, .for-ears, details"))
  .map((e) => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A page with a preview, as a process, because it configures Django for itself."""
    command = [sys.executable, str(Path(__file__).with_name("parts_site.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def show(site: str, open_page: Opener) -> Callable[..., Page]:
    """Open the preview of a schema and an item, with the focus at its beginning."""

    def shown(label_schema: dict[str, Any], item: dict[str, Any], script: str = "", **options: Any) -> Page:
        page = open_page("about:blank", **options)
        page.add_init_script(LISTEN + ";" + script)
        page.goto(site)
        page.evaluate(FILL, [json.dumps(label_schema), json.dumps(item)])
        page.locator(".preview").wait_for()
        page.locator(".preview").focus()
        return page

    return shown


def answer(page: Page) -> Any:
    """Return the answer so far, after the page has settled."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)))")
    return json.loads(page.evaluate("window.answered ?? '{}'"))


def press(page: Page, keys: str) -> None:
    """Press keys one after another."""
    for key in keys.split():
        page.keyboard.press(key)


def span(text: str, quote: str, label: str) -> dict[str, Any]:
    """Return the span over the first `quote`, offsets in code points."""
    start = text.index(quote)
    return {"start": start, "end": start + len(quote), "quote": quote, "label": label}


ALICE = span(NAMES["text"], "Alice Smith", "per")
PARIS = span(NAMES["text"], "Paris", "loc")

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
        page.get_by_role(role, name=name, exact=True).click(force=True)  # type: ignore[arg-type]
    assert answer(page) == expected


def test_messages_and_candidates_are_answered_by_mouse_where_they_stand(show: Callable[..., Page]) -> None:
    page = show(*CASES["messages"])
    second = page.get_by_role("listitem", name="Assistant, message 5")
    second.get_by_role("radio", name="3", exact=True).click(force=True)
    second.get_by_role("checkbox", name="Place").click(force=True)
    assert answer(page) == {"rating": {"4": 3}, "choices": {"4": ["loc"]}}
    page = show(*CASES["candidates"])
    page.get_by_role("region", name="Response B").get_by_role("radio", name="4", exact=True).click(force=True)
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


@pytest.mark.parametrize("case", HEARD)
def test_each_type_is_there_for_screen_readers(case: str, show: Callable[..., Page]) -> None:
    page = show(*CASES[case])
    tree = page.locator("body").aria_snapshot()
    for line in HEARD[case]:
        assert line.replace('group "Question', '"Question') in tree, tree


def test_the_text_to_mark_and_what_happens_to_it_are_read_out(show: Callable[..., Page]) -> None:
    page = show(*CASES["spans"])
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    boxes = [node for node in tree if node.get("role", {}).get("value") == "textbox"]
    assert [box["value"]["value"] for box in boxes] == [NAMES["text"]]
    page.locator(".span-text").focus()
    press(page, "ArrowRight ArrowRight 1")
    expect(page.locator(".spans [role=status]")).to_have_text("Person added: Alice. Spans: 1")
    expect(page.get_by_role("button", name="Person Alice 10–15")).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("painter", ["highlights", "elements"])
def test_spans_of_a_hard_text_are_exactly_what_was_marked(painter: str, show: Callable[..., Page]) -> None:
    label_schema, item = schema(question("spans", of="text", options=LABELS)), {"text": HARD}
    page = show(label_schema, item, script="delete window.Highlight" if painter == "elements" else "")
    shown = json.loads(page.evaluate('JSON.stringify(document.querySelector(".span-text").textContent)'))
    assert shown == json.loads(json.dumps(HARD))
    page.locator(".span-text").focus()
    page.keyboard.press("Control+Home")
    for n in range(12):
        page.keyboard.press(str(n % 4 + 1))
        # The second line runs from right to left: there the next word is to the left.
        page.keyboard.press("ArrowRight" if n < 3 else "ArrowLeft")
    # Two that overlap others, and one edge moved by whole characters.
    press(page, "Control+Home Shift+ArrowRight Shift+ArrowRight 2 Alt+Shift+ArrowRight")
    marked = answer(page)["spans"]
    assert len(marked) >= 10
    assert all(HARD[one["start"] : one["end"]] == one["quote"] for one in marked)
    assert "👩‍👩‍👧" in {one["quote"] for one in marked}
    stored = check_answer(read_schema(label_schema), item, {"spans": marked})
    assert stored["spans"] == marked
    text = page.evaluate('JSON.stringify(document.querySelector(".span-text").textContent)')
    assert json.loads(text) == shown
    assert page.locator("mark").count() == 0 if painter == "highlights" else page.locator("mark").count() > 5


def test_spans_may_not_overlap_where_the_schema_says_so(show: Callable[..., Page]) -> None:
    page = show(schema(question("spans", of="text", options=LABELS, overlap=False)), NAMES)
    page.locator(".span-text").focus()
    press(page, "ArrowRight ArrowRight Shift+ArrowRight 1 Control+Home Shift+ArrowRight 2")
    assert answer(page) == {"spans": [ALICE]}
    expect(page.get_by_text("Spans may not overlap here.")).to_be_attached()
    press(page, "Escape BracketRight Delete")
    assert answer(page) == {"spans": []}


def test_the_list_of_spans_is_walked_and_emptied_by_keyboard(show: Callable[..., Page]) -> None:
    page = show(*CASES["spans"])
    page.locator(".span-text").focus()
    press(page, "ArrowRight 1 ArrowRight 2 ArrowRight 3")
    page.locator(".span-list button").first.focus()
    press(page, "ArrowDown Delete")
    assert [one["quote"] for one in answer(page)["spans"]] == ["Yesterday", "Smith"]
    assert page.evaluate("document.activeElement.textContent").startswith("Place")
    press(page, "Delete Delete")
    assert answer(page) == {"spans": []}


HOSTILE = """<script>window.hacked = 1</script> <img src=x onerror="window.hacked = 2">

[press](javascript:window.hacked=3) [data](data:text/html,x) [fine](https://example.org/a?b=c "title")
![tracker](https://track.example/p.png) <style>body{display:none}</style> <!-- a comment -->
<iframe src="https://example.org"></iframe> <a href="javascript:alert(1)" onclick="x()">raw</a>

<div style="position:fixed;inset:0">cover</div>

```"><img src=x onerror=alert(1)>
</code><script>window.hacked = 4</script>
```

| a | b |
|:-:|---|
| <b>x</b> | ![i](//host/x.png) |

Entities: &lt;script&gt; &#106;avascript: [x](&#106;avascript:alert(1)) [v](vbscript:x) <https://example.org>
"""


def test_hostile_markdown_is_words_and_nothing_else(show: Callable[..., Page]) -> None:
    asked: list[str] = []
    label_schema, item = schema(question("preference"), **COMPARED), {**ANSWERS, "response_a": HOSTILE}
    page = show(label_schema, item)
    page.on("request", lambda request: asked.append(request.url))
    body = page.get_by_role("region", name="Response A").locator(".md")
    expect(body.locator("table")).to_be_visible()
    found = body.evaluate(
        """(e) => [...e.querySelectorAll("*")].map((one) => ({
          tag: one.localName,
          names: one.getAttributeNames(),
          href: one.getAttribute("href"),
          rel: one.getAttribute("rel"),
          target: one.getAttribute("target"),
        }))"""
    )
    tags = {one["tag"] for one in found}
    assert not tags & {"script", "img", "style", "iframe", "svg", "form", "input", "object", "link", "meta"}
    names = {name for one in found for name in one["names"]}
    assert not [name for name in names if name.startswith("on")]
    assert "style" not in names
    links = [one for one in found if one["tag"] == "a"]
    assert {one["href"] for one in links} <= {"https://example.org/a?b=c", "https://example.org"}
    assert links
    assert all("noopener" in one["rel"] and one["target"] == "_blank" for one in links)
    text = body.text_content() or ""
    for seen in (
        "<script>window.hacked = 1</script>",
        "<!-- a comment -->",
        "onerror=",
        "https://track.example/p.png",
    ):
        assert seen in text
    assert page.evaluate("window.hacked") is None
    assert not [address for address in asked if "127.0.0.1" not in address]
    page.get_by_role("button", name="Raw text of Response A").click()
    raw = page.get_by_role("region", name="Response A").locator(".exact")
    assert raw.text_content() == HOSTILE


def test_a_message_of_5_mb_is_cut_and_shown_whole_on_request(show: Callable[..., Page]) -> None:
    line = "Line **bold** of a very long message, with words.\n"
    long = line * (5 * 1024 * 1024 // len(line))
    thread = [{"role": "user", "content": "Go on."}, {"role": "assistant", "content": long}]
    page = show(schema(question("choice", options=OPTIONS), item={"thread": "chat"}), {"thread": thread})
    message = page.get_by_role("listitem", name="Assistant, message 2")
    expect(message.locator("strong").first).to_be_visible()
    shown = len(message.text_content() or "")
    assert 30_000 < shown < 60_000
    message.get_by_role("button", name="Show all").click()
    expect(message.get_by_text(f"All {len(long):,} characters are shown.")).to_be_attached(timeout=20_000)
    assert message.locator(".exact").evaluate("(e) => e.textContent.length") == len(long)
    page.locator(".preview").focus()
    page.keyboard.press("2")
    assert answer(page) == {"choice": "neg"}


def test_a_written_answer_starts_from_the_winner_and_keeps_what_was_written(
    show: Callable[..., Page],
) -> None:
    page = show(*CASES["text"])
    field = page.get_by_role("textbox", name="Question of type text")
    page.keyboard.press("1")
    expect(field).to_have_value(ANSWERS["response_a"])
    page.keyboard.press("3")
    expect(field).to_have_value(ANSWERS["response_b"])
    field.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("1 and 2, s g f?")
    page.locator(".preview").focus()
    page.keyboard.press("1")
    written = ANSWERS["response_b"] + "1 and 2, s g f?"
    assert answer(page) == {"preference": {"better": "A"}, "text": written}
    page.get_by_role("button", name="Changes from A").last.click()
    expect(page.locator(".written-view ins").first).to_be_visible()
    page.get_by_role("button", name="Start again from A").click()
    assert answer(page)["text"] == ANSWERS["response_a"]
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".written-view .code-word").first).to_be_visible()


def test_a_conditional_question_comes_and_goes_with_what_was_written_in_it(show: Callable[..., Page]) -> None:
    label_schema = schema(
        question("choice", options=OPTIONS),
        question("text", when={"question": "choice", "is": ["neg"]}),
        question("rating", when={"question": "choice", "is": ["neg", "mix"]}),
    )
    page = show(label_schema, TEXT)
    field = page.get_by_role("textbox", name="Question of type text")
    expect(field).to_have_count(0)
    page.keyboard.press("2")
    field.fill("It is slow.")
    page.locator(".preview").focus()
    page.keyboard.press("4")
    assert answer(page) == {"choice": "neg", "text": "It is slow.", "rating": 4}
    page.get_by_role("radio", name="Positive").click(force=True)
    assert answer(page) == {"choice": "pos"}
    expect(field).to_have_count(0)
    page.get_by_role("radio", name="Negative").click(force=True)
    expect(field).to_have_value("It is slow.")
    assert answer(page) == {"choice": "neg", "text": "It is slow.", "rating": 4}


def test_what_cannot_be_assessed_is_an_answer_and_can_be_taken_back(show: Callable[..., Page]) -> None:
    page = show(*CASES["choices"])
    page.get_by_role("button", name="Cannot assess").click()
    assert answer(page) == {"choices": {"cannot_assess": True}}
    page.keyboard.press("2")
    assert answer(page) == {"choices": ["neg"]}
    press(page, "2")
    page.get_by_role("checkbox", name="None of these").click(force=True)
    assert answer(page) == {"choices": []}


def test_a_tree_is_walked_by_arrows_letters_and_found_in(show: Callable[..., Page]) -> None:
    options = [
        {
            "id": f"g{n}",
            "text": f"Group {n}",
            "options": [{"id": f"g{n}i{m}", "text": f"Item {n}.{m}"} for m in range(30)],
        }
        for n in range(10)
    ]
    page = show(schema(question("taxonomy", options=options, many=True)), TEXT)
    tree = page.get_by_role("tree")
    tree.get_by_role("treeitem").first.focus()
    press(page, "ArrowDown ArrowRight ArrowRight ArrowDown Space End Home")
    assert answer(page) == {"taxonomy": [["g1", "g1i1"]]}
    page.get_by_role("searchbox").fill("item 7.2")
    expect(tree.get_by_role("treeitem")).to_have_count(1 + 11)
    tree.get_by_role("treeitem", name="Item 7.2", exact=True).click()
    assert answer(page) == {"taxonomy": [["g1", "g1i1"], ["g7", "g7i2"]]}
    page.get_by_role("button", name="Remove Group 1, Item 1.1").click()
    assert answer(page) == {"taxonomy": [["g7", "g7i2"]]}


def test_an_item_that_does_not_fit_says_so_and_shows_what_there_is(show: Callable[..., Page]) -> None:
    page = show(
        schema(question("choice", options=OPTIONS), item={"thread": "chat", "note": "text"}),
        {"thread": "no chat"},
    )
    expect(page.get_by_role("alert")).to_contain_text("does not fit")
    expect(page.get_by_text("This is not a conversation. It is shown as it is.")).to_be_visible()
    expect(page.get_by_text("This item has no such field.")).to_be_visible()
    page = show(schema(question("preference"), **COMPARED), {"prompt": "x", "response_a": "only one"})
    expect(page.get_by_role("alert")).to_contain_text("no two texts to compare")


def test_the_preview_follows_edits_and_bears_broken_ones(show: Callable[..., Page]) -> None:
    page = show(*CASES["choice"])
    page.keyboard.press("1")
    page.evaluate(FILL, ['{"version": 1, ', "{}"])
    expect(page.get_by_text("The schema is no JSON")).to_be_visible()
    page.evaluate(
        FILL,
        [json.dumps({"version": 1, "item": {}, "questions": [{"id": "x", "type": "y", "text": ""}]}), "{}"],
    )
    expect(page.get_by_text("its type is one of")).to_be_visible()
    page.evaluate(FILL, [json.dumps(CASES["choice"][0]), json.dumps(TEXT)])
    expect(page.get_by_role("radio", name="Positive")).to_be_checked()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_is_too_small_or_wider_than_the_page(
    case: str, width: int, show: Callable[..., Page]
) -> None:
    page = show(*CASES[case], viewport={"width": width, "height": 800})
    page.wait_for_timeout(100)
    assert page.evaluate(WIDER_THAN_PAGE) == []
    assert page.evaluate(SMALL_TARGETS) == []
    page.get_by_text("The answer so far").scroll_into_view_if_needed()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("case", CASES)
def test_axe_finds_nothing(
    case: str, theme: str, show: Callable[..., Page], pytestconfig: pytest.Config
) -> None:
    source = axe_source(pytestconfig)
    page = show(*CASES[case], color_scheme=theme)
    press(page, BY_KEYBOARD[case][0])
    page.wait_for_timeout(100)
    page.evaluate(source)
    found = page.evaluate(
        """async () => (await axe.run(document.querySelector("[data-preview]"), {
          runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        })).violations.map(({ id, nodes }) =>
          [id, nodes.slice(0, 3).map(({ html, failureSummary }) => html.slice(0, 160) + failureSummary)])"""
    )
    assert found == []
