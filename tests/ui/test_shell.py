"""The shell and its parts in a browser: policy, layout, keyboard, progress, with and without script."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Error, Page, expect

from tests.ui.axe_core import axe_findings

pytestmark = pytest.mark.ui

Opener = Callable[..., Page]

OVERFLOWING = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
  .filter((e) => !e.closest(".table-scroll, pre, .visually-hidden, dialog"))
  .map((e) => e.outerHTML.slice(0, 120))"""

SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("p, .alert li"))
  .map((e) => [e, e.matches("[type=checkbox], [type=radio]") ? e.closest("label") : e])
  .map(([e, target]) => [e, target.getBoundingClientRect()])
  .filter(([e, box]) => box.width > 1 && (box.width < 24 || box.height < 24))
  .map(([e, box]) => `${e.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)"""

FOCUSED = """() => {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  const ring = getComputedStyle(e.closest(".choice") ?? e);
  const name = e.getAttribute("aria-label") ?? (e.labels?.[0] ?? e).textContent;
  const top = document.querySelector(".top").getBoundingClientRect().bottom;
  return {
    tag: e.tagName, name: name.trim().replace(/\\s+/g, " "),
    ring: ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < innerHeight && (e.closest(".top, .skip") !== null || box.bottom > top),
    place: [...document.querySelectorAll("*")].indexOf(e),
  };
}"""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The shell's own site, as a process, because it configures Django for itself."""
    command = [sys.executable, str(Path(__file__).with_name("shell_site.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def sent(site: str) -> list[str]:
    """Return what the site's forms have received."""
    with urlopen(f"{site}/sent") as answer:  # noqa: S310 - our own loopback address
        received: list[str] = json.load(answer)
    return received


@pytest.mark.parametrize("width", [360, 800, 1280, 2560])
def test_nothing_overflows_and_every_target_can_be_hit(site: str, open_page: Opener, width: int) -> None:
    page = open_page(f"{site}/styleguide", viewport={"width": width, "height": 900})

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(SMALL_TARGETS) == []


def test_the_navigation_becomes_a_menu_on_a_narrow_screen(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide", viewport={"width": 360, "height": 800})
    entry = page.get_by_role("link", name="Members")
    expect(entry).to_have_count(0)

    page.locator(".top-menu > summary").click()
    expect(entry).to_be_visible()

    page.keyboard.press("Escape")
    expect(entry).to_have_count(0)


def test_the_keyboard_reaches_everything_in_reading_order(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    stops = []
    for _ in range(120):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop["tag"] == "BODY":
            break
        stops.append(stop)

    assert stops[0]["name"] == "Skip to the content"
    assert [stop for stop in stops if not (stop["name"] and stop["ring"] and stop["seen"])] == []
    places = [stop["place"] for stop in stops]
    assert places == sorted(places)
    assert {"Create project", "Suspend workspace", "New export"} <= {stop["name"] for stop in stops}


def test_the_skip_link_leads_to_the_content(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_single_key_chooses_but_never_from_inside_a_text_field(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="Neutral")).to_be_checked()

    page.locator("textarea[name=why]").focus()
    page.keyboard.press("3")

    expect(page.locator("textarea[name=why]")).to_have_value("3")
    expect(page.get_by_role("radio", name="Neutral")).to_be_checked()


def test_an_item_is_labeled_with_two_keys(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/desk")
    before = sent(site)
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/styleguide/answer")
    assert sent(site) == [*before, "answer:negative"]


def test_enter_writes_a_line_where_text_is_written(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/desk")
    before = sent(site)
    page.locator("textarea").focus()
    page.keyboard.press("Enter")
    expect(page.locator("textarea")).to_have_value("\n")
    assert sent(site) == before


def test_single_keys_can_be_switched_off_or_moved_to_alt(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    page.get_by_text("Display", exact=True).click()
    page.get_by_label("Single-key shortcuts").select_option("off")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="Positive")).not_to_be_checked()

    page.get_by_text("Display", exact=True).click()
    page.get_by_label("Single-key shortcuts").select_option("alt")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="Positive")).not_to_be_checked()
    page.keyboard.press("Alt+1")
    expect(page.get_by_role("radio", name="Positive")).to_be_checked()


def test_the_question_mark_lists_the_keys_of_the_page(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Shortcuts of this page")
    expect(sheet.locator("dd")).to_have_text(
        ["Submit", "Skip", "Positive", "Neutral", "Negative", "Cannot say"]
    )

    page.keyboard.press("1")
    page.keyboard.press("Escape")

    expect(sheet).to_be_hidden()
    expect(page.get_by_role("radio", name="Positive")).not_to_be_checked()


def test_a_pinned_theme_stands_before_the_first_paint(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide", color_scheme="light")
    page.get_by_text("Display", exact=True).click()
    page.get_by_label("Theme").select_option("dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 27)"

    # What the root says when the body begins is what the first paint uses.
    page.add_init_script("""new MutationObserver((_, watch) => {
      if (document.body) { window.themeAtBody = document.documentElement.dataset.theme; watch.disconnect(); }
    }).observe(document, { childList: true, subtree: true })""")
    page.reload()

    assert page.evaluate("window.themeAtBody") == "dark"
    expect(page.locator("select[data-preference=theme]")).to_have_value("dark")
    assert {cookie["name"] for cookie in page.context.cookies()} <= {"csrftoken"}


def test_live_progress_updates_speaks_and_stops(site: str, open_page: Opener) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if request.url.endswith("/progress") else None
    )
    page.clock.install()
    page.goto(f"{site}/styleguide")
    section = page.locator("#live-progress")

    for _ in range(2):
        with page.expect_response("**/progress"):
            page.clock.run_for(1000)
    expect(section.locator(".badge")).to_have_text("Done")
    expect(section.locator(".badge")).to_have_attribute("data-tone", "ok")
    expect(section.locator(".badge use")).to_have_attribute("href", "/static/ringfence/icons.svg#tone-ok")
    assert section.locator("progress").evaluate("(bar) => [bar.value, bar.max]") == [400, 400]
    page.clock.run_for(50)
    expect(page.locator("#live")).to_have_text("400 of 400 rows read")
    expect(page.locator("[data-poll-badge=DB-01]")).to_have_text("Pass")

    page.clock.run_for(120_000)
    assert len(asked) == 2


def test_live_progress_says_when_the_server_is_silent_and_comes_back(site: str, open_page: Opener) -> None:
    page = open_page("about:blank")
    page.clock.install()
    page.route("**/progress", lambda route: route.abort())
    page.goto(f"{site}/styleguide")
    lost = page.locator("[data-poll-lost]")
    with page.expect_event("requestfailed"):
        page.clock.run_for(1000)
    expect(lost).to_be_visible()

    page.unroute("**/progress")
    with page.expect_response("**/progress"):
        page.clock.run_for(2000)
    expect(lost).to_be_hidden()


def test_a_dangerous_button_asks_first_and_wants_the_word(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    before = sent(site)
    suspend = page.get_by_role("button", name="Suspend workspace")
    suspend.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Suspend this workspace?")
    expect(dialog.get_by_role("button", name="Suspend")).to_be_disabled()
    dialog.get_by_role("button", name="Cancel").click()
    expect(suspend).to_be_focused()
    assert sent(site) == before

    suspend.click()
    dialog.get_by_role("textbox").fill("Northwind")
    dialog.get_by_role("button", name="Suspend").click()
    page.wait_for_url("**/styleguide/suspend")
    assert sent(site) == [*before, "suspend:suspend"]


def test_enter_in_the_dialog_does_not_pass_the_question(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    before = sent(site)
    page.get_by_role("button", name="Suspend workspace").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("North")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert sent(site) == before


def test_a_form_is_sent_once(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    page.evaluate("""() => {
      window.refused = [];
      addEventListener("submit", (event) => {
        window.refused.push(event.defaultPrevented);
        event.preventDefault();
      });
    }""")
    create = page.get_by_role("button", name="Create project")
    create.click()
    create.click(force=True)
    assert page.evaluate("window.refused") == [False, True]


def test_a_refused_form_leads_to_its_errors(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    page.get_by_label("E-mail").fill("not an address")
    page.get_by_role("button", name="Create project").click()

    summary = page.get_by_role("alert").filter(has_text="Nothing was saved yet")
    expect(summary).to_be_focused()
    email = page.get_by_label("E-mail")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description("Enter a valid email address.")
    summary.get_by_role("link", name="E-mail").click()
    expect(email).to_be_focused()


def test_the_filter_hides_rows_and_says_how_many_are_left(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    page.get_by_label("Filter").fill("bypass")
    expect(page.locator("#findings tbody tr:visible")).to_have_count(1)
    expect(page.locator("#live")).to_have_text("1 of 3 rows shown")


def test_copying_puts_the_text_on_the_clipboard_and_says_so(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide", permissions=["clipboard-read", "clipboard-write"])
    page.locator("[data-copy=fingerprint]").click()
    expect(page.locator("[data-copy=fingerprint]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "4f1a 99c2 07de 63b8 11aa 5e20 9d43 c7f6"


def test_times_are_shown_in_the_viewers_zone(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide", timezone_id="Asia/Tokyo", locale="en-GB")
    time = page.locator("#findings time").first
    expect(time).to_have_attribute("datetime", "2026-01-15T09:30:00.000Z")
    expect(time).to_contain_text("6:30")


def test_the_page_works_without_script(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide", java_script_enabled=False)
    expect(page.get_by_text("Display", exact=True)).to_be_hidden()
    expect(page.locator("[data-copy]").first).to_be_hidden()
    expect(page.locator("#findings time").first).to_have_text("15 Jan 2026, 09:30 UTC")
    page.get_by_text("Ada Okafor").first.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("alert").filter(has_text="Nothing was saved yet")).to_be_visible()


def test_paper_carries_the_content_alone(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide", color_scheme="dark")
    page.emulate_media(media="print")
    for part in (".top", ".side", ".pager"):
        expect(page.locator(part)).to_be_hidden()
    expect(page.locator("#findings")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(26, 32, 40)"


def test_nothing_moves_for_people_who_asked_for_that(site: str, open_page: Opener) -> None:
    moving = """() => [...document.querySelectorAll("*")].map((e) => getComputedStyle(e)).filter((style) =>
      style.animationName !== "none" || parseFloat(style.transitionDuration) > 0).length"""
    assert open_page(f"{site}/styleguide").evaluate(moving) > 0
    assert open_page(f"{site}/styleguide", reduced_motion="reduce").evaluate(moving) == 0


def test_text_cannot_become_markup_or_code(site: str, open_page: Opener) -> None:
    page = open_page(f"{site}/styleguide")
    # Without the watcher: the attempts below are refused on purpose.
    page.evaluate("window.ringfenceViolation = () => {}")
    for attempt in (
        "document.body.innerHTML = '<b>x</b>'",
        "trustedTypes.createPolicy('own', {})",
        "document.createElement('script').src = '/x.js'",
    ):
        with pytest.raises(Error, match=r"TrustedHTML|TrustedScript|Policy"):
            page.evaluate(f"() => {{ {attempt} }}")


@pytest.mark.parametrize(
    "path", ["auth", "desk", "error/404", "error/403", "error/423", "error/500", "error/503"]
)
def test_other_pages_fit_a_phone_and_have_one_heading(site: str, open_page: Opener, path: str) -> None:
    page = open_page(f"{site}/{path}", viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SMALL_TARGETS) == []
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


@pytest.mark.parametrize("path", ["styleguide", "auth", "desk", "error/403"])
def test_axe_finds_nothing(site: str, open_page: Opener, path: str, pytestconfig: pytest.Config) -> None:
    page = open_page(f"{site}/{path}")
    page.locator("details").evaluate_all(
        "(all) => all.forEach((one) => { if (!one.matches('.menu')) one.open = true; })"
    )
    assert axe_findings(pytestconfig, page) == []
