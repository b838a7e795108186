"""What goes wrong while somebody labels, in a real browser: each time a clear word, and the work is kept."""

import pytest
from playwright.sync_api import Page, expect

from tenants.cookies import COOKIE
from tests.annotation.making import new_work
from tests.annotation.windows import (
    PASSWORD,
    WRITTEN,
    Opener,
    Window,
    answer,
    answers,
    ask,
    is_gone,
    is_shown,
    item,
    rows,
    saved,
    who_signs_in,
)
from tests.stack import Stack
from tests.tenants.operator import operator_workspace
from tests.world import Workspace

pytestmark = pytest.mark.ui
AN_HOUR = 3_600_000
WRONG_CLOCK = """const Right = Date;
globalThis.Date = class extends Right {
  constructor(...parts) { parts.length ? super(...parts) : super(Right.now() + OFF); }
  static now() { return Right.now() + OFF; }
};"""
SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries())
    window.shifts.push([value, ...sources.map(({ node }) => `${node?.nodeName} ${node?.textContent.slice(0, 40)}`)]);
}).observe({ type: "layout-shift" });"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))"
FRAME = """() => [".ws-top", ".ws-progress", ".ws-panel", ".ws-bar", ".ws-submit", ".ws-bar-answer label"]
  .flatMap((where) => [...document.querySelectorAll(where)])
  .map((element) => element.getBoundingClientRect())
  .map(({ x, y, width, height }) => [x, y, width, height])"""


def sign_in(page: Page, email: str) -> None:
    """Fill in the form."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def undone_and_redone(page: Page, task: str) -> None:
    """Undo what was done with an item, and do it again."""
    page.keyboard.press("Control+z")
    is_shown(page, task)
    page.keyboard.press("Control+Shift+z")
    is_gone(page, task)


def test_edits_submits_and_skips_are_undone_and_done_again(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme)
    work.add("text 0", "text 1", "text 2")
    page = opener(work.labeler(), work).open()
    task = item(page)
    page.keyboard.press("2")
    page.keyboard.press("1")
    expect(page.locator("input:checked")).to_have_value("glad")
    for chord, value in (("Control+z", "sad"), ("Control+Shift+z", "glad")):
        page.keyboard.press(chord)
        expect(page.locator("input:checked")).to_have_value(value)
    page.keyboard.press("Enter")
    is_gone(page, task)
    saved(page, "Saved")
    undone_and_redone(page, task)
    saved(page, "Saved")
    assert answers(stack, work) == [task]
    # One that was taken back, and one that stands.
    assert len(rows(stack, "select 1 from annotation_submission where task_id = %s", task)) == 2
    skipped = item(page)
    page.keyboard.press("s")
    is_gone(page, skipped)
    saved(page, "Saved")
    undone_and_redone(page, skipped)
    saved(page, "Saved")
    stands = "select undone_at is null from annotation_skip where task_id = %s order by at"
    assert rows(stack, stands, skipped) == [(False,), (True,)]
    assert answers(stack, work) == [task]


def test_two_tabs_that_were_offline_send_every_answer_once(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme)
    work.add(*(f"text {n}" for n in range(12)))
    window = opener(work.labeler(), work)
    tabs = [window.open(), window.open()]
    assert item(tabs[0]) != item(tabs[1])
    for tab in tabs:
        saved(tab, "Saved")
    window.context.set_offline(True)
    given = [answer(tab, key) for key in "121" for tab in tabs]
    assert len(set(given)) == 6
    for tab in tabs:
        saved(tab, "Offline · 6 answers kept here")
    assert answers(stack, work) == []
    window.context.set_offline(False)
    for tab in tabs:
        saved(tab, "Saved")
    everything = "select task_id, withdrawn_at from annotation_submission where project_id = %s"
    assert sorted(str(task) for task, _ in rows(stack, everything, work.project_id)) == sorted(given)


def test_a_session_that_ends_in_mid_work_leads_back_to_the_item_and_its_draft(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme, schema=False)
    ask(work, WRITTEN)
    work.add("text 0", "text 1")
    operator_workspace(stack)
    someone, email = who_signs_in(work)
    window = opener(someone, work)
    page = window.open()
    task = item(page)
    page.keyboard.press("1")
    window.context.clear_cookies(name=COOKIE)
    page.get_by_label("Why?").fill("typed while nobody was signed in")
    again = page.get_by_role("dialog").get_by_role("heading", name="Sign in again")
    expect(again).to_be_visible()
    # As the dialog says: in a new tab, and back.
    with window.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    sign_in(opened.value, email)
    expect(opened.value.get_by_label("Password")).to_have_count(0)
    opened.value.close()
    page.bring_to_front()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert item(page) == task
    expect(page.get_by_label("Why?")).to_have_value("typed while nobody was signed in")
    saved(page, "Saved")
    # And a page that is opened without a session: to the form, and back to the item with its draft.
    window.context.clear_cookies(name=COOKIE)
    page.reload()
    sign_in(page, email)
    assert item(page) == task
    assert page.url == window.address
    expect(page.get_by_label("Why?")).to_have_value("typed while nobody was signed in")
    expect(page.locator("input:checked")).to_have_value("glad")
    page.keyboard.press("Enter")
    is_gone(page, task)
    saved(page, "Saved")
    assert answers(stack, work) == [task]


def test_nothing_moves_from_the_first_paint_to_the_last_item(acme: Workspace, opener: Opener) -> None:
    work = new_work(acme)
    work.add("short", "long\n" * 200, "of medium length " * 30, "short again", "the last")
    window = opener(work.labeler(), work)
    window.context.add_init_script(SHIFTS)
    page = window.open()
    item(page)
    saved(page, "Saved")
    page.evaluate(SETTLED)
    # While it loads, the empty frame is there already.
    assert sum(value for value, *_ in page.evaluate("window.shifts")) < 0.01
    page.evaluate("window.shifts = []")
    before = page.evaluate(FRAME)
    assert len(before) >= 6
    for key in "1212":
        answer(page, key)
        item(page)
        assert page.evaluate(FRAME) == before
    saved(page, "Saved")
    page.evaluate(SETTLED)
    assert page.evaluate("window.shifts") == []
    # The measure sees a shift when there is one.
    page.evaluate("document.querySelector('.ws-top').style.minHeight = '96px'")
    page.evaluate(SETTLED)
    assert page.evaluate("window.shifts.length") > 0


@pytest.mark.parametrize("off", [AN_HOUR, -AN_HOUR], ids=["fast", "slow"])
def test_a_clock_an_hour_off_changes_nothing(acme: Workspace, opener: Opener, stack: Stack, off: int) -> None:
    work = new_work(acme, lease_minutes=5)
    work.add(*(f"text {n}" for n in range(6)))
    window = opener(work.labeler(), work)
    right = window.open()
    first = answer(right, "1")
    saved(right, "Saved")
    window.context.set_offline(True)
    kept = answer(right, "2")
    saved(right, "Offline · 1 answer kept here")
    right.close()
    window.context.set_offline(False)
    window.context.add_init_script(f"const OFF = {off};{WRONG_CLOCK}")
    wrong = window.open()
    item(wrong)
    assert abs(wrong.evaluate("Date.now()") - right_now(stack) - off) < AN_HOUR / 2
    given = [first, kept, answer(wrong, "1"), answer(wrong, "2")]
    saved(wrong, "Saved")
    expect(wrong.get_by_role("dialog")).to_have_count(0)
    assert sorted(answers(stack, work)) == sorted(given)
    times = rows(
        stack, "select lead_ms, active_ms from annotation_submission where project_id = %s", work.project_id
    )
    assert all(0 <= active <= lead < AN_HOUR / 2 for lead, active in times)


def right_now(stack: Stack) -> float:
    """Return the server's clock, in milliseconds."""
    return float(rows(stack, "select extract(epoch from clock_timestamp()) * 1000")[0][0])


def test_without_room_in_the_browser_drafts_and_answers_reach_the_server(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme, schema=False)
    ask(work, WRITTEN)
    work.add("text 0", "text 1", "text 2")
    window = opener(work.labeler(), work)
    page = window.open()
    task = item(page)
    saved(page, "Saved")
    limit(window, page, 1)
    page.get_by_label("Why?").fill("a word of many. " * 1_000)
    expect(page.get_by_role("alert")).to_contain_text("no room left")
    saved(page, "Saved")
    assert rows(stack, "select version from annotation_draft where task_id = %s", task) != []
    page.get_by_label("Why?").blur()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    is_gone(page, task)
    saved(page, "Saved")
    assert answers(stack, work) == [task]
    # Offline the answer is in this tab alone, and that is said.
    window.context.set_offline(True)
    held = item(page)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    is_gone(page, held)
    saved(page, "1 answer is only in this tab")
    window.context.set_offline(False)
    saved(page, "Saved")
    assert sorted(answers(stack, work)) == sorted([task, held])


def limit(window: Window, page: Page, size: int) -> None:
    """Leave the site so many bytes in the browser."""
    tools = window.context.new_cdp_session(page)
    tools.send("Storage.overrideQuotaForOrigin", {"origin": window.base, "quotaSize": size})
