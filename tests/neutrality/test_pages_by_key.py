"""The drawn graph in a real browser: by keyboard alone, with and without script, and read aloud."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ringfence.kernel.permissions import Role
from tests.neutrality.drawn_site import ORIGIN, Site
from tests.neutrality.stating import exclude, hold, party, works_for
from tests.tenants.browser import Visitor
from tests.ui.axe_core import axe_findings
from tests.world import new_workspace

pytestmark = pytest.mark.ui


@pytest.fixture(scope="module")
def site(stack: object) -> tuple[Site, str, str, str]:
    """A graph of three parties in a row, the answer on the last of them, and the overview."""
    acme = new_workspace("Acme")
    investor, vendor, daughter = party("Investor"), party("Vendor"), party("Daughter")
    hold(investor, vendor, "49", voting=False)
    hold(vendor, daughter, "80")
    exclude(acme, investor)
    works_for(acme.someone(Role.LABELER), vendor)
    officer = Visitor(acme.someone(Role.AUDITOR))
    made, base = Site(), f"/w/{acme.public_id}/neutrality"
    graph = made.fetch(officer, f"{base}/graph")
    answer = made.fetch(officer, f"{base}/ask?party={daughter}")
    return made, graph, answer, made.fetch(officer, base)


def named(page: Page) -> str:
    """Return what the element with the focus says."""
    return page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")


def test_every_box_is_reached_by_tab_in_order_and_enter_explains_it(
    site: tuple[Site, str, str, str],
    open_page: Callable[..., Page],
) -> None:
    made, graph, answer, _ = site
    page = made.show(open_page, graph)
    page.locator(".graph-scroll").focus()
    said = []
    for _ in range(3):
        page.keyboard.press("Tab")
        said.append(named(page).split(" ")[0])
    assert said == ["Investor", "Vendor", "Daughter"]
    page.keyboard.press("ArrowLeft")
    assert named(page).startswith("Vendor")
    page.keyboard.press("ArrowRight")
    assert "denied" in named(page)
    page.keyboard.press("Enter")
    page.wait_for_url(ORIGIN + answer)
    expect(page.get_by_role("heading", name="No", exact=True)).to_be_visible()


def test_keys_change_the_size_and_the_hand_moves_the_drawing(
    site: tuple[Site, str, str, str],
    open_page: Callable[..., Page],
) -> None:
    made, graph, _, _ = site
    page = made.show(open_page, graph, viewport={"width": 390, "height": 844})
    drawing, scroll = page.locator(".graph-scroll > svg"), page.locator(".graph-scroll")
    width = float(drawing.get_attribute("width") or 0)
    scroll.focus()
    page.keyboard.press("+")
    assert float(drawing.get_attribute("width") or 0) > width
    page.keyboard.press("0")
    assert float(drawing.get_attribute("width") or 0) == width
    for _ in range(6):
        page.keyboard.press("+")
    scroll.evaluate("e => e.scrollIntoView()")
    box = scroll.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 12, steps=4)
    page.mouse.up()
    assert scroll.evaluate("e => e.scrollLeft") > 0


@pytest.mark.parametrize("script", [True, False])
def test_pages_are_read_aloud_and_nothing_sticks_out(
    pytestconfig: pytest.Config,
    site: tuple[Site, str, str, str],
    open_page: Callable[..., Page],
    script: bool,
) -> None:
    made, *paths = site
    for path in paths:
        page = made.show(
            open_page,
            path,
            viewport={"width": 390, "height": 844},
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        if script:
            found = axe_findings(pytestconfig, page)
            assert found == [], str(found)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        else:
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(page.locator("[data-graph-zoom]").first).not_to_be_visible()
