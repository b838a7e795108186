"""What agencies attest of their people: it counts, it is sealed, and it tells nobody who is here."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.gate.people import know_person
from tenants.gate.registry import known
from tenants.gate.verdicts import today, verdict_on_person
from tenants.neutrality.facts import Affiliation, Assurance
from tenants.neutrality.policy import Policy
from tenants.neutrality.verdict import Outcome
from tenants.services.declare_ties import live_ties
from tenants.services.draft_policy import draft_policy
from tests.tenants.browser import Visitor, declare, events_of
from tests.tenants.registering import Keeper, party
from tests.world import Someone, Workspace

HEAD = "address,role,party,start,end"


@pytest.fixture
def keeper(operator: Workspace) -> Keeper:
    """Somebody of the operator."""
    return Keeper(operator)


def attest(keeper: Keeper, agency: str, *rows: str | dict[str, str]) -> Any:
    """Send a list: rows, and fields of the form that are to be otherwise."""
    lines = [row for row in rows if isinstance(row, str)]
    more = {key: value for row in rows if isinstance(row, dict) for key, value in row.items()}
    form = {
        "agency": agency,
        "date": today().isoformat(),
        "signer": "A. Gent",
        "rows": "\n".join([HEAD, *lines]),
    }
    return keeper.post("/attestations", {**form, **more})


def attested(someone: Someone) -> list[Any]:
    """Return the live statements about somebody that are not their own word."""
    own = known().party_of.get(someone.person_id)
    return [
        each
        for each in known().statements.values()
        if isinstance(each.fact, Affiliation)
        and each.fact.person == own
        and each.assurance is Assurance.DOCUMENT
        and each.id not in known().superseded
    ]


def test_an_agency_attests_and_the_person_sees_it(
    stack: Any, keeper: Keeper, operator: Workspace, acme: Workspace
) -> None:
    agency, someone = party(f"Agency {uuid4()}"), acme.someone(Role.LABELER)
    email = know_person(someone.person_id).email
    before = len(events_of(stack, operator, "ties.attested"))
    assert attest(keeper, agency.name, f"{email},contractor,,2026-01-01,").status_code == 200
    (stated,) = attested(someone)
    assert stated.fact.party == agency.id
    assert len(stated.evidence) == 32
    assert len(events_of(stack, operator, "ties.attested")) == before + 1
    page = Visitor(someone).get(f"/w/{acme.public_id}/admission").content.decode()
    assert f"attested by {agency.name}" in page
    attest(keeper, agency.name, f"{email.upper()},contractor,,2026-01-01,2026-02-01")
    (newer,) = attested(someone)
    assert newer.supersedes == stated.id


def test_what_an_agency_attests_keeps_out_whoever_did_not_say_it(keeper: Keeper, acme: Workspace) -> None:
    agency, excluded = party(f"Agency {uuid4()}"), party(f"Excluded {uuid4()}")
    context, someone = acme.context(), acme.someone(Role.LABELER)
    with acting(context):
        draft_policy(context, Policy(excluded=frozenset({excluded.id})))
    declare(Visitor(someone))
    assert verdict_on_person(acme.tenant_id, someone.person_id)[0].outcome is Outcome.ALLOW
    attest(keeper, agency.name, f"{know_person(someone.person_id).email},employee,{excluded.name},,")
    assert verdict_on_person(acme.tenant_id, someone.person_id)[0].outcome is Outcome.DENY
    declare(Visitor(someone))
    assert verdict_on_person(acme.tenant_id, someone.person_id)[0].outcome is Outcome.DENY, (
        "nobody declares it away"
    )
    assert live_ties(known(), someone.person_id) == []


def test_an_address_of_nobody_is_answered_like_anybodys(
    stack: Any, keeper: Keeper, operator: Workspace, acme: Workspace
) -> None:
    agency, someone = party(f"Agency {uuid4()}"), acme.someone(Role.LABELER)
    there, nobody = know_person(someone.person_id).email, f"nobody-{uuid4()}@people.example"
    said, grown, shown = [], [], []
    for address in (there, nobody):
        before = known().version
        answer = attest(keeper, agency.name, f"{address},contractor,,,")
        said.append((answer.status_code, len(answer.content)))
        grown.append(known().version - before)
        shown.append(keeper.get(f"/parties/{agency.id}").content.decode().count("contractor"))
    assert said[0] == said[1]
    assert grown == [1, 1]
    assert shown == [0, 0]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("not an address,contractor,,,", "address"),
        ("a@b.example,boss,,,", "role"),
        ("a@b.example,contractor,A party that nobody has,,", "party"),
        ("a@b.example,contractor,,yesterday,", "start"),
        ("a@b.example,contractor,,2026-02-02,2026-02-01", "end"),
        (",contractor,,,", "address"),
    ],
)
def test_a_wrong_row_is_refused_with_its_number_and_stops_no_other(
    keeper: Keeper, acme: Workspace, row: str, field: str
) -> None:
    agency, someone = party(f"Agency {uuid4()}"), acme.someone(Role.LABELER)
    answer = attest(keeper, agency.name, row, f"{know_person(someone.person_id).email},contractor,,,")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'<th scope="row">1</th><td data-label="Column"><code>{field}</code>' in page
    assert len(attested(someone)) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rows": "name,role\nx,y"}, "names the columns"),
        ({"rows": 'address,role\n"a,b'}, "quotes"),
        ({"agency": "No such agency"}, "no such party"),
        ({"document": "abc"}, "64 digits"),
        ({"date": "2999-01-01"}, "not dated ahead"),
        ({"signer": ""}, "required"),
        ({"rows": "address,role\n" + "a@b.example,adviser\n" * 5_001}, "at most 5,000"),
    ],
)
def test_a_wrong_list_is_refused_as_a_whole(keeper: Keeper, wrong: dict[str, str], words: str) -> None:
    agency, before = party(f"Agency {uuid4()}"), known().version
    answer = attest(keeper, agency.name, "a@b.example,contractor,,,", wrong)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert known().version == before


def test_what_is_attested_stands_nowhere_in_clear(stack: Any, keeper: Keeper, acme: Workspace) -> None:
    agency, someone = party(f"Agency {uuid4()}"), acme.someone(Role.LABELER)
    attest(keeper, agency.name, f"{know_person(someone.person_id).email},contractor,,1999-09-09,")
    with psycopg.connect(stack.cluster.superuser_url("control")) as db:
        rows = [row[0] for row in db.execute(
            "select t::text from people_statement t where person_id = %s", [someone.person_id]
        )]  # fmt: skip
    assert len(rows) == 1
    for word in (agency.name, str(agency.id), "contractor", "1999-09-09", "A. Gent"):
        assert word not in rows[0]
