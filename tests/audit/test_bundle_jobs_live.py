"""A bundle through the real server, worker and browser; and its download, broken off and gone on with by curl."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from audit.pins import Pin
from audit.verify.judge import Verdict, judge
from ringfence.celery import app
from ringfence.kernel.permissions import Role
from tenants.bundles import UNIT_EVENTS
from tenants.cookies import COOKIE
from tests.annotation.live import Processes
from tests.audit.logkeeping import Keeper, happen
from tests.audit.test_reading import take_pin
from tests.journeys.browsers import browser, need_chromium, watched_page
from tests.stack import Stack
from tests.ui.axe_core import axe_findings
from tests.world import Workspace

pytestmark = pytest.mark.ui
EVENTS = UNIT_EVENTS + 900


@pytest.fixture(scope="module")
def server(stack: Stack) -> Iterator[Processes]:
    """A web server and a worker."""
    need_chromium()
    processes = Processes(stack)
    try:
        processes.start_web()
        app.control.purge()
        processes.start_worker()
        yield processes
    finally:
        processes.stop()


def test_it_is_asked_for_watched_and_taken_away(
    acme: Workspace, keeper: Keeper, server: Processes, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl")
    auditor = acme.someone(Role.AUDITOR)
    acme.someone(Role.OWNER)
    keeper.settle()
    pin = Pin.parse(take_pin(acme))
    happen(acme, EVENTS)
    keeper.settle()
    origin = f"http://127.0.0.1:{server.port}"
    pages = f"{origin}/w/{acme.public_id}/audit/bundles"
    troubles: list[str] = []
    with browser(tmp_path / "profile") as context:
        context.add_cookies([{"name": COOKIE, "value": auditor.session, "url": origin}])
        page = watched_page(context, troubles)
        page.goto(pages)
        assert axe_findings(pytestconfig, page) == []
        page.get_by_role("button", name="Make it").click()
        expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=120_000)
        bar = page.get_by_role("progressbar")
        assert int(bar.get_attribute("value") or 0) == int(bar.get_attribute("max") or 1) > EVENTS
        assert axe_findings(pytestconfig, page) == []
        address = page.get_by_role("link", name="Download").get_attribute("href")
    assert troubles == []
    file, cookie = tmp_path / "bundle.zip", f"{COOKIE}={auditor.session}"
    command = [curl, "-sS", "--fail", "--cookie", cookie, "--output", str(file), f"{origin}{address}"]
    subprocess.run([*command, "--range", "0-99999"], check=True)
    assert file.stat().st_size == 100_000
    subprocess.run([*command, "--continue-at", "-"], check=True)
    assert judge(file.read_bytes(), pin).verdict is Verdict.GOOD
