"""The founding case by real clicks: the investor buys in, access stops, and everybody sees what they may see.

Facts of the case: 49 % without votes and without a seat, reported in June 2025 (sources.md). Every rule on votes
alone would let the vendor's people go on.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ringfence.demo.corpus import INVESTOR, LABS, VENDOR
from tenants.neutrality import admin_key
from tests.journeys.api import Api
from tests.journeys.browsers import PATIENCE_MS, browser, need_chromium, sign_in, watched_page
from tests.journeys.demo_install import DemoInstall
from tests.journeys.offline import BareMachine
from tests.journeys.stated import not_green

pytestmark = pytest.mark.ui
CHECK_MS = 900_000
VERA, OFFICER = "Vera", "Cora"
STEPS = 60


@pytest.fixture
def page(tmp_path, demo):
    """A browser of one's own; policy violations and script errors fail the test."""
    need_chromium()
    troubles: list[str] = []
    with browser(tmp_path / "profile") as context:
        yield watched_page(context, troubles)
    assert troubles == []


def become(page: Page, demo: DemoInstall, name: str) -> str:
    """Sign in as somebody by the ordinary form; return the address of their workspace."""
    page.context.clear_cookies()
    sign_in(page, demo, demo.person(name))
    return f"{demo.base_url}/w/{demo.person(name).tenant}"


def until(page: Page, url: str, heading: str) -> None:
    """Load a page again and again, as people do, until it says what it must say within seconds."""
    for _ in range(STEPS):
        page.goto(url)
        if page.get_by_role("heading", name=heading).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{url} does not say {heading!r}: {page.locator('main').inner_text()[:400]}")


def downloaded(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).first.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def see_one_item(page: Page, demo: DemoInstall) -> None:
    """Let Vera open an item, so that there is something that she has seen."""
    base = become(page, demo, VERA)
    page.goto(f"{base}/projects")
    page.get_by_role("link", name=re.compile("Label|Continue|Start")).first.click()
    agree = page.get_by_role("button", name="I agree to work on this")
    item = page.locator("[data-task]")
    expect(agree.or_(item).first).to_be_visible(timeout=PATIENCE_MS)
    if agree.count():
        agree.click()
    expect(item).to_be_visible(timeout=PATIENCE_MS)


def the_investor_buys_in(page: Page, demo: DemoInstall) -> None:
    """Record what was announced, as the operator's registrar does, valid since some days ago."""
    base = become(page, demo, "Opal")
    page.goto(f"{base}/registry?q={VENDOR}")
    page.get_by_role("link", name=VENDOR, exact=True).click()
    page.get_by_role("link", name="State an interest").click()
    page.locator("[name=holder]").fill(INVESTOR)
    page.locator("[name=type]").select_option("shareholding")
    for name, value in (("share_min", "49"), ("share_max", "49"), ("start", _day(-5)), ("date", _day(0))):
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=voting]").uncheck()
    page.locator("[name=source]").fill("the investor's announcement")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_text(re.compile(r"49 %")).first).to_be_visible()


def sign_plan(page: Page, demo: DemoInstall, plan: str, name: str) -> None:
    """Sign a plan with a key file, as the command does on somebody's own machine."""
    become(page, demo, name.capitalize())
    content = json.loads((demo.layout.var / "admin-keys" / f"{name}.key").read_text())
    private = admin_key.open_key(content, demo.person(name.capitalize()).password)
    page.goto(plan)
    form = page.locator("form[data-sign-form]").first
    request = json.loads(form.locator("[data-sign-request]").evaluate("(e) => e.value"))
    # A browser that holds no key opens the way with a file by itself.
    expect(form.locator("textarea[name=file]")).to_be_visible()
    form.locator("textarea[name=file]").fill(json.dumps(admin_key.sign(private, request)))
    form.get_by_role("button", name="Bring the signature").click()
    expect(page.get_by_text(re.compile("signature is kept|admins have signed")).first).to_be_visible()


def count_and_issue(page: Page, officer: str) -> None:
    """Ask for the attestation; a check counts for a period of today once half a minute is over."""
    for _ in range(STEPS):
        page.goto(f"{officer}/neutrality/attestations")
        page.locator("[name=since]").fill(_day(-1))
        # The answer is a page of its own, or this one with a reason: neither is there when the click is done.
        with page.expect_navigation(timeout=CHECK_MS):
            page.get_by_role("button", name="Count and issue").click()
        if "/neutrality/exposure/" in page.url:
            return
        expect(page.get_by_text("wait a minute, and ask again")).to_be_visible()
        page.wait_for_timeout(2_000)
    raise AssertionError("no attestation is counted")


def _day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def test_the_investor_buys_in(page: Page, demo: DemoInstall, tmp_path: Path) -> None:
    officer = become(page, demo, OFFICER)
    page.goto(f"{officer}/audit")
    pin = downloaded(page, "Pin file", tmp_path)
    page.goto(f"{officer}/isolation")
    page.get_by_role("button", name="Run the check").click()
    expect(page.get_by_text("JUnit")).to_be_visible(timeout=CHECK_MS)
    tenant = demo.person(OFFICER).tenant
    auditor, run = Api(demo, tenant, demo.token(tenant, "auditor")), page.url.rpartition("/")[2]
    assert not_green(auditor.get(f"isolation/reports/{run}")["report"]) == []
    see_one_item(page, demo)
    the_investor_buys_in(page, demo)

    # Access stops, within seconds, and she is told her own tie alone.
    page.context.clear_cookies()
    vera = demo.person(VERA)
    home = f"{demo.base_url}/w/{vera.tenant}/"
    page.goto(f"{demo.base_url}/login?next=/w/{vera.tenant}/")
    page.get_by_label("E-mail").fill(vera.email)
    page.get_by_label("Password").fill(vera.password)
    page.get_by_role("button", name="Sign in").click()
    until(page, home, "The policy of this workspace does not admit you")
    told = page.locator("main").inner_text()
    assert VENDOR in told
    assert INVESTOR not in told

    # The officer sees why, with the whole path.
    officer = become(page, demo, OFFICER)
    page.goto(f"{officer}/neutrality/ask")
    page.locator("[name=member]").select_option(label=vera.name)
    page.locator("form", has=page.locator("[name=member]")).get_by_role("button").click()
    expect(page.get_by_text(re.compile(rf"49 % owned by {INVESTOR}")).first).to_be_visible()
    expect(page.get_by_text("non-voting").first).to_be_visible()

    # The exposure report names what had been seen before anybody knew.
    page.goto(f"{officer}/neutrality/exposure")
    page.locator("[name=since]").fill(_day(-1))
    page.get_by_role("button", name="Compare the log").click()
    exposures = page.locator(
        "section.card", has=page.get_by_role("heading", name=re.compile("^Exposures: [1-9]"))
    )
    expect(exposures).to_be_visible(timeout=CHECK_MS)
    expect(exposures).to_contain_text(vera.name)
    expect(page.get_by_role("heading", name="Violations: 0")).to_be_visible()

    # The customer approves a walled-off team of one, by two signatures.
    owner = become(page, demo, "Nora")
    page.goto(f"{owner}/neutrality/policy/plans")
    page.locator("[name=purpose]").fill("finish the running batch")
    page.get_by_label(vera.name).check()
    page.locator("[name=start]").fill(_day(0))
    page.locator("[name=end]").fill(_day(14))
    page.get_by_role("button", name=re.compile("^Draft|^Keep")).click()
    plan = page.url.split("?")[0]
    for name in ("nora", "adam"):
        sign_plan(page, demo, plan, name)
    page.context.clear_cookies()
    sign_in(page, demo, vera)
    until(page, home, LABS[0][1])

    # And the attestation verifies on a machine without us.
    officer = become(page, demo, OFFICER)
    count_and_issue(page, officer)
    to_it = page.get_by_role("link", name="The attestation")
    expect(to_it).to_be_visible(timeout=CHECK_MS)
    to_it.click()
    for _ in range(STEPS):
        if page.get_by_role("link", name="Take the file").count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
    attestation = downloaded(page, "Take the file", tmp_path)
    machine = BareMachine(tmp_path / "bare")
    code, words = machine.verify_attestation(attestation, pin)
    assert code == 0, words
    assert machine.verify_attestation(attestation)[0] == 4, "without the pin nothing is proven"
    content = bytearray(attestation.read_bytes())
    content[len(content) // 2] ^= 1
    attestation.write_bytes(bytes(content))
    assert machine.verify_attestation(attestation, pin)[0] not in (0, 4)
