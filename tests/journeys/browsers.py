"""Real browsers for journeys: Chromium under playwright, kept profiles that survive a kill."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from tests.journeys.demo_install import DemoInstall, Person, kill_hard
from tests.ui.conftest import ARGUMENTS, CHROMIUM, WATCH

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


def need_chromium() -> None:
    """Skip the test, visibly, on a machine without Chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the journey in a browser did not run")


@contextmanager
def browser(profile: Path, driver: Playwright | None = None) -> Iterator[BrowserContext]:
    """Run a browser with a profile in a folder; it is gone at the end, the profile stays.

    Without `driver` the browser has a playwright of its own, as each thread needs.
    """
    need_chromium()
    if driver is None:
        with sync_playwright() as own, browser(profile, own) as context:
            yield context
        return
    context = driver.chromium.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=list(ARGUMENTS),
        viewport={"width": 1280, "height": 900},
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context
    finally:
        # A browser that was killed has closed already.
        with suppress(Exception):
            context.close()


def watched_page(context: BrowserContext, troubles: list[str]) -> Page:
    """Open an empty page whose policy violations and script errors are added to `troubles`."""
    page = context.new_page()
    page.expose_function("ringfenceViolation", lambda text: troubles.append(text))
    page.add_init_script(WATCH)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return page


def sign_in(page: Page, demo: DemoInstall, person: Person, path: str = "") -> None:
    """Sign in as a person does: address, password, and the code where it is asked for."""
    page.goto(f"{demo.base_url}{path or '/'}")
    if "/login" in page.url:
        page.get_by_label("E-mail").fill(person.email)
        page.get_by_label("Password").fill(person.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
    give_code(page, person)


def give_code(page: Page, person: Person) -> None:
    """Show the second factor if the page asks for it."""
    for _ in range(2):  # a code that somebody used just before is refused, and the next one is not
        if "/second-factor" in page.url:
            page.locator("input[name=code]").fill(person.fresh_code())
            page.get_by_role("button", name="Go on").click()
            page.wait_for_load_state()


def kill_browser(profile: Path) -> int | None:
    """Kill -9 the browser that runs on a profile; None when none does."""
    mark = f"--user-data-dir={profile}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            # Its children carry the same word; the browser itself is the one without a type.
            of_a_child = any(word.startswith(b"--type=") for word in words)
            if mark in words and not of_a_child and kill_hard(int(entry.name)):
                return int(entry.name)
    return None


def forget_profile(profile: Path) -> None:
    """Remove a profile's lock that a killed browser has left."""
    for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
        (profile / name).unlink(missing_ok=True)


def remove_profile(profile: Path) -> None:
    """Remove a profile."""
    shutil.rmtree(profile, ignore_errors=True)
