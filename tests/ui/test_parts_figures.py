"""How long the heavy cases take in a browser. Nothing is asserted of a time: figures go to a file, which is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.ui.part_cases import ANSWERS, COMPARED, LABELS, question, schema
from tests.ui.parts_doing import answer

pytestmark = pytest.mark.ui

SENTENCE = "Alice of Acme flew to Paris on Monday and met Bob near the old harbour while it rained hard again"
WATCH = """
window.slow = [];
window.events = [];
new PerformanceObserver((list) => {
  for (const { name, duration } of list.getEntries()) window.events.push([name, duration]);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.slow.push(Math.round(duration));
}).observe({ type: "longtask", buffered: true });
"""
AFTER_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def figures(pytestconfig: pytest.Config) -> Any:
    """Collect figures; written when the module is done."""
    found: dict[str, Any] = {}
    yield found
    assert pytestconfig.cache is not None
    path = Path(pytestconfig.cache.mkdir("figures")) / "parts.json"
    path.write_text(json.dumps(found, indent=2))
    print(f"\nfigures: {path}\n{json.dumps(found, indent=2)}")


def slowest(page: Page) -> dict[str, Any]:
    """Return what the browser itself has noted since the last call."""
    page.wait_for_timeout(300)
    noted = page.evaluate(
        """() => {
          const found = {
            events_over_16_ms: window.events.length,
            longest_event_ms: Math.max(0, ...window.events.map(([, ms]) => ms)),
            long_tasks_ms: window.slow,
          };
          window.events = [];
          window.slow = [];
          return found;
        }"""
    )
    return dict(noted)


def long_text(units: int) -> str:
    """Return text of about `units` characters in paragraphs."""
    line = SENTENCE + ". "
    paragraph = line * 5 + "\n"
    return (paragraph * (units // len(paragraph) + 1))[:units]


def test_fifty_thousand_characters_with_a_thousand_spans(
    show: Callable[..., Page],
    figures: dict[str, Any],
) -> None:
    text = long_text(50_000)
    page = show(schema(question("spans", of="text", options=LABELS)), {"text": text}, script=WATCH)
    slowest(page)
    # A thousand spans through the engine's own way in: choose a word, give it a label, by keyboard.
    page.locator(".span-text").focus()
    page.evaluate(
        """async () => {
          const text = document.querySelector(".span-text");
          const options = { bubbles: true, cancelable: true };
          const key = (key) => text.dispatchEvent(new KeyboardEvent("keydown", { key, ...options }));
          for (let n = 0; n < 1000; n += 1) {
            key("ArrowRight"); key("ArrowRight"); key(String((n % 4) + 1));
            if (n % 50 === 0) await new Promise((done) => setTimeout(done));
          }
        }"""
    )
    figures["1,000 spans added without a pause"] = slowest(page)
    assert len(answer(page)["spans"]) == 1000
    for keys in (
        "ArrowRight",
        "1",
        "ArrowRight",
        "Shift+ArrowRight",
        "2",
        "]",
        "[",
        "Alt+ArrowRight",
        "Delete",
        "ArrowDown",
    ):
        page.keyboard.press(keys)
        page.evaluate(AFTER_FRAMES)
    page.mouse.wheel(0, 4000)
    page.evaluate(AFTER_FRAMES)
    figures["50,000 characters, 1,000 spans: keys and scrolling"] = slowest(page)
    page.mouse.click(300, 300)
    page.evaluate(AFTER_FRAMES)
    page.keyboard.press("3")
    page.evaluate(AFTER_FRAMES)
    figures["50,000 characters, 1,000 spans: click and label"] = slowest(page)


def test_a_thread_of_two_hundred_messages_with_controls(
    show: Callable[..., Page],
    figures: dict[str, Any],
) -> None:
    thread = [
        {
            "role": ("user", "assistant")[n % 2],
            "content": f"Message {n}: **{SENTENCE}**.\n\n- one\n- two\n",
        }
        for n in range(200)
    ]
    label_schema = schema(
        question("rating", per={"messages": "thread"}),
        question("choices", per={"messages": "thread"}, options=LABELS, required=False),
        item={"thread": "chat"},
    )
    page = show(label_schema, {"thread": thread}, script=WATCH)
    figures["200 messages, 100 with controls: shown"] = slowest(page)
    for n in range(30):
        page.keyboard.press(str(n % 5 + 1))
        page.evaluate(AFTER_FRAMES)
    assert len(answer(page)["rating"]) == 30
    page.mouse.wheel(0, 20_000)
    page.evaluate(AFTER_FRAMES)
    figures["200 messages: 30 ratings by key, scrolling"] = slowest(page)


def test_two_answers_of_forty_kilobytes(show: Callable[..., Page], figures: dict[str, Any]) -> None:
    part = ANSWERS["response_a"] + "\n\n" + ANSWERS["response_b"] + "\n\n" + SENTENCE + "\n\n"
    long = part * (40_000 // len(part))
    item = {"prompt": "?", "response_a": long, "response_b": long.replace("Alice", "Carol")}
    page = show(schema(question("preference", strength=3), **COMPARED), item, script=WATCH)
    page.locator(".md pre").first.wait_for()
    figures["two answers of 40 KB as Markdown: shown"] = slowest(page)
    page.keyboard.press("2")
    page.evaluate(AFTER_FRAMES)
    figures["two answers of 40 KB: one key"] = slowest(page)
    page.get_by_role("button", name="Changes from A").click()
    page.locator(".diff ins").first.wait_for()
    figures["two answers of 40 KB: differences"] = slowest(page)
