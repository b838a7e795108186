"""The demo's story by real clicks: label by keyboard, take the pin, take the bundle, verify it elsewhere."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browsers import browser, give_code, need_chromium, watched_page
from tests.journeys.events import counted, events_of
from tests.journeys.offline import BareMachine

pytestmark = pytest.mark.ui
ANSWERS = 5
MOST_TABS = 60
CHECK_MS = 900_000
"""A run takes less than a minute of processor time; on a machine that is busy with other things, much more."""
WALL = "Take down: Row security is switched off"


@pytest.fixture
def page(tmp_path):
    """A browser of one's own; policy violations and script errors fail the test."""
    need_chromium()
    troubles: list[str] = []
    with browser(tmp_path / "profile") as context:
        yield watched_page(context, troubles)
    assert troubles == []


def continue_as(page: Page, demo, first_name: str) -> None:
    """Become somebody by the button of the story, and show the code where it is asked for."""
    person = demo.person(first_name)
    page.goto(f"{demo.base_url}/demo")
    page.get_by_role("button", name=f"Continue as {person.name}").first.click()
    page.wait_for_load_state()
    give_code(page, person)


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the element with these words has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')")
        if focused == words:
            return
    raise AssertionError(f"{MOST_TABS} times Tab do not reach {words!r}")


def downloaded(page: Page, role: str, name: str, folder: Path) -> Path:
    """Click something that downloads; return the file."""
    with page.expect_download() as waiting:
        page.get_by_role(role, name=name).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def label_by_keyboard(page: Page) -> list[str]:
    """Where the story leads: agree, compare five pairs without the mouse; return the receipts' ids."""
    expect(page.get_by_role("button", name="I agree to work on this")).to_be_visible()
    tab_to(page, "I agree to work on this")
    page.keyboard.press("Enter")
    expect(page.locator("[data-task]")).to_be_visible()
    page.keyboard.press("y")
    last, receipts = page.locator("[data-last-receipt]"), [""]
    for n in range(ANSWERS):
        item = page.locator("[data-task]")
        expect(item).to_be_visible()
        before = item.get_attribute("data-task")
        page.keyboard.press(str(1 + n % 8))
        expect(page.locator(".steps-scale input:checked")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.locator(f"[data-task='{before}']")).to_have_count(0)
        # The next item is there at once; the receipt comes when the server has acknowledged the answer.
        expect(last).to_have_text(re.compile(r"[0-9a-f-]{36}"))
        expect(last).not_to_have_text(receipts[-1])
        receipts.append(last.inner_text().strip())
    return receipts[1:]


def test_label_and_prove(page, demo, tmp_path):
    first = re.search(r"Log in as (\S+) with the password (\S+)", demo.welcome)
    page.goto(demo.base_url)
    page.get_by_label("E-mail").fill(first[1])
    page.get_by_label("Password").fill(first[2])
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{demo.base_url}/demo")
    expect(page.get_by_role("heading", name="Label, prove, break")).to_be_visible()
    for part in ("1. Label", "2. Prove", "3. Break", "4. And from the outside", "5. The investor buys in"):
        expect(page.get_by_role("heading", name=part, exact=True)).to_be_visible()

    continue_as(page, demo, "Adam")
    pin = downloaded(page, "link", "Pin file", tmp_path)
    continue_as(page, demo, "Lena")
    receipts = label_by_keyboard(page)
    assert len(set(receipts)) == ANSWERS

    continue_as(page, demo, "Adam")
    signed = page.locator("[data-poll-text=waiting]")
    expect(signed).to_have_text("0")
    bundle = downloaded(page, "button", "Proof bundle", tmp_path)
    machine = BareMachine(tmp_path / "bare")
    code, words = machine.verify(bundle, pin)
    assert code == 0, words
    assert machine.verify(bundle)[0] == 4
    told = {event["event"] for event in events_of(bundle.read_bytes(), pin.read_bytes())}
    assert set(receipts) <= told
    assert counted(bundle.read_bytes(), pin.read_bytes())["audit_pin.delivered"] >= 1


def test_the_excluded_person_and_the_operator_by_the_storys_buttons(page, demo):
    page.goto(f"{demo.base_url}/login?next=/demo")
    lena = demo.person("Lena")
    page.get_by_label("E-mail").fill(lena.email)
    page.get_by_label("Password").fill(lena.password)
    page.get_by_role("button", name="Sign in").click()

    with page.expect_response(lambda answer: answer.status == 403):
        continue_as(page, demo, "Ines")
    expect(page.get_by_role("heading", name="does not admit you")).to_be_visible()
    expect(page.get_by_text("Colossus Holdings").first).to_be_visible()

    continue_as(page, demo, "Yuki")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    expect(page.get_by_text("What do people feel?")).to_have_count(0)
    expect(page.get_by_text("Tone of remarks").first).to_be_visible()


def test_the_officer_runs_the_check_and_breaks_a_wall(page, demo):
    page.goto(f"{demo.base_url}/login?next=/demo")
    lena = demo.person("Lena")
    page.get_by_label("E-mail").fill(lena.email)
    page.get_by_label("Password").fill(lena.password)
    page.get_by_role("button", name="Sign in").click()

    continue_as(page, demo, "Cora")
    expect(page.get_by_role("heading", name="Break it on purpose")).to_be_visible()
    page.get_by_role("button", name=WALL).first.click()
    expect(page.get_by_text("It was noticed.")).to_be_visible(timeout=CHECK_MS)
    down = page.locator("section.card", has=page.get_by_role("heading", name="The wall is down"))
    restored = page.locator("section.card", has=page.get_by_role("heading", name="Put back"))
    expect(down.locator("article").first).to_contain_text("row security is off")
    expect(restored.locator("article")).to_have_count(0)

    page.goto(f"{demo.base_url}/w/{demo.person('Cora').tenant}/isolation")
    page.get_by_role("button", name="Run the check").click()
    expect(page.get_by_text("JUnit")).to_be_visible(timeout=CHECK_MS)
    expect(page.get_by_text("Every wall stands.")).to_be_visible()
    report = json.loads(downloaded(page, "link", "JSON", demo.root).read_text(encoding="utf-8"))
    assert report["planted"] == report["detected"] > 20
    assert {check["status"] for check in report["checks"]} == {"pass"}
