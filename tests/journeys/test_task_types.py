"""Each task type from its first item to the export, in a real browser: by keyboard alone, and by mouse."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browsers import browser, need_chromium, sign_in, watched_page
from tests.journeys.demo_install import DemoInstall
from tests.journeys.desk import Desk
from tests.journeys.labeling_data import (
    Item,
    as_jsonl,
    chat_items,
    entity_items,
    preference_items,
    sentiment_items,
)

pytestmark = pytest.mark.ui
WHO = "Luca"
HANDS = pytest.mark.parametrize("hand", ["keyboard", "mouse"])
ENTITIES = ("person", "location", "group", "product", "corporation", "creative-work")

WORDS_OF = """() => {
  const text = document.querySelector(".span-text").textContent;
  const words = [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)];
  const points = (end) => [...text.slice(0, end)].length;
  return words.filter(({ segment }) => segment.trim())
    .map(({ index, segment }) => [points(index), points(index + segment.length)]);
}"""
"""The words between which arrow keys go: begin and end of each, in code points."""

ENDS_OF = """([start, end]) => {
  const host = document.querySelector(".span-text");
  const units = (points) => [...host.textContent].slice(0, points).join("").length;
  const at = (place, begins) => {
    const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
    let before = 0;
    for (let node = walker.nextNode(); node; before += node.data.length, node = walker.nextNode()) {
      const here = place - before;
      if (begins ? here < node.data.length : here <= node.data.length) return [node, here];
    }
  };
  const rects = [[units(start), units(start) + 1], [units(end) - 1, units(end)]].map(([from, to]) => {
    const range = document.createRange();
    range.setStart(...at(from, true));
    range.setEnd(...at(to, false));
    return range.getBoundingClientRect();
  });
  return [rects[0].left + 1, rects[0].y + rects[0].height / 2, rects[1].right - 1, rects[1].y + rects[1].height / 2];
}"""
"""Where the pointer begins and ends a drag over a stretch of the text."""

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)))"


@pytest.fixture(scope="module")
def page(running_demo: DemoInstall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The browser of one labeler, signed in; policy violations and script errors fail the tests."""
    need_chromium()
    running_demo.settle()
    troubles: list[str] = []
    with browser(tmp_path_factory.mktemp("types") / "profile") as context:
        page = watched_page(context, troubles)
        sign_in(page, running_demo, running_demo.person(WHO))
        yield page
    assert troubles == []


class Sitting:
    """A project of its own with a few items, labeled by one person to its end."""

    def __init__(self, page: Page, demo: DemoInstall, schema: dict[str, Any], items: list[Item]) -> None:
        self.page, self.items = page, {item["id"]: item for item in items}
        self.desk = desk = Desk(demo, schema={"version": 1, **schema}, name="Types")
        desk.admit(demo.person(WHO).name)
        job = desk.manager.import_rows(desk.project, as_jsonl(items))
        assert desk.manager.until_ended(f"imports/{job}")["rows_added"] == len(items)
        page.goto(f"{demo.base_url}/w/{desk.tenant}/projects/{desk.project}/label")

    def label(self, answer: Callable[[Item], dict[str, Any]], *, submit: Callable[[], None]) -> None:
        """Answer every item; the export then holds exactly what `answer` says that it marked."""
        page, told = self.page, {}
        for _ in self.items:
            shown = page.locator("[data-task]")
            expect(shown).to_be_visible()
            task = str(shown.get_attribute("data-task"))
            told[task] = answer(self._shown())
            submit()
            expect(page.locator(f"[data-task='{task}']")).to_have_count(0)
        expect(page.get_by_role("heading", name="All done")).to_be_visible()
        expect(page.locator(".ws-saved .ws-wide")).to_have_text("Saved")
        lines = self.desk.manager.export(self.desk.project)
        assert {line["item"]["id"]: line["item"] for line in lines} == self.items
        marked = {line["task_id"]: given for line in lines for given in line["answers"]}
        for task, expected in told.items():
            assert {name: marked[task].get(name) for name in expected} == expected
        assert len(lines) == len(told)

    def _shown(self) -> Item:
        """Return the item on the screen, by its words."""
        words = _plain(self.page.locator("[data-task]").inner_text())
        (found,) = (item for item in self.items.values() if _plain(_first_text(item)) in words)
        return found

    def by_enter(self) -> None:
        """Submit as the hands that stay on the keyboard do."""
        self.page.keyboard.press("Enter")

    def by_button(self) -> None:
        """Submit by mouse."""
        self.page.get_by_role("button", name="Submit").click()

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def pick(self, question: str, name: str, *, role: str = "radio", within: Locator | None = None) -> None:
        """Click an option."""
        place = (within or self.page).locator(f"[data-question='{question}']")
        control = self.page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
        place.locator("label").filter(has=control).click()


def _first_text(item: Item) -> str:
    return str(item.get("text") or item.get("prompt") or item["thread"][0]["content"])


def _plain(text: str) -> str:
    return "".join(text.split())


SENTIMENT = {
    "item": {"text": "text"},
    "questions": [
        {
            "id": "tone",
            "type": "choice",
            "text": "Which tone has it?",
            "options": [
                {"id": "good", "text": "Good"},
                {"id": "bad", "text": "Bad"},
                {"id": "none", "text": "None"},
            ],
        },
        {
            "id": "about",
            "type": "choices",
            "text": "What is it about?",
            "min": 1,
            "options": [
                {"id": "price", "text": "Price"},
                {"id": "use", "text": "Use"},
                {"id": "other", "text": "Other"},
            ],
        },
        {
            "id": "thing",
            "type": "taxonomy",
            "text": "Which thing?",
            "options": [
                {
                    "id": "device",
                    "text": "Device",
                    "options": [{"id": "player", "text": "Player"}, {"id": "camera", "text": "Camera"}],
                },
                {"id": "service", "text": "Service"},
            ],
        },
    ],
}


@HANDS
def test_choices_of_every_kind(page: Page, demo: DemoInstall, hand: str) -> None:
    sitting = Sitting(page, demo, SENTIMENT, sentiment_items(3))

    def by_keyboard(_: Item) -> dict[str, Any]:
        sitting.press("2", "3", "1", "]", "1", "2")
        return {"answer": {"tone": "bad", "about": ["price", "other"], "thing": ["device", "camera"]}}

    def by_mouse(_: Item) -> dict[str, Any]:
        sitting.pick("tone", "Good")
        sitting.pick("about", "Use", role="checkbox")
        for name in ("Device", "Player"):
            page.get_by_role("treeitem", name=name).click()
        return {"answer": {"tone": "good", "about": ["use"], "thing": ["device", "player"]}}

    if hand == "keyboard":
        sitting.label(by_keyboard, submit=sitting.by_enter)
    else:
        sitting.label(by_mouse, submit=sitting.by_button)


PREFERENCE = {
    "item": {"prompt": "markdown"},
    "candidates": {"of": ["response_a", "response_b"]},
    "questions": [
        {"id": "better", "type": "preference", "text": "Which is better?", "strength": 2},
        {"id": "order", "type": "ranking", "text": "In which order?"},
        {
            "id": "why",
            "type": "text",
            "text": "Why?",
            "min_length": 3,
            "when": {"question": "better", "is": ["candidate"]},
        },
    ],
}


@HANDS
def test_preference_with_strength_order_and_rationale(page: Page, demo: DemoInstall, hand: str) -> None:
    sitting = Sitting(page, demo, PREFERENCE, preference_items(3))
    why = "Shorter, and “right” 😀\nIt says when."

    def sources(item: Item) -> list[str]:
        """The names that the browser is never told, by the texts that stand under A and B."""
        first = page.get_by_role("region", name="Response A").inner_text()
        both = ["response_a", "response_b"]
        assert sum(_plain(item[name]) in _plain(first) for name in both) == 1
        return both if _plain(item["response_a"]) in _plain(first) else both[::-1]

    def by_keyboard(item: Item) -> dict[str, Any]:
        shown = sources(item)
        sitting.press("5", "2", "1", "]")
        expect(page.get_by_label("Why?")).to_be_focused()
        page.keyboard.type(why.split("\n")[0])
        sitting.press("Enter")
        page.keyboard.type(why.split("\n")[1])
        answer = {
            "better": {"better": shown[1], "strength": 2},
            "order": [[shown[1]], [shown[0]]],
            "why": why,
        }
        return {"answer": answer, "shown": shown}

    def by_mouse(item: Item) -> dict[str, Any]:
        shown = sources(item)
        sitting.pick("better", "Tie")
        for name in ("A: rank 1", "B: rank 1"):
            sitting.pick("order", name)
        return {"answer": {"better": {"better": "tie"}, "order": [sorted(shown)]}, "shown": shown}

    if hand == "keyboard":
        sitting.label(by_keyboard, submit=lambda: sitting.press("Control+Enter"))
    else:
        sitting.label(by_mouse, submit=sitting.by_button)


CHAT = {
    "item": {"thread": "chat"},
    "questions": [
        {"id": "helpful", "type": "rating", "text": "How helpful?", "per": {"messages": "thread"}},
        {
            "id": "fault",
            "type": "choice",
            "text": "What is wrong with it?",
            "per": {"messages": "thread"},
            "options": [{"id": "nothing", "text": "Nothing"}, {"id": "facts", "text": "Facts"}],
        },
        {"id": "whole", "type": "rating", "text": "And the whole thread?", "min": 0, "max": 10},
    ],
}


@HANDS
def test_chat_with_ratings_of_messages_and_of_the_thread(page: Page, demo: DemoInstall, hand: str) -> None:
    sitting = Sitting(page, demo, CHAT, chat_items(3))
    answer = {"helpful": {"1": 4, "3": 2}, "fault": {"1": "nothing", "3": "facts"}, "whole": 7}

    def by_keyboard(_: Item) -> dict[str, Any]:
        sitting.press("4", "1", "2", "2", "8")
        return {"answer": answer}

    def by_mouse(_: Item) -> dict[str, Any]:
        for n in ("1", "3"):
            message = page.get_by_role("listitem", name=f"Assistant, message {int(n) + 1}")
            sitting.pick("helpful", str(answer["helpful"][n]), within=message)
            sitting.pick("fault", answer["fault"][n].capitalize(), within=message)
        sitting.pick("whole", str(answer["whole"]))
        return {"answer": answer}

    if hand == "keyboard":
        sitting.label(by_keyboard, submit=sitting.by_enter)
    else:
        sitting.label(by_mouse, submit=sitting.by_button)


SPANS = {
    "item": {"text": "text"},
    "questions": [
        {
            "id": "names",
            "type": "spans",
            "text": "Which names are in it?",
            "of": "text",
            "options": [{"id": name, "text": name.capitalize()} for name in ENTITIES],
        }
    ],
}


@HANDS
def test_spans_are_those_of_the_annotated_corpus(page: Page, demo: DemoInstall, hand: str) -> None:
    marked = entity_items(3)
    spans_of = {item["id"]: spans for item, spans in marked}
    sitting = Sitting(page, demo, SPANS, [item for item, _ in marked])

    def to_the_text() -> None:
        for _ in range(10):
            if page.evaluate("document.activeElement.matches('.span-text')"):
                return
            sitting.press("Tab")
        raise AssertionError("Tab does not lead to the text")

    def by_keyboard(item: Item) -> dict[str, Any]:
        to_the_text()
        words = page.evaluate(WORDS_OF)
        for span in spans_of[item["id"]]:
            first = next(n for n, (start, _) in enumerate(words) if start == span["start"])
            last = next(n for n, (_, end) in enumerate(words) if end == span["end"])
            sitting.press("Control+Home", *["ArrowRight"] * first, *["Shift+ArrowRight"] * (last - first))
            sitting.press(str(1 + ENTITIES.index(span["label"])))
        return {"answer": {"names": spans_of[item["id"]]}}

    def by_mouse(item: Item) -> dict[str, Any]:
        for span in spans_of[item["id"]]:
            left, top, right, bottom = page.evaluate(ENDS_OF, [span["start"], span["end"]])
            page.mouse.move(left, top)
            page.mouse.down()
            page.mouse.move(right, bottom, steps=5)
            page.mouse.up()
            page.evaluate(DRAWN)
            page.get_by_role("button", name=span["label"].capitalize(), exact=True).click()
        return {"answer": {"names": spans_of[item["id"]]}}

    if hand == "keyboard":
        sitting.label(by_keyboard, submit=sitting.by_enter)
    else:
        sitting.label(by_mouse, submit=sitting.by_button)
