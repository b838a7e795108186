"""Parts under strain: hard texts, hostile and huge model output, conditions, items that do not fit."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotation.labels.answer import check_answer
from annotation.labels.schema import read_schema
from tests.ui.part_cases import ANSWERS, CASES, COMPARED, HARD, LABELS, NAMES, OPTIONS, TEXT, question, schema
from tests.ui.parts_doing import ALICE, FILL, answer, click, press

pytestmark = pytest.mark.ui


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


BLOCKS = """# Heading {n}

Words with **weight**, a [link][there] and `code`.

- one
- two

  with a paragraph

```py
def f():

    return {n}
```

| a | b |
|---|---|
| 1 | 2 |

"""


def test_a_long_text_is_rendered_by_parts_and_is_the_same(show: Callable[..., Page]) -> None:
    long = "".join(BLOCKS.format(n=n) for n in range(120)) + "[there]: https://example.org/end\n"
    page = show(schema(question("choice", options=OPTIONS), item={"answer": "markdown"}), {"answer": long})
    body = page.locator("[data-field=answer] .md")
    expect(body.locator("a[href='https://example.org/end']").first).to_be_visible()
    # Off the screen it still stands as it was written; it is rendered on the way there.
    assert 0 < body.locator("h2").count() < 120
    assert "# Heading 119" in (body.text_content() or "")
    for place in range(body.locator(".md-part").count()):
        part = body.locator(".md-part").nth(place)
        part.scroll_into_view_if_needed()
        expect(part.locator("h2, pre").first).to_be_visible()
    counts = body.evaluate(
        """(e) => ["h2", "strong", "a", "ul > li", "li > p", "pre .code-word", "table", ":scope > :not(.md-done)"]
          .map((one) => e.querySelectorAll(one).length)"""
    )
    assert counts == [120, 120, 120, 240, 360, 240, 120, 0]
    assert body.locator("h2").all_text_contents() == [f"Heading {n}" for n in range(120)]


SHOWN_IN_LIST = """async (row) => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const [inner, outer] = [row, row.closest(".span-list")].map((e) => e.getBoundingClientRect());
  return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
}"""


def test_a_long_text_with_many_spans_keeps_its_size_and_its_list(show: Callable[..., Page]) -> None:
    text = "".join(f"Paragraph {n}: " + "some words to read " * 20 + "\n" for n in range(60))
    page = show(schema(question("spans", of="text", options=LABELS)), {"text": text})
    host = page.locator(".span-text")
    tall = host.evaluate("(e) => e.offsetHeight")
    # Blocks off the screen are left out from the second frame on, at the size that they had.
    expect(host).to_have_class("span-text span-text-long")
    assert host.evaluate("(e) => e.offsetHeight") == tall
    host.focus()
    for n in range(120):
        press(page, f"ArrowRight {n % 4 + 1}")
    shown = page.locator(".span-list").get_by_role("listitem")
    assert shown.count() == len(answer(page)["spans"]) == 120
    assert page.locator(".span-list button[tabindex='0']").count() == 1
    press(page, "Control+End 1")
    place = page.locator(".span-list [aria-current]")
    assert place.evaluate(SHOWN_IN_LIST)
    expect(place).to_be_in_viewport()
    last = answer(page)["spans"][-1]
    assert last["end"] > len(text) - 30
    # Back from row to row, over the ends of shelves, to the first; what is current is in view in the text as well.
    place.focus()
    for _ in range(120):
        page.keyboard.press("ArrowUp")
    expect(shown.first.get_by_role("button")).to_be_focused()
    expect(host.get_by_text("Paragraph 0:")).to_be_in_viewport()


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
    click(page.get_by_role("radio", name="Positive"))
    assert answer(page) == {"choice": "pos"}
    expect(field).to_have_count(0)
    click(page.get_by_role("radio", name="Negative"))
    expect(field).to_have_value("It is slow.")
    assert answer(page) == {"choice": "neg", "text": "It is slow.", "rating": 4}


def test_what_cannot_be_assessed_is_an_answer_and_can_be_taken_back(show: Callable[..., Page]) -> None:
    page = show(*CASES["choices"])
    page.get_by_role("button", name="Cannot assess").click()
    assert answer(page) == {"choices": {"cannot_assess": True}}
    page.keyboard.press("2")
    assert answer(page) == {"choices": ["neg"]}
    press(page, "2")
    click(page.get_by_role("checkbox", name="None of these"))
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


def drag(page: Page, name: str, place: str, *, then: str = "up") -> None:
    """Drag a response over a place by mouse, and let it go or press a key."""
    chip, target = page.locator(f"[data-chip={name}]"), page.locator(f"[data-drop='{place}']")
    chip.scroll_into_view_if_needed()
    begin, end = chip.bounding_box(), target.bounding_box()
    assert begin is not None
    assert end is not None
    page.mouse.move(begin["x"] + begin["width"] / 2, begin["y"] + begin["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=4)
    expect(target).to_have_attribute("data-over", "")
    if then != "up":
        page.keyboard.press(then)
    page.mouse.up()
    expect(page.locator("[data-over], [data-dragged]")).to_have_count(0)


def test_responses_are_ranked_by_dragging_as_by_buttons(show: Callable[..., Page]) -> None:
    page = show(*CASES["ranking"])
    drag(page, "C", "at 0")
    drag(page, "A", "at 1")
    drag(page, "B", "at 2")
    drag(page, "D", "at 2")
    assert answer(page) == {"ranking": [["C"], ["A"], ["B", "D"]]}
    expect(page.get_by_role("radio", name="D: rank 3")).to_be_checked()
    drag(page, "D", "before 0")
    assert answer(page) == {"ranking": [["D"], ["C"], ["A"], ["B"]]}
    # Nothing comes of a drag that is broken off, or that ends nowhere.
    drag(page, "B", "at 0", then="Escape")
    assert answer(page) == {"ranking": [["D"], ["C"], ["A"], ["B"]]}
    drag(page, "A", "out")
    assert "A" not in str(answer(page)["ranking"])
    # Buttons and keys go on from there, without a drag.
    click(page.get_by_role("radio", name="A: rank 1"))
    assert answer(page) == {"ranking": [["A", "D"], ["C"], ["B"]]}


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
