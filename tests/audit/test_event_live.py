"""An event's proof, checked in a real browser: green for what holds, red for one changed byte, under a pin too."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from audit.services.pin_file import pin_file
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.cookies import COOKIE
from tests.annotation.live import Processes
from tests.audit.logkeeping import Keeper, happen
from tests.journeys.browsers import browser, need_chromium, watched_page
from tests.stack import Stack
from tests.ui.axe_core import axe_findings
from tests.world import Workspace

pytestmark = pytest.mark.ui

HOLDS = re.compile("^It holds")
FAILS = re.compile("^It does not hold")


@pytest.fixture(scope="module")
def server(stack: Stack) -> Iterator[Processes]:
    """A web server for browsers."""
    need_chromium()
    (stack.directory / "static").mkdir(exist_ok=True)
    processes = Processes(stack)
    try:
        processes.start_web()
        yield processes
    finally:
        processes.stop()


@dataclass
class Case:
    """An event in the middle of a log, the pin of an earlier day, and a rival's."""

    path: str
    session: str
    pin: Path
    rivals_pin: Path


@pytest.fixture
def case(acme: Workspace, rival: Workspace, keeper: Keeper, tmp_path: Path) -> Case:
    """Made before there is a browser: Django does not work beside one."""
    pins = []
    for workspace in (acme, rival):
        happen(workspace, 20)
        keeper.settle()
        auditor = workspace.someone(Role.AUDITOR).context
        with acting(auditor):
            pins.append(tmp_path / f"{workspace.public_id}.pin")
            pins[-1].write_bytes(pin_file(auditor).content)
    happen(acme, 300)
    keeper.settle()
    return Case(f"/w/{acme.public_id}/audit/events/17", acme.someone(Role.AUDITOR).session, *pins)


@pytest.fixture
def page(case: Case, server: Processes, tmp_path: Path) -> Iterator[Page]:
    """The event's page, open; violations of its content policy fail the test."""
    troubles: list[str] = []
    with browser(tmp_path / "profile") as context:
        context.add_cookies(
            [{"name": COOKIE, "value": case.session, "url": f"http://127.0.0.1:{server.port}"}]
        )
        page = watched_page(context, troubles)
        page.goto(f"http://127.0.0.1:{server.port}{case.path}")
        yield page
    assert troubles == []


def check(page: Page) -> Any:
    """Press the button; return what is said then."""
    page.get_by_role("button", name="Check it in this browser").press("Enter")
    said = page.locator("#proof-said")
    expect(said).to_have_text(re.compile("^It "))
    return said


def test_it_holds_and_every_step_is_green(page: Page, case: Case, pytestconfig: pytest.Config) -> None:
    said = check(page)
    expect(said).to_have_text(HOLDS)
    expect(said).to_contain_text("The key came from us")
    steps = page.locator("#proof [data-step]")
    assert steps.count() > 8
    assert page.locator("#proof [data-ok]").count() == steps.count()
    assert axe_findings(pytestconfig, page) == []
    page.get_by_text("Against a pin of your own").click()
    page.get_by_label("Pin file").set_input_files(case.pin)
    said = check(page)
    expect(said).to_contain_text("It holds under your own pin")


def test_a_pin_of_another_log_is_no_proof_of_this_one(page: Page, case: Case) -> None:
    page.get_by_text("Against a pin of your own").click()
    page.get_by_label("Pin file").set_input_files(case.rivals_pin)
    expect(check(page)).to_have_text(FAILS)


def spoilt(text: str, where: str) -> str:
    """Change one character of a proof file."""
    head, note = text.split("\n\n", 1)
    lines, signed = head.split("\n"), note.split("\n")
    row, number, at = {
        "extra": (lines, 1, 10), "path": (lines, 4, 0), "root": (signed, 2, 0), "signature": (signed, 4, -8)
    }[where]  # fmt: skip
    written = list(row[number])
    written[at] = "B" if written[at] == "A" else "A"
    row[number] = "".join(written)
    return "\n".join(lines) + "\n\n" + "\n".join(signed)


def test_one_changed_character_of_the_proof_turns_it_red(page: Page) -> None:
    def change(where: str, route: Route) -> None:
        route.fulfill(body=spoilt(route.fetch().text(), where))

    for where in ("extra", "path", "root", "signature"):
        page.route("**/events/17/proof*", partial(change, where))
        said = check(page)
        expect(said).to_have_text(FAILS)
        expect(said).to_have_attribute("data-tone", "bad")
        page.unroute("**/events/17/proof*")
        expect(check(page)).to_have_text(HOLDS)


def test_what_the_page_shows_turns_red_where_it_is_wrong(page: Page) -> None:
    for step in ("leaf", "3", "root"):
        code = page.locator(f'[data-step="{step}"] > code')
        shown = code.inner_text()
        code.evaluate("(e, text) => { e.textContent = text }", ("B" if shown[0] == "A" else "A") + shown[1:])
        expect(check(page)).to_have_text(FAILS)
        assert page.locator("#proof [data-wrong]").get_attribute("data-step") == step
        code.evaluate("(e, text) => { e.textContent = text }", shown)
        expect(check(page)).to_have_text(HOLDS)
    page.evaluate(
        """() => { const proof = document.querySelector("#proof");
           proof.dataset.core = btoa(atob(proof.dataset.core).replace("task", "tusk")); }"""
    )
    expect(check(page)).to_have_text(FAILS)
