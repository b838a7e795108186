"""What tests of the parts do to a preview: open it, press keys, read the answer so far."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from tests.ui.part_cases import NAMES

Opener = Callable[..., Page]

FILL = """([schema, item]) => {
  for (const [id, text] of [["schema", schema], ["item", item]]) {
    const field = document.getElementById(id);
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""
STILL = """(element) => new Promise((done) => {
  let before, alike = 0;
  const look = () => {
    const { x, y } = element.getBoundingClientRect();
    alike = before === `${x} ${y}` ? alike + 1 : 0;
    before = `${x} ${y}`;
    if (alike === 3) done(); else requestAnimationFrame(look);
  };
  look();
})"""
LISTEN = 'document.addEventListener("ringfence:answer", ({ detail }) => (window.answered = JSON.stringify(detail)))'


def answer(page: Page) -> Any:
    """Return the answer so far, after the page has settled."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)))")
    return json.loads(page.evaluate("window.answered ?? '{}'"))


def click(control: Locator) -> None:
    """Click a control that its own label covers, where it comes to rest.

    Whoever forces a click is not made to wait: a text that is read as it comes near the screen moves what is below.
    """
    control.scroll_into_view_if_needed()
    control.evaluate(STILL)
    control.click(force=True)


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
