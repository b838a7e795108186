"""The whole visit by clicks, in two browsers: the owner sees what the visitor does while it happens, and ends it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from ringfence.celery import app
from tenants.cookies import COOKIE
from tests.annotation.live import Processes
from tests.stack import Stack
from tests.tenants.supporting import WHY, Case
from tests.ui.conftest import ARGUMENTS, CHROMIUM, opened
from tests.world import Someone

pytestmark = pytest.mark.ui


@pytest.fixture
def live(stack: Stack) -> Iterator[Processes]:
    """A web server with a memory of its own."""
    running = Processes(stack)
    app.control.purge()
    running.start_web()
    yield running
    running.stop()


def signed_in(page: Page, address: str, someone: Someone) -> None:
    """Put somebody's session into a browser."""
    page.context.add_cookies([{"name": COOKIE, "value": someone.session, "url": address}])


def test_a_visit_in_two_browsers(stack: Stack, live: Processes) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the visit by clicks did not run")
    case = Case(stack)
    address, here = f"http://127.0.0.1:{live.port}", f"/w/{case.acme.public_id}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        with opened(chromium) as opener:
            opal, owner = opener("about:blank"), opener("about:blank")
            signed_in(opal, address, case.opal)
            signed_in(owner, address, case.owner)
            asks = f"{address}/w/{case.operator.public_id}/platform/support"
            opal.goto(asks)
            opal.get_by_label("Workspace", exact=True).fill(case.acme.public_id)
            opal.get_by_label("Why").fill(WHY)
            opal.get_by_label("Minutes").fill("30")
            opal.get_by_role("button", name="Ask", exact=True).click()
            expect(opal.get_by_text("Waits for an owner").first).to_be_visible()

            owner.goto(f"{address}{here}/")
            owner.get_by_role("link", name="Read why, and decide").click()
            expect(owner.get_by_text(WHY)).to_be_visible()
            owner.get_by_role("link", name="Decide", exact=True).click()
            owner.get_by_label("Minutes, from now on").fill("20")
            owner.get_by_label("A code of your second factor").fill(case.code())
            owner.get_by_role("button", name="Let them in").click()
            expect(owner.get_by_role("button", name="End now")).to_be_visible()
            expect(owner.get_by_text("Nothing yet.")).to_be_visible()
            expect(owner.locator("[data-visit-clock]")).to_have_text(re.compile(r"^(20:00|1\d:\d\d)$"))

            opal.goto(asks)
            opal.get_by_role("link", name="Go there").click()
            opal.get_by_role("button", name=re.compile("Switch")).click()
            expect(opal.get_by_text("You are here as support, watched by the customer")).to_be_visible()
            opal.goto(f"{address}{here}/members")
            expect(opal.get_by_role("rowheader", name=re.compile("operator's support")).first).to_be_visible()
            # Nobody loads the owner's page again: it follows by itself.
            expect(owner.get_by_text("received names of members").first).to_be_visible()

            owner.get_by_role("button", name="End now").click()
            expect(owner.get_by_text("What they did, counted")).to_be_visible()
            opal.goto(f"{address}{here}/keys")
            expect(opal).to_have_url(re.compile("/login"))
        chromium.close()
