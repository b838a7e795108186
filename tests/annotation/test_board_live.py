"""The board in a real browser: counts and their drawn bar follow what labelers do, without loading the page again."""

import pytest
from playwright.sync_api import Page, expect

from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from ringfence.kernel.permissions import Role
from tests.annotation.making import GLAD, Work, new_work
from tests.annotation.windows import Opener, aside
from tests.world import Someone, Workspace

pytestmark = pytest.mark.ui
WIDTHS = """() => Object.fromEntries([...document.querySelectorAll("[data-bar] [data-part]")].map(
  (part) => [part.dataset.part, [part.getAttribute("x"), part.getAttribute("width")]]))"""


def answer(work: Work, someone: Someone, count: int) -> None:
    """Take items and answer them; the next one stays in hand."""
    taken = take_tasks(someone.context, project_id=work.project_id, count=count + 1, resume=True)
    for task in taken.tasks[:count]:
        submit_task(someone.context, task_id=task.task_id, answer=GLAD)


def says(page: Page, given: int, in_work: int) -> None:
    """Wait for the counts and the bar that is drawn of them: given, in work, open, of eight."""
    expect(page.locator("[data-poll-text=answered]").first).to_have_text(str(given))
    expect(page.locator("[data-poll-text=leased]").first).to_have_text(str(in_work))
    bar = page.locator("[data-bar] [data-part=given]")
    expect(bar).to_have_attribute("width", f"{given * 12.5:g}%")
    drawn = page.evaluate(WIDTHS)
    assert drawn["work"] == [f"{given * 12.5:g}%", f"{in_work * 12.5:g}%"]
    assert drawn["open"] == [f"{(given + in_work) * 12.5:g}%", f"{(8 - given - in_work) * 12.5:g}%"]


def test_the_board_and_its_bar_follow_the_work(acme: Workspace, opener: Opener) -> None:
    work = new_work(acme)
    work.add(*(f"text {n}" for n in range(8)))
    owner, labeler = acme.someone(Role.OWNER), work.labeler()
    window = opener(owner, work)
    window.address = window.address.removesuffix("/label")
    page = window.open()
    loaded: list[str] = []
    page.on("framenavigated", lambda frame: loaded.append(frame.url))
    expect(page.locator("[data-poll-text=answered]").first).to_have_text("0")
    aside(lambda: answer(work, labeler, 2))
    says(page, 2, 1)
    aside(lambda: answer(work, labeler, 3))
    says(page, 5, 1)
    assert loaded == []
