"""People who label, in real browsers or by programs, and do not give up: what breaks, they open again."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import requests
from playwright.sync_api import Error, Page, Response

from tests.journeys.api import Visit
from tests.journeys.browsers import browser, forget_profile, kill_browser, sign_in
from tests.journeys.demo_install import DemoInstall, Person

LONGEST_WAIT_MS = 6_000
DRAFT_SECONDS = 1.0
"""A draft that was typed so long before a kill comes back."""
TYPED = "Written down before the lights went out, 😀 too: "
WRITES_IN = "Why?"

# Another item is shown, or none, or the page asks for something first.
MOVED_ON = """before => document.querySelector("[data-task]")?.dataset.task !== before ||
  document.querySelector("dialog[open]")"""
ALL_IS_SENT = """() => document.querySelector(".ws-saved .ws-wide")?.textContent === "Saved" """


class Labeler(threading.Thread):
    """One person. `receipts` are those that they were told; `given` what they were told to be safe."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.receipts: list[str] = []
        self.given: dict[str, str | None] = {}
        self.troubles: Counter[str] = Counter()
        self.crash: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        """Work until told to stop; what ends the work for another reason is kept for whoever waits."""
        try:
            self.work()
        except BaseException as crash:
            self.crash = crash

    def work(self) -> None:
        """Label until `done`."""
        raise NotImplementedError

    def stop(self) -> None:
        """Let the person finish what is on their screen, and go."""
        self.done.set()

    def heard(self, receipt: str | None) -> None:
        """Remember a receipt that the server has told."""
        if receipt and receipt not in self.receipts:
            self.receipts.append(receipt)


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the text field of an item that is not submitted."""

    task: str
    text: str
    typed_at: float


class BrowserLabeler(Labeler):
    """Somebody in a browser with a profile of its own, by keyboard alone."""

    def __init__(self, demo: DemoInstall, person: Person, project: str, profile: Path) -> None:
        super().__init__(person.name)
        self.demo, self.person, self.profile = demo, person, profile
        self.address = f"{demo.base_url}/w/{person.tenant}/projects/{project}/label"
        self.browsers_opened = 0
        self.draft: Draft | None = None
        self.drafts_back = 0
        self.drafts_lost: list[str] = []
        self._write_now = threading.Event()
        self._gone = False

    def work(self) -> None:
        """A browser that dies is opened again with the same profile."""
        while not self._gone:
            try:
                forget_profile(self.profile)
                with browser(self.profile) as context:
                    self.browsers_opened += 1
                    page = context.pages[0] if context.pages else context.new_page()
                    page.set_default_timeout(LONGEST_WAIT_MS)
                    page.on("response", self._response)
                    self._sit_down(page)
            except Error as trouble:
                self.troubles[type(trouble).__name__ + ": " + trouble.message.splitlines()[0][:60]] += 1

    def kill_browser(self) -> bool:
        """Kill -9 this person's browser."""
        return kill_browser(self.profile) is not None

    def kill_while_writing(self, *, seconds: float) -> None:
        """Have the person write; kill their browser once a written text is old enough to be owed to them."""
        until = time.monotonic() + seconds
        while self.draft is not None:
            # Written before an earlier kill, and not yet seen again.
            _go_on_waiting(self, until, "never saw their text again")
        self._write_now.set()
        while self.draft is None or time.monotonic() - self.draft.typed_at <= DRAFT_SECONDS:
            _go_on_waiting(self, until, "wrote nothing")
        self._write_now.clear()
        assert self.kill_browser(), f"{self.name} has no browser"

    def _sit_down(self, page: Page) -> None:
        """Label in one browser, until it dies or the day is over."""
        while True:
            try:
                if self.done.is_set() and self.draft is None:
                    self._finish(page)
                    self._gone = True
                    return
                if page.locator("[data-task]").count() == 0 or page.locator("dialog[open]").count():
                    self._come_back(page)
                    continue
                self._answer(page)
            except Error as trouble:
                if page.is_closed() or "closed" in trouble.message or "crashed" in trouble.message:
                    raise
                self.troubles[trouble.message.splitlines()[0][:60]] += 1
                # What a person does with a page that is stuck: open it anew.
                self._come_back(page)

    def _come_back(self, page: Page) -> None:
        """Open the workspace, signing in where that is asked; wait a little while nothing is there."""
        try:
            page.goto(self.address)
            if "/login" in page.url:
                sign_in(page, self.demo, self.person, urlsplit(self.address).path)
            page.locator("[data-task]").wait_for()
        except Error as trouble:
            if page.is_closed() or "closed" in trouble.message:
                raise
            self.troubles[trouble.message.splitlines()[0][:60]] += 1
            self.done.wait(0.3)

    def _answer(self, page: Page) -> None:
        """Answer the item on screen by keys, and see the next one."""
        task = str(page.locator("[data-task]").get_attribute("data-task"))
        text = None
        if self.draft is not None and self.draft.task == task:
            text = self._look_at_draft(page, self.draft)
        elif self._write_now.is_set() and self.draft is None:
            self._write(page, task)
            return
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_function(MOVED_ON, arg=task)
        if page.locator("dialog[open]").count() == 0:
            # It is shown no more: from here on it is promised to be safe.
            self.given[task] = text

    def _write(self, page: Page, task: str) -> None:
        """Write, and look at what is written until the browser dies."""
        text = TYPED + uuid4().hex
        page.get_by_label(WRITES_IN).focus()
        page.keyboard.type(text)
        self.draft = Draft(task, text, time.monotonic())
        while True:
            page.wait_for_timeout(50)

    def _look_at_draft(self, page: Page, draft: Draft) -> str:
        found = page.get_by_label(WRITES_IN).input_value()
        self.draft = None
        if found == draft.text:
            self.drafts_back += 1
        else:
            self.drafts_lost.append(f"{draft.text!r} came back as {found!r}")
        return found

    def _finish(self, page: Page) -> None:
        """Stay until everything is sent."""
        if "/label" not in page.url:
            self._come_back(page)
        page.wait_for_function(ALL_IS_SENT)

    def _response(self, response: Response) -> None:
        """Remember the receipt of an answer that the server has acknowledged to this browser."""
        path = urlsplit(response.url).path
        if response.request.method == "POST" and path.endswith("/submission") and response.ok:
            self.heard(response.headers.get("audit-receipt"))


class ProgramLabeler(Labeler):
    """Somebody whose program labels over the API; an answer that is not acknowledged is sent again."""

    def __init__(self, visit: Visit, project: str, *, think_seconds: float) -> None:
        """`visit` is somebody who is signed in."""
        super().__init__(visit.person.name)
        self._address = f"{visit.demo.base_url}/api/v1/{visit.person.tenant}/"
        self._project, self._session, self._think_seconds = project, visit.session, think_seconds
        self._session.headers["X-CSRFToken"] = str(self._session.cookies.get("csrftoken"))

    def work(self) -> None:
        """Take an item, answer it, until told to stop."""
        while not self.done.is_set():
            taken = self._ask(f"projects/{self._project}/tasks/next", {"count": 1, "resume": True})
            for task in taken["tasks"] if taken else []:
                self._answer(task["id"])
            self.done.wait(self._think_seconds)

    def _answer(self, task: str) -> None:
        body = {"answer": {"tone": "warm"}, "idempotency_key": str(uuid4())}
        while (done := self._ask(f"tasks/{task}/submission", body)) is None:
            time.sleep(0.1)
        self.heard(done["receipt"])

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Send one request; None when no answer came, or the server cannot answer now."""
        try:
            answer = self._session.post(self._address + path, json=body, timeout=30)
            if answer.status_code < 300:
                return dict(answer.json())
        except (requests.RequestException, ValueError) as trouble:
            self.troubles[type(trouble).__name__] += 1
            return None
        self.troubles[str(answer.status_code)] += 1
        assert answer.status_code in (423, 429) or answer.status_code >= 500, answer.text[:300]
        return None


def wait_for_progress(people: Sequence[Labeler], *, seconds: float, more: int = 1) -> None:
    """Return when each of the people has `more` new receipts. Raises AssertionError, or what broke a person."""
    goal = [len(person.receipts) + more for person in people]
    until = time.monotonic() + seconds
    for person, wanted in zip(people, goal, strict=True):
        while len(person.receipts) < wanted:
            _go_on_waiting(person, until, "no new answers")


def wait_for_drafts(people: Iterable[BrowserLabeler], *, seconds: float) -> None:
    """Return when everybody has seen what became of the text that they wrote."""
    until = time.monotonic() + seconds
    for person in people:
        while person.draft is not None:
            _go_on_waiting(person, until, "never saw their text again")


def send_home(people: Sequence[Labeler], *, seconds: float) -> None:
    """Stop everybody and wait for them; raises what broke one of them."""
    for person in people:
        person.stop()
    until = time.monotonic() + seconds
    for person in people:
        person.join(max(0.1, until - time.monotonic()))
    assert [(p.name, dict(p.troubles)) for p in people if p.is_alive()] == []
    for person in people:
        if person.crash is not None:
            raise person.crash


def _go_on_waiting(person: Labeler, until: float, otherwise: str) -> None:
    if person.crash is not None:
        raise person.crash
    assert time.monotonic() < until, f"{person.name}: {otherwise}; {dict(person.troubles)}"
    time.sleep(0.05)
