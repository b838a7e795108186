"""Invitation, declaration, work: in a real browser, by keyboard, without script, on a phone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from ringfence.kernel.permissions import Role
from tenants.gate.invitations import issue_invitation
from tenants.neutrality.facts import Party
from tests.annotation.live import Processes
from tests.journeys.browsers import browser, need_chromium, watched_page
from tests.tenants.browser import PASSWORD
from tests.tenants.registering import party
from tests.ui.axe_core import axe_findings
from tests.ui.conftest import ARGUMENTS, CHROMIUM
from tests.world import Workspace

pytestmark = pytest.mark.ui


@pytest.fixture(scope="module")
def server(stack: Any) -> Iterator[Processes]:
    """A web server for browsers."""
    need_chromium()
    processes = Processes(stack)
    try:
        processes.start_web()
        yield processes
    finally:
        processes.stop()


@pytest.fixture
def invited(acme: Workspace, address: str) -> str:
    """The path of an invitation to label."""
    issued = issue_invitation(tenant_id=acme.tenant_id, email=address, role=Role.LABELER)
    return f"/invitation/{issued.secret}"


@pytest.fixture
def firm() -> Party:
    """A party of the registry."""
    return party(f"Hooli {uuid4().hex[:6]} Inc.")


@pytest.fixture
def page(server: Processes, tmp_path: Path, invited: str, firm: Party) -> Iterator[Page]:
    """A page whose violations of the content policy fail the test. Django works before it is there: not beside it."""
    troubles: list[str] = []
    with browser(tmp_path / "profile") as context:
        yield watched_page(context, troubles)
    assert troubles == []


def accept(page: Page, base: str, invited: str) -> None:
    """Follow the mailed link as a newcomer."""
    page.goto(base + invited)
    page.get_by_label("Your name").fill("Nell Newcomer")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/declaration?next=*")


def test_a_newcomer_accepts_declares_by_keyboard_and_works(
    page: Page, server: Processes, acme: Workspace, invited: str, firm: Party, pytestconfig: pytest.Config
) -> None:
    accept(page, f"http://127.0.0.1:{server.port}", invited)
    expect(page.get_by_role("heading", name="Whom you are tied to")).to_be_visible()
    assert axe_findings(pytestconfig, page) == []
    page.get_by_label("Firm or person").focus()
    page.keyboard.type(firm.name.lower())
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.get_by_label("Last day").fill("2019-12-31")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/w/{acme.public_id}/")
    page.goto(f"http://127.0.0.1:{server.port}/declaration")
    expect(page.get_by_text(firm.name.lower())).to_be_visible()
    expect(page.get_by_text("I work for them, not employed").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert axe_findings(pytestconfig, page) == []
    today = datetime.now(UTC).strftime("%d %b %Y")
    page.get_by_role("button", name=f"Nothing has changed since {today}").press("Enter")
    expect(page.get_by_text("Your declaration is kept")).to_be_visible()


def test_the_form_works_without_script_on_a_phone_and_keeps_what_was_typed(
    server: Processes, acme: Workspace, invited: str
) -> None:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
        page = context.new_page()
        accept(page, f"http://127.0.0.1:{server.port}", invited)
        page.get_by_role("button", name="Declare", exact=True).last.click()
        expect(page.get_by_text("Name your ties, or tick that there are none")).to_be_visible()
        page.get_by_label("Firm or person").fill("A firm that is kept")
        page.get_by_role("button", name="Add a tie").click()
        expect(page.get_by_label("Firm or person")).to_have_count(2)
        expect(page.get_by_label("Firm or person").first).to_have_value("A firm that is kept")
        page.get_by_role("button", name="Remove tie 1").click()
        expect(page.get_by_label("Firm or person")).to_have_count(1)
        expect(page.get_by_label("Firm or person")).to_have_value("")
        page.get_by_label("I have no such tie").check()
        page.get_by_role("button", name="Declare", exact=True).last.click()
        page.wait_for_url(f"**/w/{acme.public_id}/")
        chromium.close()
