"""Every page of the product, seen by somebody who may: it works, fits, is reached by key and can be read aloud."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from annotation.labels.templates.catalogue import templates
from ringfence.kernel.checks import routes, view_class_of
from tests.journeys.api import Api, Visit
from tests.journeys.browsers import PATIENCE_MS, need_chromium, sign_in, watched_page
from tests.journeys.demo_install import DemoInstall
from tests.journeys.desk import Desk, rows
from tests.journeys.every_page import (
    CHECK_SECONDS,
    FROM_THE_TOP,
    HALF_WAY,
    MORE,
    MOST_TABS,
    NO_PAGES,
    NOBODY,
    PAGES,
    PURPOSE,
    READY,
    SAME_NAMES,
    SIDEWAYS,
    STOPS,
    TABS_AT_ONCE,
    WITH_TERMS,
)
from tests.journeys.stated import asked_exposure, issued_attestation, not_green, registry_rows
from tests.ui.axe_core import axe_findings
from tests.ui.conftest import ARGUMENTS, CHROMIUM

pytestmark = pytest.mark.ui


class Tour:
    """The demo's lab with a project that has something of everything, and a browser for each of its people."""

    def __init__(self, demo: DemoInstall, chromium: Browser) -> None:
        self.demo, self._chromium = demo, chromium
        self.troubles: list[str] = []
        self._pages: dict[str, Page] = {}
        self.desk = desk = Desk(demo)
        self.auditor = Api(demo, desk.tenant, demo.token(desk.tenant, "auditor"))
        # First of all: the checker works while the other pages are seen.
        wall, report = self._run_of("DB-02/unforced"), self._run_of("")
        desk.admit("Lena Brandt")
        imported = desk.manager.import_rows(desk.project, rows(3, desk.mark) + b'["no object"]\n')
        assert desk.manager.until_ended(f"imports/{imported}")["rows_added"] == 3
        asked_about = self._ask_about_one()
        desk.label()
        exported = desk.manager.post(f"projects/{desk.project}/exports", {"format": "jsonl"})["id"]
        desk.manager.until_ended(f"exports/{exported}")
        self.ids = {
            "tenant": desk.tenant,
            "operator": demo.person("Opal").tenant,
            "project_id": desk.project,
            "task_id": asked_about,
            "empty": str(desk.manager.post("projects", {"name": f"Empty {desk.mark}"})["id"]),
            "owed": self._project_with_terms(),
            "done": self._project_without_items(),
            "template": templates()[-1].name,
            "import_id": imported,
            "export_id": str(exported),
            "report_id": str(report),
            "wall_id": str(wall),
            "webhook_id": self._webhook(),
            "version": "1",
            "index": "12",
            "plan_id": self._plan(),
            "session_id": self._asked_visit(),
            **registry_rows(demo, desk.mark),
            "exposure_id": asked_exposure(demo, desk.tenant),
            "bundle_id": str(self.auditor.post("audit/bundles", {"job": True})["id"]),
        }
        self._links = self._mailed_links()

    def _asked_visit(self) -> str:
        """The operator's support asks to come in; return the visit as an owner finds it."""
        opal, nora = Visit(self.demo, self.demo.person("Opal")), Visit(self.demo, self.demo.person("Nora"))
        opal.sign_in()
        path = f"/w/{self.demo.person('Opal').tenant}/platform/support"
        purpose = "An export of yours does not end; we look at its parts."
        asked = opal.post(
            path, opal.get(path), customer=self.desk.tenant, purpose=purpose, minutes="30", role="auditor"
        )
        assert asked.status_code == 200, asked.text[:400]
        nora.sign_in(f"/w/{self.desk.tenant}/support")
        found = re.search(r"/support/([0-9a-f-]{36})", nora.get(f"/w/{self.desk.tenant}/support").text)
        assert found is not None
        return found[1]

    def _ask_about_one(self) -> str:
        """A labeler asks about an item and flags it; a manager answers. Return the item."""
        desk = self.desk
        (task,) = desk.labeler.post(f"projects/{desk.project}/tasks/next")["tasks"]
        for kind in ("question", "flag"):
            asked = desk.labeler.post(f"tasks/{task['id']}/comments", {"kind": kind, "text": f"A {kind}?"})
        desk.manager.post(f"comments/{asked['id']}/answers", {"text": "Thank you."})
        desk.labeler.post(f"tasks/{task['id']}/release")
        return str(task["id"])

    def _webhook(self) -> str:
        """An owner makes a webhook to this machine, where nobody listens, and sends a test. Return its id."""
        body = {"url": "http://127.0.0.1:65432/hook", "verbs": ["export.finished", "submission.accepted"]}
        made = str(self.desk.owner.post("webhooks", body)["id"])
        self.desk.owner.post(f"webhooks/{made}/test")
        return made

    def _plan(self) -> str:
        """An admin drafts a mitigation plan. Return it."""
        visit = Visit(self.demo, self.demo.person("Adam"))
        visit.sign_in()
        path, days = f"/w/{self.desk.tenant}/neutrality/policy/plans", datetime.now(UTC).date().isoformat()
        form = visit.get(path)
        (member, *_) = re.findall(
            r'name="members"[^>]* value="([^"]+)"|value="([^"]+)"[^>]* name="members"', form.text
        )
        values = {"purpose": "A tour", "members": next(filter(None, member)), "start": days, "end": days}
        return visit.post(path, form, **values).url.split("?")[0].rpartition("/")[2]

    def _project_with_terms(self) -> str:
        project = Desk(self.demo, name="Owed")
        project.admit("Lena Brandt")
        project.manager.put(f"projects/{project.project}/purpose", PURPOSE)
        project.manager.put(f"projects/{project.project}/agreement", {"markdown": "# Quiet\n\nTell nobody."})
        return project.project

    def _project_without_items(self) -> str:
        project = Desk(self.demo, name="Done")
        project.admit("Luca Moretti")
        return project.project

    def _run_of(self, wall: str) -> str:
        """Return a run of the isolation check that there is already, or ask for one."""
        for run in self.auditor.get("isolation/reports"):
            if bool(run["wall"]) == bool(wall) and run["state"] != "failed":
                return str(run["id"])
        return str(self.auditor.post("isolation/reports", {"wall": wall})["id"])

    def _mailed_links(self) -> dict[str, str]:
        """Return the links that an invitation and a reset bring by mail, by the page they lead to."""
        newcomer, forgetful = f"new-{self.desk.mark}@northwind.example", self.demo.person("Luca")
        self.desk.owner.post("invitations", {"email": newcomer, "role": "labeler"})
        visit = Visit(self.demo, forgetful)
        visit.post("/password-reset", visit.get("/password-reset"), email=forgetful.email)
        page = self.page_of(NOBODY)
        page.goto(f"{self.demo.base_url}/mail")
        found = {}
        for route, address in (("people:invitation", newcomer), ("people:new-password", forgetful.email)):
            mail = page.get_by_role("article").filter(has_text=f"To {address}").first
            found[route] = str(mail.get_by_role("link").get_attribute("href"))
        return found

    def open(self, name: str) -> Page:
        """Open a page as whoever looks at it; it has the status it should have."""
        if name in PAGES:
            who, path, status = PAGES[name], self._links.get(name) or self.path_of(name), 200
        else:
            who, path, status = MORE[name]
        for run in ("report_id", "wall_id"):
            if f"{{{run}}}" in path:
                self.until_reported(run)
        if "{attestation_id}" in path and "attestation_id" not in self.ids:
            self.until_reported("report_id")
            check = self.auditor.get(f"isolation/reports/{self.ids['report_id']}")
            assert not_green(check["report"]) == []
            self.ids["attestation_id"] = issued_attestation(
                self.demo, self.desk.tenant, seconds=CHECK_SECONDS
            )
        self.troubles.clear()
        page = self.page_of(who)
        address = path.format(**self.ids)
        answer = page.goto(address if address.startswith("http") else self.demo.base_url + address)
        assert answer is not None
        assert (answer.status, page.url.startswith(self.demo.base_url)) == (status, True), page.url
        if page.locator("#workspace").count():
            page.locator(READY).first.wait_for()
        return page

    def path_of(self, route: str) -> str:
        """Return the address of a route, ids as in format strings."""
        pattern = next(path for name, path, _ in routes() if name == route)
        if route in WITH_TERMS:
            pattern = pattern.replace("<uuid:project_id>", "<uuid:owed>")
        for other, (ours, name) in SAME_NAMES.items():
            if route == other:
                pattern = pattern.replace(f"<uuid:{ours}>", f"<uuid:{name}>")
        query = "?next=/w/{tenant}/" if route == "people:switch" else ""
        path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", pattern) + query
        return path.replace("{tenant}", "{operator}") if PAGES[route] == "Opal" else path

    def page_of(self, who: str) -> Page:
        """Return the page at which somebody sits, signed in."""
        if who not in self._pages:
            # Without transitions, a colour is there as soon as its theme is.
            context = self._chromium.new_context(
                viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
            )
            context.set_default_timeout(PATIENCE_MS)
            page = self._pages[who] = watched_page(context, self.troubles)
            if who == HALF_WAY:
                self._password_only(page)
            elif who != NOBODY:
                sign_in(page, self.demo, self.demo.person(who))
        return self._pages[who]

    def _password_only(self, page: Page) -> None:
        person = self.demo.person("Adam")
        page.goto(f"{self.demo.base_url}/login")
        page.get_by_label("E-mail").fill(person.email)
        page.get_by_label("Password").fill(person.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/second-factor*")

    def until_reported(self, name: str) -> None:
        """Wait until a run of the isolation check has ended."""
        path = f"isolation/reports/{self.ids[name]}"
        self.demo.until(lambda: self.auditor.get(path)["finished_at"], "the check has ended", CHECK_SECONDS)


@pytest.fixture(scope="module")
def tour(running_demo: DemoInstall) -> Iterator[Tour]:
    """One tour for all pages."""
    need_chromium()
    running_demo.settle()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield Tour(running_demo, chromium)
        finally:
            chromium.close()


def test_every_route_is_a_page_that_is_visited_or_says_why_not() -> None:
    there = set()
    for name, path, pattern in routes():
        view = view_class_of(pattern)
        methods = {"get"} if hasattr(view, "get") else {"post", "put", "patch", "delete"} & set(dir(view))
        if not path.startswith("api/v1/") and methods in ({"get"}, set()):
            there.add(name)
    assert sorted(there - set(PAGES) - set(NO_PAGES)) == [], "say who visits these pages, or why nobody does"
    assert sorted((set(PAGES) | set(NO_PAGES)) - there) == [], "these are gone"
    assert set(PAGES) & set(NO_PAGES) == set()


@pytest.fixture(scope="module", params=[*PAGES, *MORE])
def page(tour: Tour, request: pytest.FixtureRequest) -> Page:
    """One page after the other, each opened once for all that is asked of it."""
    return tour.open(request.param)


def test_a_page_is_sound(tour: Tour, page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert re.fullmatch(r"\S.* · Ringfence", page.title())
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SIDEWAYS) == [], f"sideways at {width} px"

    page.evaluate(FROM_THE_TOP)
    page.evaluate(STOPS)
    ended, stops = False, []
    for _ in range(MOST_TABS // TABS_AT_ONCE):
        for _ in range(TABS_AT_ONCE):
            page.keyboard.press("Tab")
        ended, stops = page.evaluate("[keyboardStops.ended, keyboardStops.stops]")
        if ended:
            break
    assert ended, f"the keyboard does not come out: {stops[-3:]}"
    asked_first = page.locator("dialog[open]").count() > 0
    assert stops[0]["skip"] or asked_first, "the skip link comes first"
    assert [stop["html"] for stop in stops if not stop["name"]] == [], "nameless"
    places = [stop["place"] for stop in stops]
    assert places == sorted(places), "the keyboard jumps"
    assert tour.troubles == [], "refused by the content policy, or thrown by a script"


def test_axe_finds_nothing(pytestconfig: pytest.Config, page: Page) -> None:
    assert axe_findings(pytestconfig, page) == []
