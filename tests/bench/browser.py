"""What a labeler's browser measures in the workspace: first paint, script, the next task, delay of a key.

For `tests.bench.system`, against a running demo. Times come from the browser's own clock: the paint entries, a
look at the page after the frame in which the item changed, and the Event Timing entries (in steps of 8 ms,
none below 16). A cold visit has an empty cache and no service of the page; the server is warm.
"""

import gzip
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.bench.meters import quantile
from tests.ui.conftest import ARGUMENTS, CHROMIUM

COLD_VISITS = 5
ANSWERS = 20
PATIENCE_MS = 30_000
WATCH = """
window.bench = { delays: [], painted: null, next: null };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.interactionId) window.bench.delays.push(entry.duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
const itemText = () => document.querySelector(".ws-item")?.textContent ?? "";
const afterPaint = (then) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => then(performance.now());
  channel.port2.postMessage(0);
});
let before = null, pressed = 0;
addEventListener("keydown", (event) => {
  if (event.key === "Enter") { before = itemText(); pressed = event.timeStamp; window.bench.next = null; }
}, true);
new MutationObserver(() => {
  const text = itemText();
  if (text && window.bench.painted === null) {
    window.bench.painted = -1;
    afterPaint((now) => { window.bench.painted = now; });
  }
  if (before !== null && text && text !== before) {
    before = null;
    afterPaint((now) => { window.bench.next = now - pressed; });
  }
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
RESOURCES = """() => performance.getEntriesByType("resource")
  .filter((entry) => entry.name.includes("/static/"))
  .map((entry) => [entry.name.replace(/.*\\/static\\//, ""), entry.encodedBodySize, entry.decodedBodySize])"""
PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null"""


@dataclass
class Seen:
    """What was measured, in ms and bytes."""

    first_paint: list[float] = field(default_factory=list)
    first_task: list[float] = field(default_factory=list)
    next_task: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    keys_pressed: int = 0
    transferred: dict[str, int] = field(default_factory=dict)
    gzip_bytes: dict[str, int] = field(default_factory=dict)


def look(base_url: str, login: dict[str, str], tenant: str, project: str, static: Path) -> Seen:
    """Visit the workspace as a labeler: cold several times, then answer by keys."""
    if CHROMIUM is None:
        raise RuntimeError("no chromium on this machine")
    seen = Seen(gzip_bytes=entry_sizes(static))
    address = f"{base_url}/w/{tenant}/projects/{project}/label"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        state = sign_in(browser, base_url, login)
        for _ in range(COLD_VISITS):
            context, page = visit(browser, state, address)
            seen.first_paint.append(page.evaluate(PAINT))
            seen.first_task.append(page.evaluate("window.bench.painted"))
            seen.transferred = {
                name: size for name, size, _ in page.evaluate(RESOURCES) if name.endswith(".js")
            }
            context.close()
        context, page = visit(browser, state, address)
        answer(page, seen)
        context.close()
        browser.close()
    return seen


def sign_in(browser: Browser, base_url: str, login: dict[str, str]) -> Any:
    """Return the browser's state after the demo's first labeler has signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{base_url}/login")
    page.fill("input[name=email]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url, timeout=PATIENCE_MS)
    state = context.storage_state()
    context.close()
    return state


def visit(browser: Browser, state: Any, address: str) -> tuple[BrowserContext, Page]:
    """Open the workspace with an empty cache; return when its first item is painted."""
    context = browser.new_context(storage_state=state, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    agree(page)
    until(page, "window.bench.painted > 0")
    return context, page


def until(page: Page, true: str) -> None:
    """Return when an expression is true. Asked from outside: the page's policy lets nobody evaluate inside it."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(true):
        if time.monotonic() > deadline:
            raise TimeoutError(true)
        page.wait_for_timeout(25)


def agree(page: Page) -> None:
    """Agree to what the project asks before the first item."""
    page.wait_for_selector(".ws-item, dialog[open]", timeout=PATIENCE_MS)
    for _ in range(2):
        dialog = page.query_selector("dialog[open]")
        if dialog is None:
            return
        button = dialog.query_selector("button.button-primary")
        if button is not None:
            button.click()
        page.wait_for_timeout(500)


def answer(page: Page, seen: Seen) -> None:
    """Answer items by keys; note how long each next one took to be painted."""
    for n in range(ANSWERS):
        page.keyboard.press(str(1 + n % 3))
        page.wait_for_timeout(120)
        page.keyboard.press("Enter")
        until(page, "window.bench.next !== null")
        seen.next_task.append(page.evaluate("window.bench.next"))
        seen.keys_pressed += 2
        page.wait_for_timeout(400)
    seen.delays = page.evaluate("window.bench.delays")


def entry_sizes(static: Path) -> dict[str, int]:
    """Return the bytes of script, gzipped, that each entry of the build loads at once: itself and its imports."""
    manifest = json.loads((static / "manifest.json").read_text())
    sizes = {}
    for name, chunk in manifest.items():
        if chunk.get("isEntry"):
            files, waiting = set[str](), [name]
            while waiting:
                one = manifest[waiting.pop()]
                if one["file"] not in files:
                    files.add(one["file"])
                    waiting += one.get("imports", ())
            scripts = [file for file in files if file.endswith(".js")]
            sizes[name] = sum(len(gzip.compress((static / file).read_bytes(), 9)) for file in scripts)
    return sizes


def rows(seen: Seen) -> list[tuple[str, str]]:
    """Return (what, figure) for the table."""
    middle = {
        name: f"p50 {quantile(v, 50):.0f} ms, worst {max(v):.0f} ms"
        for name, v in (
            ("first", seen.first_paint),
            ("task", seen.first_task),
            ("next", seen.next_task),
        )
    }
    slow = [delay for delay in seen.delays if delay > 50]
    sizes = ", ".join(
        f"{name.rsplit('/', 1)[-1]} {size / 1024:.0f} KB" for name, size in seen.gzip_bytes.items()
    )
    return [
        ("first contentful paint, cold cache", middle["first"]),
        ("first item painted, cold cache", middle["task"]),
        ("next item painted after Enter", middle["next"]),
        (
            "interaction delay (Event Timing)",
            f"worst {max(seen.delays, default=16):.0f} ms over {seen.keys_pressed} keys, {len(slow)} above 50 ms",
        ),
        ("script, gzip, by entry", sizes),
        ("script sent for the label page", f"{sum(seen.transferred.values()) / 1024:.0f} KB"),
    ]
