"""Browsers of labelers on a real server: what tests of the workspace do and look up."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from annotation.services.set_schema import set_schema
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose, Role
from tenants.cookies import COOKIE
from tenants.gate.people import add_person
from tenants.gate.registry import keep_declaration
from tenants.gate.sessions import mint_session
from tenants.gate.verdicts import today
from tenants.services.admit_member import admit_member
from tests.annotation.live import Processes
from tests.annotation.making import SCHEMA, Work
from tests.journeys.browsers import browser, watched_page
from tests.stack import Stack
from tests.world import Someone

expect.set_options(timeout=60_000)
PASSWORD = "a long enough pass phrase"
WRITTEN = SCHEMA | {
    "questions": [
        *SCHEMA["questions"],  # type: ignore[misc]
        {"id": "why", "type": "text", "text": "Why?", "required": False},
    ]
}


class Window:
    """One browser of one person, signed in."""

    def __init__(self, context: BrowserContext, server: Processes, someone: Someone, work: Work) -> None:
        self.context, self.someone = context, someone
        self.base = f"http://127.0.0.1:{server.port}"
        self.address = f"{self.base}/w/{someone.public_id}/projects/{work.project_id}/label"
        self.troubles: list[str] = []
        self.sign_in()

    def sign_in(self) -> None:
        """Bring the session's cookie, as a sign-in does."""
        cookie = {"name": COOKIE, "value": self.someone.session, "url": self.base}
        self.context.add_cookies([cookie])  # type: ignore[list-item]

    def open(self) -> Page:
        """Open the workspace in a new tab."""
        page = watched_page(self.context, self.troubles)
        page.goto(self.address)
        return page


Opener = Callable[..., Window]


@contextmanager
def windows(server: Processes, folder: Path) -> Iterator[Opener]:
    """Open browsers with profiles of their own; policy violations and script errors fail the test."""
    opened: list[Window] = []
    drivers: list[Playwright] = []
    with ExitStack() as stack:

        def opener(someone: Someone, work: Work, profile: str = "one") -> Window:
            # One driver for all browsers of a test, begun with the first: Django works until then.
            if not drivers:
                drivers.append(stack.enter_context(sync_playwright()))
            context = stack.enter_context(browser(folder / profile, drivers[0]))
            opened.append(Window(context, server, someone, work))
            return opened[-1]

        yield opener
    assert [trouble for window in opened for trouble in window.troubles] == []


def aside(what: Callable[[], Any]) -> Any:
    """Do something with Django while a browser is open: it refuses to work beside the driver's event loop."""

    def done() -> Any:
        try:
            return what()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(done).result()


def item(page: Page) -> str:
    """Return the id of the shown item, waiting for one."""
    shown = page.locator("[data-task]")
    expect(shown).to_be_visible()
    return str(shown.get_attribute("data-task"))


def is_shown(page: Page, task: str) -> None:
    """Wait for an item."""
    expect(page.locator(f"[data-task='{task}']")).to_be_visible()


def is_gone(page: Page, task: str) -> None:
    """Wait until another item is shown, or none."""
    expect(page.locator(f"[data-task='{task}']")).to_have_count(0)


def answer(page: Page, key: str) -> str:
    """Answer the shown item by keys; return its id once the next one is there."""
    task = item(page)
    page.keyboard.press(key)
    expect(page.locator("input:checked")).to_have_count(1)
    page.keyboard.press("Enter")
    is_gone(page, task)
    return task


def saved(page: Page, words: str) -> None:
    """Wait until the bar above says so."""
    expect(page.locator(".ws-saved .ws-wide")).to_have_text(words)


def rows(stack: Stack, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the database as the superuser, beside the browser."""
    with psycopg.connect(stack.cluster.superuser_url("cell")) as raw:
        return raw.execute(statement, values).fetchall()


def answers(stack: Stack, work: Work) -> list[str]:
    """Return the tasks that have an answer that stands, as the database has them."""
    found = rows(
        stack,
        "select task_id from annotation_submission where project_id = %s and withdrawn_at is null",
        work.project_id,
    )
    return [str(task) for (task,) in found]


def ask(work: Work, schema: dict[str, Any]) -> None:
    """Publish a label schema."""
    owner = work.workspace.context()
    with acting(owner):
        set_schema(owner, project_id=work.project_id, schema=schema)


def who_signs_in(work: Work) -> tuple[Someone, str]:
    """Return a labeler who has a password, and their address."""
    workspace = work.workspace
    email = f"lena-{work.project_id.hex[-8:]}@people.example"
    person_id = add_person(email=email, name="Lena", password=PASSWORD)
    keep_declaration(person_id, today())
    member_id = admit_member(workspace.service(Purpose.SETUP), person_id=person_id, role=Role.LABELER)
    session = mint_session(person_id, tenant_id=workspace.tenant_id, second_factor=True)
    someone = Someone(person_id, member_id, workspace.public_id, session)
    work.assign(someone)
    return someone, email
