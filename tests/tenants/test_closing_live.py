"""Closing by clicks: two owners with their authenticator apps, the real job in a worker, and the link in the mail."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from audit.services.pin_file import pin_file
from ringfence.celery import app
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.cookies import COOKIE
from tenants.gate.people import know_person
from tenants.gate.second_factor import accept_second_factor, offer_second_factor
from tenants.gate.sessions import visitor_of
from tenants.services.carry_out_closing import QUIET
from tests.annotation.live import Processes, wait_until
from tests.audit.logkeeping import Keeper
from tests.stack import Stack
from tests.tenants.browser import code_of
from tests.tenants.closing import let_pass, verify
from tests.ui.conftest import ARGUMENTS, CHROMIUM, opened
from tests.world import Someone, Workspace

pytestmark = pytest.mark.ui
JOB = "tenants.carry_out_closings"


@pytest.fixture
def live(stack: Stack) -> Iterator[Processes]:
    """A web server and a worker."""
    running = Processes(stack)
    app.control.purge()
    running.start_web()
    running.start_worker()
    yield running
    running.stop()


class Owner:
    """An owner with an authenticator app; each code is used once."""

    def __init__(self, someone: Someone) -> None:
        visitor = visitor_of(someone.session)
        assert visitor is not None
        self.someone = someone
        self._secret = pyotp.parse_uri(offer_second_factor(visitor)).secret
        self._step = -1
        accept_second_factor(visitor, code_of(self._secret, steps=self._step))

    def code(self) -> str:
        """Return a code that was not used yet; at most two, a step apart."""
        self._step += 1
        return code_of(self._secret, steps=self._step)


def at(page: Page, address: str, owner: Owner) -> None:
    """Open the page as an owner."""
    page.context.add_cookies([{"name": COOKIE, "value": owner.someone.session, "url": address}])
    page.goto(f"{address}/w/{owner.someone.public_id}/state")
    page.get_by_role("link", name="Close this workspace for good").click()


def mails(stack: Stack) -> str:
    """Everything that the processes have mailed, as their files hold it."""
    return "\n".join(each.read_text() for each in sorted((stack.directory / "mail").glob("*")))


def links_for(stack: Stack, addresses: list[str]) -> list[str]:
    """The links to the certificate in mails to these addresses: a worker may end what other tests began, too."""
    # Django's file backend ends each message with a line of 79 hyphens.
    messages = mails(stack).split("-" * 79)
    ours = [each for each in messages if any(f"To: {address}" in each for address in addresses)]
    return re.findall(r"/closed/(\S+)", "\n".join(ours))


def test_a_workspace_is_closed_in_a_browser(
    stack: Stack, live: Processes, acme: Workspace, tmp_path: Path
) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the closing by clicks did not run")
    first, second = Owner(acme.someone(Role.OWNER)), Owner(acme.someone(Role.OWNER, 1))
    address = f"http://127.0.0.1:{live.port}"
    addresses = [know_person(each.someone.person_id).email for each in (first, second)]
    with Keeper(stack, shared=True) as keeper:
        keeper.settle()
    context = first.someone.context
    with acting(context):
        pin = pin_file(context).content
    with Keeper(stack, shared=True) as keeper, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        with opened(chromium) as opener:
            one, two = opener("about:blank"), opener("about:blank")
            at(one, address, first)
            code_name = one.locator("form code").inner_text()
            one.get_by_label("Type the code name").fill("something else")
            one.get_by_label("A code of your second factor").fill(first.code())
            one.get_by_role("button", name="Ask to close").click()
            expect(one.get_by_text("This is not the code name").first).to_be_visible()
            one.get_by_label("Type the code name").fill(code_name)
            one.get_by_role("button", name="Ask to close").click()
            expect(one.get_by_role("button", name="Withdraw")).to_be_visible()
            expect(one.get_by_text("1 of 2")).to_be_visible()
            expect(one.get_by_role("button", name="Close for good")).to_have_count(0)
            assert all(each in mails(stack) for each in addresses)

            at(two, address, second)
            two.get_by_label("A code of your second factor").fill("000000")
            two.get_by_role("button", name="Confirm", exact=True).click()
            expect(two.get_by_text("This code does not work").first).to_be_visible()
            two.get_by_label("A code of your second factor").fill(second.code())
            two.get_by_role("button", name="Confirm", exact=True).click()
            expect(two.get_by_text("2 of 2")).to_be_visible()
            expect(two.get_by_role("button", name="Close for good")).to_have_count(0)

            let_pass(stack, acme, timedelta(days=8))
            two.reload()
            two.get_by_label("A code of your second factor").fill(second.code())
            two.get_by_role("button", name="Close for good").click()
            two.locator("[data-confirm-asked] input").fill(code_name)
            two.locator("[data-confirm-yes]").click()
            expect(two.get_by_text("Every door of it is shut")).to_be_visible()
            one.goto(f"{address}/w/{acme.public_id}/members")
            expect(one).to_have_url(re.compile("/login"))

            let_pass(stack, acme, QUIET)
            links: list[str] = []

            def closed() -> bool:
                app.send_task(JOB)
                time.sleep(0.5)
                keeper.settle()
                links[:] = links_for(stack, addresses)
                return len(links) == 2

            wait_until(closed)
            answer = two.request.get(f"{address}/closed/{links[0]}")
            assert answer.status == 200
            (tmp_path / "certificate.zip").write_bytes(answer.body())
            (tmp_path / "log.pin").write_bytes(pin)
        chromium.close()
        assert keeper.state(acme)[0] == "retired"
    code, said = verify("bundle", str(tmp_path / "certificate.zip"), "--pin", str(tmp_path / "log.pin"))
    assert code == 0, said
