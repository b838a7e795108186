"""Whom a person is tied to, asked on the way in: the form, what it finds in the registry, and who learns of it."""

import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ringfence.kernel.context import acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate.people import add_person
from tenants.gate.registry import NewParty, keep_declaration, known
from tenants.gate.resolve import forget
from tenants.gate.verdicts import today, verdict_on_person
from tenants.neutrality.facts import Affiliation, Interest, InterestType, Party
from tenants.neutrality.policy import Policy
from tenants.neutrality.verdict import Outcome
from tenants.services.admit_member import admit_member
from tenants.services.declare_in_words import SaidTie, declare_in_words, said_ties
from tenants.services.declare_ties import live_ties
from tenants.services.draft_policy import draft_policy
from tenants.services.state_facts import state_facts
from tests.tenants.browser import Visitor, call, declare, events_of
from tests.world import Purpose, Someone, Workspace, mint_session


def newcomer(acme: Workspace, address: str) -> Someone:
    """A member who has not declared yet."""
    person_id = add_person(email=address, name="New Comer", password=None)
    member_id = admit_member(acme.service(Purpose.SETUP), person_id=person_id, role=Role.LABELER)
    session = mint_session(person_id, tenant_id=acme.tenant_id, second_factor=True)
    return Someone(person_id, member_id, acme.public_id, session)


@pytest.fixture
def excluded(acme: Workspace) -> Party:
    """A party that Acme's policy excludes."""
    party = Party(uuid7(), f"Initech {acme.public_id} Holdings, Inc.")
    state_facts([NewParty(party)])
    context = acme.context()
    with acting(context):
        draft_policy(context, Policy(excluded=frozenset({party.id})))
    forget()
    return party


def test_a_newcomer_is_led_to_the_declaration_and_back_to_what_they_wanted(
    stack: Any, acme: Workspace, operator: Workspace, address: str
) -> None:
    wanted = f"/w/{acme.public_id}/admission"
    browser = Visitor(newcomer(acme, address))
    assert browser.get(wanted)["Location"] == f"/declaration?next=%2Fw%2F{acme.public_id}%2Fadmission"
    page = browser.get(f"/declaration?next={wanted}").content.decode()
    assert f'name="next" value="{wanted}"' in page
    assert "Who sees this" in page
    assert "Nothing has changed" not in page
    before = len(events_of(stack, operator, "declaration.made"))
    assert declare(browser, wanted=wanted)["Location"] == wanted
    assert browser.get(wanted).status_code == 200
    assert len(events_of(stack, operator, "declaration.made")) == before + 1


def test_a_script_is_told_what_to_do(acme: Workspace, address: str) -> None:
    someone = newcomer(acme, address)
    answer = call("GET", f"/api/v1/{acme.public_id}/members", session=someone.session)
    assert answer.status_code == 403
    assert answer.json()["code"] == "declaration_needed"


def test_the_way_back_leads_to_our_pages_only(acme: Workspace, address: str) -> None:
    browser = Visitor(newcomer(acme, address))
    answer = declare(browser, wanted="https://elsewhere.example/")
    assert answer["Location"] == "/declaration?said=kept"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"none": "1", "tie0-name": "Somebody"},
        {"tie0-role": "employee", "tie0-start": "2024-01-01"},
        {"tie0-name": "Somebody", "tie0-role": "owner of everything"},
        {"tie0-name": "Somebody", "tie0-role": "employee", "tie0-start": "2024-01-02", "tie0-end": "2024-01-01"},
        {"tie0-name": "Somebody", "tie0-role": "employee", "tie0-start": "yesterday"},
        {"tie0-name": "Somebody", "tie0-role": "equity", "tie0-share": "-3"},
        {"tie0-name": "Somebody", "tie0-role": "equity", "tie0-share": "140"},
        {"tie0-name": "Somebody", "tie0-role": "employee", "tie0-lei": "5493001KJTIIGC8Y1R13"},
        {"tie0-name": "x" * 201, "tie0-role": "employee"},
        {"tie0-name": "So\x00mebody", "tie0-role": "employee"},
    ],
)  # fmt: skip
def test_a_wrong_form_declares_nothing_and_keeps_what_was_typed(
    acme: Workspace, address: str, form: dict[str, str]
) -> None:
    someone = newcomer(acme, address)
    browser = Visitor(someone)
    answer = browser.post("/declaration", {"rows": "1", **form})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Nothing was saved yet" in page
    if len(form.get("tie0-name", "")) < 200 and "\x00" not in form.get("tie0-name", ""):
        assert form.get("tie0-name", "") in page
    assert browser.get(f"/w/{acme.public_id}/")["Location"].startswith("/declaration")


@pytest.mark.parametrize("rows", ["", "-1", "99999999999999999999", "many", "0"])
def test_a_number_of_rows_that_is_none_is_taken_as_few(acme: Workspace, address: str, rows: str) -> None:
    browser = Visitor(newcomer(acme, address))
    assert browser.post("/declaration", {"rows": rows, "none": "1"}).status_code == 302


def test_rows_are_added_and_removed_without_script_and_keep_the_rest(acme: Workspace, address: str) -> None:
    browser = Visitor(newcomer(acme, address))
    form = {"rows": "2", "tie0-name": "First & Co", "tie1-name": "Second <b>", "tie1-share": "not a number"}
    more = browser.post("/declaration", {**form, "more": "1"})
    page = more.content.decode()
    assert more.status_code == 200
    assert 'name="rows" value="3"' in page
    assert "First &amp; Co" in page
    assert "Second &lt;b&gt;" in page
    assert "not a number" in page
    fewer = browser.post("/declaration", {**form, "drop": "0"}).content.decode()
    assert 'name="rows" value="1"' in fewer
    assert "First &amp; Co" not in fewer
    assert "Second &lt;b&gt;" in fewer
    assert browser.get(f"/w/{acme.public_id}/")["Location"].startswith("/declaration"), "nothing was declared"


@pytest.mark.parametrize(
    "spelling",
    [
        "{}",
        "  {} ",
        "INITECH {id} HOLDINGS",
        "Initech {id}-Holdings Inc",
        "The Initech {id} holdings, incorporated",
    ],
)
def test_another_spelling_of_an_excluded_party_passes_no_wall(
    acme: Workspace, address: str, excluded: Party, spelling: str
) -> None:
    someone = newcomer(acme, address)
    browser = Visitor(someone)
    name = spelling.format(excluded.name, id=acme.public_id)
    declare(browser, name=name, role="employee")
    answer = browser.get(f"/w/{acme.public_id}/")
    assert answer.status_code == 403
    assert excluded.name in answer.content.decode()
    assert '/declaration"' in answer.content.decode()


def test_what_was_declared_is_shown_as_it_was_typed_and_not_as_the_registry_has_it(
    acme: Workspace, address: str, excluded: Party
) -> None:
    browser = Visitor(newcomer(acme, address))
    typed = excluded.name.upper()
    declare(browser, name=typed, role="adviser", end="2020-01-01")
    page = browser.get("/declaration").content.decode()
    assert typed in page
    assert excluded.name not in page, "the page would tell that the registry knows this name"


def test_a_name_that_nobody_registered_stops_the_person_until_the_operator_has_looked(
    acme: Workspace, excluded: Party, address: str
) -> None:
    someone = newcomer(acme, address)
    name = f"Unheard Of {acme.public_id}"
    declare(Visitor(someone), name=name, role="employee")
    (party,) = [p for p in known().parties.values() if p.name == name]
    assert party.id in known().declared
    verdict, _ = verdict_on_person(acme.tenant_id, someone.person_id)
    assert verdict.outcome is Outcome.REVIEW
    assert Visitor(someone).get(f"/w/{acme.public_id}/").status_code == 403
    (unknown,) = [
        each
        for each in known().statements.values()
        if isinstance(each.fact, Interest) and each.fact.subject == party.id
    ]
    assert unknown.fact is not None
    assert unknown.fact.type is InterestType.UNKNOWN  # type: ignore[union-attr]  # it is an interest


def test_the_same_unregistered_name_is_one_party_whoever_says_it(
    acme: Workspace, rival: Workspace, address: str
) -> None:
    name = f"Corner Bakery {acme.public_id}"
    for n, (workspace, typed) in enumerate([(acme, name), (rival, f"{name.upper()} LTD.")]):
        declare(Visitor(newcomer(workspace, f"{n}-{address}")), name=typed, role="employee")
    assert len([p for p in known().parties.values() if p.name.casefold().startswith(name.casefold())]) == 1


def test_an_lei_says_which_firm_of_a_name_and_hides_none(acme: Workspace, address: str) -> None:
    name = f"Twin {acme.public_id}"
    first = Party(uuid7(), f"{name} Inc", lei="5493001KJTIIGC8Y1R12")
    second = Party(uuid7(), f"{name} Ltd", lei="213800WAVVOPS85N2205")
    harmless = Party(uuid7(), f"Harmless {acme.public_id}", lei="7ZW8QJWVPR4P1J1KQY45")
    state_facts([NewParty(each) for each in (first, second, harmless)])
    person = newcomer(acme, address).person_id

    def tied() -> set[Any]:
        return {each.fact.party for each in live_ties(known(), person) if isinstance(each.fact, Affiliation)}

    def said(lei: str) -> SaidTie:
        from tenants.neutrality.facts import Role as Tied

        return SaidTie(name, Tied.EMPLOYEE, lei)

    declare_in_words(person, [said("")])
    assert tied() == {first.id, second.id}
    declare_in_words(person, [said(second.lei)])
    assert tied() == {second.id}
    declare_in_words(person, [said(harmless.lei)])
    assert tied() == {first.id, second.id, harmless.id}


def test_nothing_has_changed_is_one_press(acme: Workspace, address: str) -> None:
    someone = newcomer(acme, address)
    browser = Visitor(someone)
    declare(browser, name=f"Old Firm {acme.public_id}", role="adviser", end="2020-05-05")
    before = said_ties(someone.person_id)
    page = browser.get("/declaration").content.decode()
    assert "Nothing has changed since" in page
    assert browser.post("/declaration", {"same": "1", "next": "/account"})["Location"] == "/account"
    assert said_ties(someone.person_id) == before
    assert len(live_ties(known(), someone.person_id)) == 1


def test_nothing_has_changed_is_no_word_of_somebody_who_said_nothing(acme: Workspace, address: str) -> None:
    browser = Visitor(newcomer(acme, address))
    assert browser.post("/declaration", {"same": "1"}).status_code == 400
    assert browser.get(f"/w/{acme.public_id}/")["Location"].startswith("/declaration")


@pytest.mark.parametrize(("days", "where"), [(89, 200), (91, 302), (121, 403)])
def test_a_declaration_is_asked_again_after_the_policys_days(
    acme: Workspace, address: str, days: int, where: int
) -> None:
    someone = newcomer(acme, address)
    keep_declaration(someone.person_id, today() - timedelta(days=days))
    browser = Visitor(someone)
    assert browser.get(f"/w/{acme.public_id}/").status_code == where
    if where != 200:
        assert browser.post("/declaration", {"same": "1", "next": f"/w/{acme.public_id}/"}).status_code == 302
        assert browser.get(f"/w/{acme.public_id}/").status_code == 200, "whoever is late can still mend it"


def test_a_tie_that_is_no_longer_named_is_withdrawn_and_two_times_are_two_ties(
    acme: Workspace, address: str
) -> None:
    someone = newcomer(acme, address)
    browser = Visitor(someone)
    name = f"Twice {acme.public_id}"
    form = {"rows": "2"}
    for n, (start, end) in enumerate([("2018-01-01", "2018-12-31"), ("2020-01-01", "2020-12-31")]):
        form |= {f"tie{n}-name": name, f"tie{n}-role": "employee", f"tie{n}-start": start, f"tie{n}-end": end}
    browser.post("/declaration", form)
    assert len(live_ties(known(), someone.person_id)) == 2
    browser.post("/declaration", form)
    assert len(live_ties(known(), someone.person_id)) == 2
    declare(browser)
    assert live_ties(known(), someone.person_id) == []


def test_a_stranger_and_a_stolen_password_declare_nothing(acme: Workspace, address: str) -> None:
    assert Visitor().get("/declaration")["Location"].startswith("/login")
    assert declare(Visitor())["Location"].startswith("/login")


def test_what_people_declare_stands_nowhere_in_clear(stack: Any, acme: Workspace, address: str) -> None:
    marks = [f"Zanzibar Wharf {acme.public_id}", f"Quebec Registered {acme.public_id}"]
    state_facts([NewParty(Party(uuid7(), marks[1]))])
    someone = newcomer(acme, address)
    browser = Visitor(someone)
    browser.post(
        "/declaration",
        {
            "rows": "2", "tie0-name": marks[0], "tie0-role": "adviser", "tie0-start": "1987-06-05",
            "tie1-name": marks[1], "tie1-role": "equity", "tie1-share": "0.0123",
        },
    )  # fmt: skip
    with psycopg.connect(stack.cluster.superuser_url("control")) as connection:
        tables = [
            row[0]
            for row in connection.execute("select tablename from pg_tables where schemaname = 'public'")
        ]
        dump = {
            table: "\n".join(row[0] for row in connection.execute(f'select t::text from "{table}" t'))  # type: ignore[arg-type]  # a table's name, from the catalogue
            for table in tables
        }
    hits = {table for table, text in dump.items() if "Zanzibar" in text or b"Zanzibar".hex() in text}
    assert hits == set()
    # Without the moments that rows are stamped with: any share could stand among their fractions of a second.
    written = re.sub(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(\.[0-9]+)?", "", "".join(dump.values()))
    assert "1987-06-05" not in written
    assert "0.0123" not in written
    registered = {table for table, text in dump.items() if marks[1] in text}
    assert registered == {"people_partyversion"}, "the scan sees what is public"
    declared = [line for line in dump["people_statement"].splitlines() if str(someone.person_id) in line]
    assert len(declared) == 2
    assert not any(str(Role.LABELER) in line or "equity" in line for line in declared)
