"""The operator's registry by hand: parties, facts, corrections, withdrawals, and names that declarations brought."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.gate.registry import known
from tenants.gate.verdicts import today, verdict_on_person
from tenants.neutrality.facts import Interest, InterestType, Party, PartyKind
from tenants.neutrality.policy import Policy
from tenants.neutrality.verdict import Outcome
from tenants.services.draft_policy import draft_policy
from tenants.services.read_registry import Standing, read_party
from tests.tenants.browser import Visitor, declare, events_of
from tests.tenants.registering import Keeper, lei, named, party
from tests.world import Workspace


@pytest.fixture
def keeper(operator: Workspace) -> Keeper:
    """Somebody of the operator."""
    return Keeper(operator)


def said(**more: Any) -> dict[str, Any]:
    """Return the fields of every fact."""
    return {
        "date": today().isoformat(),
        "source": "a filing",
        "assurance": "document",
        "voting": "on",
        "direct": "on",
        **more,
    }


def interests_of(subject: Party) -> list[Interest]:
    return [
        each.fact
        for each in known().statements.values()
        if isinstance(each.fact, Interest)
        and each.fact.subject == subject.id
        and each.id not in known().superseded
    ]


def test_a_party_is_added_found_and_described_anew(stack: Any, keeper: Keeper, operator: Workspace) -> None:
    mark = uuid4().hex[:8]
    before = len(events_of(stack, operator, "statements.recorded"))
    form = {
        "name": f"Hooli {mark} Inc.", "kind": "entity", "source": "a register", "listed": "on",
        "identifiers": f"name Gavin {mark}\nhost {mark}.example.com\n\n",
    }  # fmt: skip
    answer = keeper.post("/new", form)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    (made,) = named(f"Hooli {mark} Inc.")
    assert len(events_of(stack, operator, "statements.recorded")) == before + 1
    for sought in (f"HOOLI {mark}", f"gavin {mark}", f"{mark}.example", str(made)):
        assert str(made) in keeper.get(f"?q={sought}").content.decode(), sought
    assert "Nothing found" in keeper.get(f"?q=nobody-{mark}").content.decode()
    keeper.post(f"/parties/{made}/description", {**form, "name": f"Hooli {mark} LLC", "identifiers": ""})
    assert known().parties[made].name == f"Hooli {mark} LLC"
    page = keeper.get(f"/parties/{made}").content.decode()
    assert f"Hooli {mark} Inc." in page, "the description before stays readable"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"kind": "club"}, {"source": ""}, {"lei": "123"}, {"lei": "9995TEST000000000199"},
        {"identifiers": "justonescheme"}, {"name": "x" * 501},
    ],
)  # fmt: skip
def test_a_wrong_description_adds_nothing(keeper: Keeper, wrong: dict[str, str]) -> None:
    before = known().version
    answer = keeper.post("/new", {"name": "Right", "kind": "entity", "source": "x", **wrong})
    assert answer.status_code == 400
    assert known().version == before


def test_an_lei_is_one_partys(keeper: Keeper) -> None:
    number = lei(uuid4().int % 10**9)
    form = {"name": "First of it", "kind": "entity", "source": "x", "lei": number}
    assert keeper.post("/new", form).status_code == 302
    assert keeper.post("/new", {**form, "name": "Second of it"}).status_code == 400
    other = party(f"Other {uuid4()}")
    answer = keeper.post(f"/parties/{other.id}/description", {**form, "name": "Third of it"})
    assert answer.status_code == 400
    assert "This LEI is that of First of it" in answer.content.decode()


def test_a_fact_is_stated_corrected_and_withdrawn_and_all_of_it_stays(keeper: Keeper) -> None:
    firm, holder = party(f"Firm {uuid4()}"), party(f"Holder {uuid4()}")
    document = SimpleUploadedFile("contract.pdf", b"the contract")
    form = said(holder=holder.name, type="shareholding", share_min="4", share_max="6", document=document)
    assert keeper.post(f"/parties/{firm.id}/interest", form).status_code == 302
    (stated,) = read_party(firm.id).stated
    assert stated.evidence == hashlib.sha256(b"the contract").hexdigest()
    again = said(holder=str(holder.id), type="shareholding", share_min="7", share_max="7")
    assert keeper.get(f"/parties/{firm.id}/interest?supersedes={stated.statement.id}").status_code == 200
    assert (
        keeper.post(f"/parties/{firm.id}/interest?supersedes={stated.statement.id}", again).status_code == 302
    )
    (only,) = interests_of(firm)
    assert str(only.share_max) == "7"
    twice = keeper.post(f"/parties/{firm.id}/interest?supersedes={stated.statement.id}", again)
    assert twice.status_code == 404, "what is superseded is superseded once"
    newest = next(each for each in read_party(firm.id).stated if each.live)
    assert keeper.get(f"/statements/{newest.statement.id}/withdraw").status_code == 200
    answer = keeper.post(f"/statements/{newest.statement.id}/withdraw", said(source="it was another firm"))
    assert answer.status_code == 302
    assert interests_of(firm) == []
    page = keeper.get(f"/parties/{firm.id}").content.decode()
    assert "it was another firm" in page
    assert "4 to 6 %" in page
    assert [each.standing for each in read_party(firm.id).stated] == [
        Standing.WITHDRAWAL, Standing.WITHDRAWN, Standing.SUPERSEDED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"share_max": "-3"}, "greater than or equal to 0"),
        ({"share_max": "140"}, "less than or equal to 100"),
        ({"share_min": "60", "share_max": "40"}, "more than the most"),
        ({"share_max": "NaN"}, "Enter a number"),
        ({"share_max": "0.00000000001"}, "no more than 10 decimal places"),
        ({"holder": "Nobody that exists"}, "The registry has no such party"),
        ({"type": "friendship"}, "valid choice"),
        ({"start": "2026-02-02", "end": "2026-02-01"}, "is before the start"),
        ({"source": ""}, "required"),
        ({"date": "2999-01-01"}, "ten years ahead"),
        ({"date": "31.12.2025"}, "valid date"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_in_words_and_keeps_what_was_typed(
    keeper: Keeper, wrong: dict[str, str], words: str
) -> None:
    firm = party(f"Firm {uuid4()}")
    before = known().version
    answer = keeper.post(
        f"/parties/{firm.id}/interest", {**said(type="shareholding", signer="Typed Before"), **wrong}
    )
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert "Typed Before" in answer.content.decode()
    assert known().version == before


def test_a_name_that_several_parties_have_is_asked_back(keeper: Keeper) -> None:
    firm, name = party(f"Firm {uuid4()}"), f"Twin {uuid4()}"
    one, other = party(f"{name} Inc"), party(f"{name} Ltd")
    answer = keeper.post(f"/parties/{firm.id}/interest", said(holder=name, type="debt"))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert str(one.id) in page
    assert str(other.id) in page


@pytest.mark.parametrize("kind", [kind.value for kind in InterestType])
def test_every_kind_of_interest_can_be_stated_also_of_a_holder_that_is_not_disclosed(
    keeper: Keeper, kind: str
) -> None:
    firm = party(f"Firm {uuid4()}")
    assert keeper.post(f"/parties/{firm.id}/interest", said(type=kind)).status_code == 302
    assert [each.type.value for each in interests_of(firm)] == [kind]
    assert "not disclosed" in keeper.get(f"/parties/{firm.id}").content.decode()


def test_a_fact_dated_tomorrow_is_kept_announced_and_not_held(keeper: Keeper) -> None:
    firm, holder = party(f"Firm {uuid4()}"), party(f"Holder {uuid4()}")
    tomorrow = today() + timedelta(days=1)
    form = said(holder=holder.name, type="shareholding", share_max="9", date=tomorrow.isoformat())
    assert keeper.post(f"/parties/{firm.id}/interest", form).status_code == 302
    (stated,) = read_party(firm.id).stated
    assert stated.standing is Standing.ANNOUNCED
    assert "announced" in keeper.get(f"/parties/{firm.id}").content.decode()
    assert "announced" in keeper.get("/doubts?kind=announced").content.decode()
    (then,) = read_party(firm.id, known_on=tomorrow, holding_on=tomorrow).stated
    assert then.standing is Standing.HOLDS
    (before,) = read_party(firm.id, known_on=today() - timedelta(days=1)).stated
    assert before.standing is Standing.NOT_YET


def test_a_public_tie_is_of_a_person_of_the_registry_and_no_members(keeper: Keeper, acme: Workspace) -> None:
    firm, chair = party(f"Firm {uuid4()}"), party(f"Chair {uuid4()}", PartyKind.PERSON)
    assert keeper.post(f"/parties/{firm.id}/tie", said(person=chair.name, role="director")).status_code == 302
    assert chair.name in keeper.get(f"/parties/{firm.id}").content.decode()
    someone = acme.someone(Role.LABELER)
    declare(Visitor(someone), name=firm.name, role="adviser")
    member = known().party_of[someone.person_id]
    answer = keeper.post(f"/parties/{firm.id}/tie", said(person=str(member), role="director"))
    assert answer.status_code == 400
    assert keeper.get(f"/parties/{member}").status_code == 404
    page = keeper.get(f"/parties/{firm.id}").content.decode()
    assert "advises" not in page, "what a member declared is on no page of the operator"
    assert str(member) not in keeper.get(f"?q={member}").content.decode().replace(f'value="{member}"', "")


def test_contradictions_circles_and_sums_over_the_whole_are_shown(keeper: Keeper) -> None:
    a, b = party(f"Circle A {uuid4()}"), party(f"Circle B {uuid4()}")
    for subject, holder in ((a, b), (b, a)):
        keeper.post(
            f"/parties/{subject.id}/interest",
            said(holder=str(holder.id), type="shareholding", share_min="60", share_max="60"),
        )
    keeper.post(f"/parties/{a.id}/interest", said(type="shareholding", share_min="70", share_max="70"))
    assert a.name in keeper.get("/doubts?kind=circle").content.decode()
    over = keeper.get("/doubts?kind=over_hundred").content.decode()
    assert a.name in over
    assert "130 %" in over
    assert a.name in keeper.get("/doubts?kind=undisclosed").content.decode()


@pytest.mark.parametrize("same", [True, False])
def test_a_name_that_a_declaration_brought_is_looked_at(
    keeper: Keeper, acme: Workspace, rival: Workspace, same: bool
) -> None:
    excluded, name = party(f"Excluded {uuid4()}"), f"Nickname {uuid4()}"
    context = acme.context()
    with acting(context):
        draft_policy(context, Policy(excluded=frozenset({excluded.id})))
    someone = acme.someone(Role.LABELER)
    declare(Visitor(someone), name=name, role="employee")
    (brought,) = named(name)
    page = keeper.get(f"/parties/{brought}").content.decode()
    assert "Which firm is this?" in page
    assert str(someone.person_id) not in page
    assert name in keeper.get("?unlooked").content.decode()
    assert keeper.get(f"/parties/{brought}/interest").status_code == 404, "its name would stand in clear"
    assert verdict_on_person(acme.tenant_id, someone.person_id)[0].outcome is Outcome.REVIEW
    assert keeper.post(f"/parties/{brought}/recognise", {"same_as": excluded.name}).status_code == 400
    form = {"same_as": excluded.name if same else "", "reason": "asked the register"}
    assert keeper.post(f"/parties/{brought}/recognise", form).status_code == 302
    verdict = verdict_on_person(acme.tenant_id, someone.person_id)[0]
    assert verdict.outcome is (Outcome.DENY if same else Outcome.ALLOW)
    assert name not in keeper.get("?unlooked").content.decode()
    assert "looked up already" in keeper.get(f"/parties/{brought}").content.decode()


def test_the_registry_is_the_operators(acme: Workspace, operator: Workspace) -> None:
    for role in (Role.OWNER, Role.ADMIN, Role.AUDITOR):
        browser = Visitor(acme.someone(role))
        assert browser.get(f"/w/{acme.public_id}/registry").status_code == 403
        assert browser.get(f"/w/{operator.public_id}/registry").status_code == 404


def test_another_sites_form_states_nothing(keeper: Keeper) -> None:
    firm = party(f"Firm {uuid4()}")
    answer = keeper.browser.client.post(f"{keeper.base}/parties/{firm.id}/interest", said(type="debt"))
    assert answer.status_code == 403
    assert interests_of(firm) == []
