"""From the outside: the excluded person, the rival lab and the operator, against one lab's real items."""

import html

import pytest
from requests import Response

from ringfence.demo.corpus import GUIDELINES, INVESTOR, LABS, REMARKS
from tests.journeys.api import Api, Visit

OTHER_PARTIES = ("Lena", "Li Wen", "Luca", "Nora", "Lumen", "Opal")
OURS = (LABS[0][0], LABS[0][1], "What do people feel?", GUIDELINES[:40], *REMARKS[:40])


def holds(answer: Response, texts: tuple[str, ...] = OURS) -> list[str]:
    """Return which of the texts an answer shows, as HTML or JSON would write them."""
    body = answer.text
    shown = (body, html.unescape(body))
    return [text for text in texts if any(text in each for each in shown)]


@pytest.fixture
def northwind(demo):
    return demo.person("Lena").tenant


@pytest.fixture
def addresses(demo, northwind):
    """Addresses of the lab's own things, as its owner knows them: pages and API."""
    owner = Api(demo, northwind, demo.token(northwind, "owner"))
    project = owner.project_named("What do people feel?")
    task = owner.get(f"projects/{project}/items")["items"][0]["id"]
    pages = ["", "projects", f"projects/{project}", f"projects/{project}/label", f"projects/{project}/items",
             f"projects/{project}/exports", f"projects/{project}/imports", "members", "audit", "neutrality",
             "keys", "tokens"]  # fmt: skip
    calls = ["projects", f"projects/{project}", f"projects/{project}/items", f"projects/{project}/board",
             f"projects/{project}/schema", f"projects/{project}/guidelines", "workspace", "members",
             "audit/entries", "audit/pin", "audit/checkpoint", "receipts"]  # fmt: skip
    writes = [f"projects/{project}/tasks/next", f"tasks/{task}/submission", f"projects/{project}/exports"]
    return pages, calls, writes


def test_the_members_themselves_see_what_the_others_must_not(demo, northwind, addresses):
    """The same addresses show the texts to whoever may: otherwise the tests below could not fail."""
    visit = Visit(demo, demo.person("Mina"))
    visit.sign_in(f"/w/{northwind}/projects")
    seen = set()
    for page in addresses[0]:
        seen |= set(holds(visit.get(f"/w/{northwind}/{page}")))
    assert {LABS[0][0], "What do people feel?", REMARKS[0]} <= seen


def test_the_excluded_person_is_told_why_in_their_own_parties_alone(demo, northwind, addresses):
    visit = Visit(demo, demo.person("Ines"))
    for page in addresses[0]:
        path = f"/w/{northwind}/{page}"
        answer = visit.get(path) if visit.session.cookies else visit.sign_in(path)
        assert answer.status_code == 403, path
        assert INVESTOR in answer.text
        assert "does not admit you" in answer.text
        assert holds(answer, (*OURS, *OTHER_PARTIES)) == [], path


@pytest.mark.parametrize("first_name", ["Yuki", "Opal"])
def test_a_rival_and_the_operator_see_nothing_of_it(demo, northwind, addresses, first_name):
    person = demo.person(first_name)
    visit = Visit(demo, person)
    home = visit.sign_in(f"/w/{person.tenant}/")
    assert home.status_code == 200
    assert holds(home) == []
    for page in addresses[0]:
        answer = visit.get(f"/w/{northwind}/{page}")
        assert answer.status_code == 404, page
        assert holds(answer) == [], page
    if person.role == "operator":
        page = visit.get(f"/w/{person.tenant}/platform")
        assert page.status_code == 200
        assert holds(page, (*OURS, *(name for lab in LABS for name in lab))) == []


def test_a_rivals_tokens_are_worth_nothing_here_and_the_answer_tells_nothing(demo, northwind, addresses):
    rival = demo.person("Yuki").tenant
    _, calls, writes = addresses
    for role in ("manager", "labeler", "owner"):
        visitor = Api(demo, northwind, demo.token(rival, role))
        nowhere = Api(demo, "0" * len(northwind), demo.token(rival, role))
        for method, path in [*(("GET", path) for path in calls), *(("POST", path) for path in writes)]:
            body = {"json": {}} if method == "POST" else {}
            answer, absent = visitor.ask(method, path, **body), nowhere.ask(method, path, **body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
            assert answer.content == absent.content, (
                f"{path} tells a tenant that is there from one that is not"
            )


def test_a_person_of_two_worlds_changes_the_session_with_the_workspace(demo, northwind):
    """One session serves one tenant: a cookie for the rival's pages opens none of ours."""
    visit = Visit(demo, demo.person("Lena"))
    visit.sign_in(f"/w/{northwind}/projects")
    rival = demo.person("Yuki").tenant
    assert visit.get(f"/w/{rival}/projects").status_code == 404
    assert visit.get(f"/w/{northwind}/projects").status_code == 200
