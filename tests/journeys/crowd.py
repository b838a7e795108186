"""People who label in real browsers and do not give up: what breaks, they open again."""

import threading
import time
from collections import Counter
from pathlib import Path

from playwright.sync_api import Error, Page, Response

from tests.journeys.browsers import browser, forget_profile, kill_browser, sign_in
from tests.journeys.demo_install import DemoInstall, Person

LONGEST_WAIT_MS = 6_000
# The item has changed, or the page says something: a refusal, or that there is nothing more.
MOVED_ON = """before => {
  const task = document.querySelector("input[name=task]");
  const refusal = document.querySelector("[data-refusal]");
  return !task || task.value !== before || (refusal && !refusal.hidden);
}"""


class BrowserLabeler(threading.Thread):
    """One person. `receipts` are those that their browser was told; nothing else counts."""

    def __init__(self, demo: DemoInstall, person: Person, project: str, profile: Path) -> None:
        super().__init__(name=person.name, daemon=True)
        self.demo, self.person, self.profile = demo, person, profile
        self.address = f"{demo.base_url}/w/{person.tenant}/projects/{project}/label"
        self.receipts: list[str] = []
        self.browsers_opened = 0
        self.troubles: Counter[str] = Counter()
        self.crash: BaseException | None = None
        self._done = threading.Event()

    def run(self) -> None:
        """Work until told to stop; a browser that dies is opened again with the same profile."""
        try:
            while not self._done.is_set():
                try:
                    forget_profile(self.profile)
                    with browser(self.profile) as context:
                        self.browsers_opened += 1
                        page = context.pages[0] if context.pages else context.new_page()
                        page.set_default_timeout(LONGEST_WAIT_MS)
                        page.on("response", self._heard)
                        self._sit_down(page)
                except Error as trouble:
                    self.troubles[type(trouble).__name__ + ": " + trouble.message.splitlines()[0][:60]] += 1
        except BaseException as crash:
            self.crash = crash

    def stop(self) -> None:
        """Let the person finish what is on their screen, and go."""
        self._done.set()

    def kill_browser(self) -> bool:
        """Kill -9 this person's browser."""
        return kill_browser(self.profile) is not None

    def _sit_down(self, page: Page) -> None:
        """Label in one browser, until it dies or the day is over."""
        while not self._done.is_set():
            try:
                if "/label" not in page.url or page.locator("[data-submit]").count() == 0:
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
        """Open the labeling page, signing in where that is asked; wait a little while nothing answers."""
        try:
            page.goto(self.address)
            if "/login" in page.url:
                sign_in(page, self.demo, self.person, self.address.removeprefix(self.demo.base_url))
        except Error as trouble:
            if page.is_closed() or "closed" in trouble.message:
                raise
            self.troubles[trouble.message.splitlines()[0][:60]] += 1
        if page.locator("[data-submit]").count() == 0:
            self._done.wait(0.3)

    def _answer(self, page: Page) -> None:
        """Answer the item on screen by two keys, and see what becomes of it."""
        before = page.locator("input[name=task]").input_value()
        # By name, since a retry finds the digit's control checked already: the same answer again.
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_function(MOVED_ON, arg=before)
        if (
            page.locator("[data-refusal]:not([hidden])").count()
            and page.locator("[data-go-on]:visible").count()
        ):
            page.goto(self.address)
        elif page.locator("[data-refusal]:not([hidden])").count():
            self._done.wait(0.3)

    def _heard(self, response: Response) -> None:
        """Remember the receipt of an answer that the server has acknowledged to this browser."""
        if response.request.method == "POST" and response.url.endswith("/submission") and response.ok:
            receipt = response.headers.get("audit-receipt")
            if receipt and receipt not in self.receipts:
                self.receipts.append(receipt)


def wait_for_progress(people: list[BrowserLabeler], *, seconds: float, more: int = 1) -> None:
    """Return when each of the people has `more` new receipts. Raises AssertionError, or what broke a person."""
    goal = [len(person.receipts) + more for person in people]
    until = time.monotonic() + seconds
    while any(len(person.receipts) < wanted for person, wanted in zip(people, goal, strict=True)):
        for person in people:
            if person.crash is not None:
                raise person.crash
        if time.monotonic() > until:
            told = {person.name: (len(person.receipts), dict(person.troubles)) for person in people}
            raise AssertionError(f"no new answers for {seconds:.0f} s: {told}")
        time.sleep(0.1)
