"""The workspace in a real browser, on a real server: keys, offline, ended sessions, kills, two windows, undo."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tenants.cookies import COOKIE
from tests.annotation.making import new_work
from tests.annotation.windows import WRITTEN, Opener, answer, answers, ask, item, saved
from tests.journeys.browsers import forget_profile, kill_browser
from tests.stack import Stack
from tests.world import Workspace

pytestmark = pytest.mark.ui


def test_five_items_by_keyboard_alone(acme: Workspace, opener: Opener, stack: Stack) -> None:
    work = new_work(acme)
    tasks = work.add(*(f"text {n}" for n in range(5)))
    page = opener(work.labeler(), work).open()
    given = [answer(page, str(1 + n % 2)) for n in range(5)]
    assert given == [str(task) for task in tasks]
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    saved(page, "Saved")
    assert sorted(answers(stack, work)) == sorted(given)


def test_offline_answers_are_kept_and_sent_when_the_network_is_back(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme)
    work.add(*(f"text {n}" for n in range(8)))
    window = opener(work.labeler(), work)
    page = window.open()
    answer(page, "1")
    saved(page, "Saved")
    window.context.set_offline(True)
    kept = [answer(page, "2"), answer(page, "1")]
    saved(page, "Offline · 2 answers kept here")
    assert len(answers(stack, work)) == 1
    window.context.set_offline(False)
    saved(page, "Saved")
    assert set(kept) <= set(answers(stack, work))


def test_an_ended_session_keeps_the_work_and_goes_on_after_signing_in(
    acme: Workspace, opener: Opener, stack: Stack
) -> None:
    work = new_work(acme)
    work.add(*(f"text {n}" for n in range(5)))
    window = opener(work.labeler(), work)
    page = window.open()
    item(page)
    window.context.clear_cookies(name=COOKIE)
    given = answer(page, "1")
    expect(page.get_by_role("dialog").get_by_role("heading", name="Sign in again")).to_be_visible()
    assert answers(stack, work) == []
    window.sign_in()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    saved(page, "Saved")
    assert answers(stack, work) == [given]


def test_a_killed_browser_brings_the_draft_back(acme: Workspace, opener: Opener, tmp_path: Path) -> None:
    work = new_work(acme, schema=False)
    ask(work, WRITTEN)
    work.add("text 0", "text 1")
    someone = work.labeler()
    window = opener(someone, work, "killed")
    page = window.open()
    task = item(page)
    # The server hears nothing: what comes back was in this browser.
    page.route("**/draft", lambda route: route.abort())
    page.keyboard.press("2")
    page.get_by_label("Why?").fill("it says so 😀")
    saved(page, "Saved on this computer")
    assert kill_browser(tmp_path / "killed") is not None
    forget_profile(tmp_path / "killed")
    again = opener(someone, work, "killed").open()
    assert item(again) == task
    expect(again.get_by_label("Why?")).to_have_value("it says so 😀")
    expect(again.locator("input:checked")).to_have_value("sad")


def test_a_draft_follows_to_another_computer(acme: Workspace, opener: Opener) -> None:
    work = new_work(acme, schema=False)
    ask(work, WRITTEN)
    work.add("text 0")
    someone = work.labeler()
    page = opener(someone, work, "here").open()
    page.get_by_label("Why?").fill("typed here")
    saved(page, "Saved")
    other = opener(someone, work, "there").open()
    expect(other.get_by_label("Why?")).to_have_value("typed here")
    # Both go on: nothing is overwritten, the second one is asked.
    other.get_by_label("Why?").fill("typed there")
    saved(other, "Saved")
    page.get_by_label("Why?").fill("typed here, and more")
    asked = page.get_by_role("dialog", name="Two versions of your draft")
    expect(asked.get_by_role("group", name="The other one")).to_contain_text("typed there")
    expect(asked.get_by_role("group", name="The one in this window")).to_contain_text("typed here, and more")
    page.get_by_role("button", name="The other one").click()
    expect(page.get_by_label("Why?")).to_have_value("typed there")


def test_two_tabs_never_show_one_item(acme: Workspace, opener: Opener, stack: Stack) -> None:
    work = new_work(acme)
    work.add(*(f"text {n}" for n in range(12)))
    window = opener(work.labeler(), work)
    first = window.open()
    shown = item(first)
    second = window.open()
    assert item(second) != shown
    given = [answer(first, "1"), answer(second, "2"), answer(first, "1"), answer(second, "2")]
    assert len(set(given)) == 4
    saved(first, "Saved")
    saved(second, "Saved")
    assert sorted(answers(stack, work)) == sorted(given)


def test_submit_and_skip_are_undone(acme: Workspace, opener: Opener, stack: Stack) -> None:
    work = new_work(acme)
    work.add("text 0", "text 1", "text 2")
    page = opener(work.labeler(), work).open()
    given = answer(page, "2")
    saved(page, "Saved")
    assert answers(stack, work) == [given]
    page.keyboard.press("u")
    expect(page.locator(f"[data-task='{given}']")).to_be_visible()
    expect(page.locator("input:checked")).to_have_value("sad")
    assert answers(stack, work) == []
    page.keyboard.press("1")
    expect(page.locator("input:checked")).to_have_value("glad")
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-task='{given}']")).to_have_count(0)
    skipped = item(page)
    page.keyboard.press("s")
    expect(page.locator(f"[data-task='{skipped}']")).to_have_count(0)
    saved(page, "Saved")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator(f"[data-task='{skipped}']")).to_be_visible()
    assert answers(stack, work) == [given]


def test_what_is_kept_in_the_browser_is_sealed(acme: Workspace, opener: Opener) -> None:
    work = new_work(acme, schema=False)
    ask(work, WRITTEN)
    work.add("text 0", "text 1")
    page = opener(work.labeler(), work).open()
    page.get_by_label("Why?").fill("unmistakable words")
    saved(page, "Saved")
    kept = page.evaluate(
        """async () => {
          const [{ name }] = await indexedDB.databases();
          const db = await new Promise((done) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
          });
          const rows = await new Promise((done) => {
            const asked = db.transaction("drafts").objectStore("drafts").getAll();
            asked.onsuccess = () => done(asked.result);
          });
          db.close();
          const bytes = rows.map(({ sealed }) => new TextDecoder("latin1").decode(sealed.body)).join("");
          return { name, fields: Object.keys(rows[0]), bytes, stored: JSON.stringify({ ...localStorage }) };
        }"""
    )
    assert kept["name"].startswith(f"ringfence.{acme.public_id}.")
    assert sorted(kept["fields"]) == ["base", "dirty", "sealed", "task"]
    assert "unmistakable" not in kept["bytes"] + kept["stored"]
    assert len(kept["bytes"]) > len("unmistakable words")
