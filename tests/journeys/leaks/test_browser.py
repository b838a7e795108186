"""What a labeler's browser leaves on their disk: nothing that can be read, though work waits in it unsent."""

import json
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.browsers import browser, need_chromium, sign_in, watched_page
from tests.journeys.demo_install import DemoInstall
from tests.journeys.desk import Desk
from tests.journeys.leaks.scanner import Hit, Marker, Scanner, files_below, told

pytestmark = pytest.mark.ui

WHO = "Luca"
ITEMS = 5
PLACES = ("IndexedDB", "local storage", "session storage", "history", "cache", "a field")
PLANT = """async (texts) => {
  localStorage.setItem("planted", texts["local storage"]);
  sessionStorage.setItem("planted", texts["session storage"]);
  document.title = texts["history"];
  const field = document.body.appendChild(document.createElement("textarea"));
  field.name = "planted";
  field.focus();
  document.execCommand("insertText", false, texts["a field"]);
  const kept = await caches.open("planted");
  await kept.put("/planted", new Response(texts["cache"]));
  await new Promise((done, failed) => {
    const opening = indexedDB.open("planted", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("plain");
    opening.onerror = failed;
    opening.onsuccess = () => {
      const writing = opening.result.transaction("plain", "readwrite", { durability: "strict" });
      writing.objectStore("plain").put({ answer: texts["IndexedDB"] }, 1);
      writing.oncomplete = done;
    };
  });
}"""
"""One text in clear in each kind of place that a page can write to."""


class Sitting:
    """Labeling under names and texts that nobody else uses."""

    def __init__(self, demo: DemoInstall) -> None:
        core = secrets.token_hex(5)
        self.demo = demo
        self.texts = [f"Remark {core}-{n} of a customer about their order." for n in range(ITEMS)]
        self.question, self.label = f"How {core} does it sound?", f"Rather {core} pleased"
        self.guideline = f"Judge {core} by what is meant, never by its length."
        self.written = {
            "a sent answer": f"Written {core} and sent",
            "an answer in the outbox": f"Written {core} and waiting",
            "an unsent draft": f"Written {core} and not finished",
            "a comment": f"A question {core} to the managers",
            "words looked for": f"needle {core} in guidelines",
        }
        schema = {
            "version": 1,
            "item": {"text": "text"},
            "questions": [
                {
                    "id": "tone",
                    "type": "choice",
                    "text": self.question,
                    "options": [{"id": "pleased", "text": self.label}, {"id": "other", "text": "Other"}],
                },
                {"id": "why", "type": "text", "text": "Why?"},
            ],
        }
        self.desk = Desk(demo, schema=schema, name=f"Profile {core} scanned")
        self.desk.admit(demo.person(WHO).name)
        self.desk.manager.put(f"projects/{self.desk.project}/guidelines", {"markdown": self.guideline})
        rows = "".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(self.texts))
        job = self.desk.manager.import_rows(self.desk.project, rows.encode())
        assert self.desk.manager.until_ended(f"imports/{job}")["rows_added"] == ITEMS

    def markers(self) -> list[Marker]:
        """Return what must be nowhere in the profile."""
        found = {
            "the project": self.desk.name,
            "a question": self.question,
            "a label": self.label,
            "the guidelines": self.guideline,
            **self.written,
            **{f"item {n}": text for n, text in enumerate(self.texts)},
        }
        return [Marker(name, text) for name, text in found.items()]

    def play(self, context: BrowserContext, page: Page) -> None:
        """Label: one answer sent, one in the outbox, one draft that never left, and items ahead."""
        home = f"{self.demo.base_url}/w/{self.desk.tenant}/projects"
        page.goto(home)
        expect(page.get_by_text(self.desk.name).first).to_be_visible()
        page.goto(f"{home}/{self.desk.project}/terms")
        page.goto(f"{home}/{self.desk.project}/label")
        self._answer(page, "a sent answer")
        page.get_by_role("button", name="Submit").click()
        expect(page.locator(".ws-saved .ws-wide")).to_have_text("Saved")
        page.get_by_role("tab", name="Guidelines").click()
        expect(page.get_by_text(self.guideline)).to_be_visible()
        page.get_by_role("searchbox").fill(self.written["words looked for"])
        page.get_by_role("tab", name="Comments").click()
        page.locator(".ws-panel textarea").fill(self.written["a comment"])
        context.set_offline(True)
        self._answer(page, "an answer in the outbox")
        page.get_by_role("button", name="Submit").click()
        self._answer(page, "an unsent draft")
        expect(page.locator(".ws-saved .ws-wide")).to_contain_text("kept here")

    def _answer(self, page: Page, name: str) -> None:
        expect(page.get_by_role("textbox", name="Why?")).to_have_value("")
        page.locator("label", has_text=self.label).click()
        page.get_by_role("textbox", name="Why?").fill(self.written[name])


@pytest.fixture(scope="module")
def found(running_demo: DemoInstall, tmp_path_factory: pytest.TempPathFactory) -> list[Hit]:
    """Label, leave with work unsent, close the browser, and search every file of its profile."""
    need_chromium()
    running_demo.settle()
    folder = tmp_path_factory.mktemp("browser")
    profile, troubles = folder / "profile", list[str]()
    planted = {place: f"planted {secrets.token_hex(8)} in clear" for place in PLACES}
    sitting = Sitting(running_demo)
    with browser(profile) as context:
        page = watched_page(context, troubles)
        sign_in(page, running_demo, running_demo.person(WHO))
        page.evaluate(PLANT, planted)
        sitting.play(context, page)
        # A browser writes what a page holds (the state of its fields, its history) a few seconds later.
        page.wait_for_timeout(12_000)
    assert troubles == []
    controls = [Marker(f"planted in {place}", text) for place, text in planted.items()]
    scanner = Scanner([*sitting.markers(), *controls], folder)
    return scanner.files(files_below(profile))


@pytest.mark.parametrize("place", PLACES)
def test_the_scan_of_a_profile_finds_what_a_page_writes_in_clear(found: list[Hit], place: str) -> None:
    assert f"planted in {place}" in {hit.marker for hit in found}


def test_nothing_of_a_labeler_s_work_can_be_read_in_their_browser_s_profile(found: list[Hit]) -> None:
    hits = [hit for hit in found if not hit.marker.startswith("planted in ")]
    assert hits == [], told(hits)


def test_work_was_waiting_there_sealed(found: list[Hit]) -> None:
    places = {Path(hit.place).parent.name for hit in found if hit.marker == "planted in IndexedDB"}
    assert any(name.endswith(".indexeddb.leveldb") for name in places)
