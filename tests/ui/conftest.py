"""A real browser for the tests of pages: each page fails its test on a policy violation or a script error."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.ui.parts_doing import FILL, LISTEN

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WATCH = """document.addEventListener("securitypolicyviolation",
  ({ effectiveDirective, sourceFile, lineNumber, sample }) =>
    window.ringfenceViolation(`${effectiveDirective} ${sourceFile}:${lineNumber} ${sample}`))"""


PATIENCE_MS = 60_000
"""How long a page may take on a busy machine; nothing waits longer than it must."""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a file; without Chromium the test is skipped and says so.

    Not for the run: while its driver lives, Django takes this thread for an asynchronous one.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the browser tests did not run")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def opened(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open addresses in fresh contexts (options of `new_context`); troubles fail whoever used them, at the end."""
    troubles: list[str] = []
    contexts = []

    def opener(address: str, **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.expose_function("ringfenceViolation", lambda text: troubles.append(text))
        page.add_init_script(WATCH)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(address)
        return page

    yield opener
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a fresh context of this test."""
    with opened(chromium) as opener:
        yield opener


@contextmanager
def served(environment: dict[str, str]) -> Iterator[str]:
    """Run the parts' site as a process, because it configures Django for itself; give its address."""
    command = [sys.executable, str(Path(__file__).with_name("parts_site.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def parts_site() -> Iterator[str]:
    """A page with a preview, and practice, without a database."""
    with served(dict(os.environ)) as address:
        yield address


@pytest.fixture
def show(parts_site: str, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open the preview of a schema and an item, with the focus at its beginning."""

    def shown(label_schema: dict[str, Any], item: dict[str, Any], script: str = "", **options: Any) -> Page:
        page = open_page("about:blank", **options)
        page.add_init_script(LISTEN + ";" + script)
        page.goto(parts_site)
        page.evaluate(FILL, [json.dumps(label_schema), json.dumps(item)])
        page.locator(".preview").wait_for()
        page.locator(".preview").focus()
        return page

    return shown
