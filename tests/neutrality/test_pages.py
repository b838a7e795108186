"""The drawn graph, the verdict explainer and the overview, as officers meet them; what others declared stays unsaid."""

import html
import json
import re
from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from ringfence.kernel.context import acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate.exposure import why_kept_away
from tenants.gate.people import know_person
from tenants.gate.registry import NewParty, known
from tenants.gate.standings import in_words, standings
from tenants.gate.trials import try_today
from tenants.gate.verdicts import judged, today
from tenants.neutrality.facts import Interest, InterestType, Party, PartyKind, Statement
from tenants.neutrality.facts import Role as Tied
from tenants.neutrality.surroundings import MOST_DRAWN
from tenants.neutrality.verdict import Outcome
from tenants.services.ask_verdict import explain_host, resolve_host
from tenants.services.declare_ties import DeclaredTie, declare_ties
from tenants.services.state_facts import state_facts
from tests.neutrality.stating import end, exclude, hold, party, works_for
from tests.stack import Stack
from tests.tenants.browser import Visitor, call, events_of
from tests.world import Someone, Workspace


def shown(workspace: Workspace, path: str, *, role: Role = Role.AUDITOR, status: int = 200) -> str:
    """Open a page of neutrality and return its text as written."""
    answer = Visitor(workspace.someone(role)).get(f"/w/{workspace.public_id}/neutrality{path}")
    assert answer.status_code == status, answer.content[:500]
    return html.unescape(answer.content.decode())


def name_of(party_id: UUID) -> str:
    return known().parties[party_id].name


def boxes(page: str) -> list[str]:
    """Return what each box of the drawing says to whoever does not see it."""
    return re.findall(r'<(?:a|g) [^>]*class="g-party"[^>]*aria-label="([^"]*)"', page)


def founding_case(workspace: Workspace) -> tuple[UUID, UUID]:
    """Let an investor hold 49 % of a vendor without votes, and exclude the investor."""
    investor, vendor = party("Investor"), party("Vendor")
    hold(investor, vendor, "49", voting=False)
    exclude(workspace, investor)
    return investor, vendor


def test_the_graph_is_drawn_with_its_words_and_says_the_same_as_a_table(acme: Workspace) -> None:
    investor, vendor = founding_case(acme)
    page = shown(acme, "/graph")
    assert boxes(page) == [f"{name_of(investor)}, excluded party", f"{name_of(vendor)}, denied"]
    assert "49 % shares, non-voting</text>" in page
    assert re.search(r'class="g-line g-path" data-family="share"', page)
    assert f"49 % owned by {name_of(investor)}, economic interest, non-voting; rule: economic ≥ 5 %" in page
    assert "unsigned" in page
    assert f"/neutrality/ask?party={vendor}" in page


def test_an_empty_graph_says_what_to_do(acme: Workspace) -> None:
    assert "Nothing to draw yet" in shown(acme, "/graph")


def test_what_is_not_disclosed_is_dashed_and_a_seat_is_drawn_otherwise_than_a_part(acme: Workspace) -> None:
    investor, vendor = founding_case(acme)
    seated = party("Seated")
    hold(investor, seated, "0", InterestType.BOARD_OBSERVER)
    state_undisclosed(vendor)
    page = shown(acme, "/graph")
    assert re.search(r'class="g-line g-unsure" data-family="share"', page)
    assert re.search(r'data-family="right"[^>]*marker-end="url\(#g-seat\)"', page)
    assert any(words.startswith("a holder that is not disclosed") for words in boxes(page))


def state_undisclosed(subject: UUID) -> None:
    hold(None, subject, "20")  # type: ignore[arg-type]


def test_the_graph_of_another_day_shows_what_held_and_what_was_known_then(acme: Workspace) -> None:
    investor, vendor = founding_case(acme)
    coming = party("Coming")
    start = today() + timedelta(days=30)
    hold(investor, coming, "10", start=start)
    assert name_of(coming) not in "".join(boxes(shown(acme, "/graph")))
    later = shown(acme, f"/graph?on={start}")
    assert f"{name_of(coming)}, denied" in boxes(later)
    assert "This is how it holds on" in later
    before = shown(acme, f"/graph?known={today() - timedelta(days=1)}&around={vendor}")
    assert boxes(before) == [f"{name_of(vendor)}, no rule met, chosen"], "yesterday nobody knew of the stake"
    assert "Nobody knows yet" in shown(acme, f"/graph?known={today() + timedelta(days=3)}")
    assert "A day is written like" in shown(acme, "/graph?on=yesterday")


def test_the_graph_is_drawn_around_a_party_that_is_sought_and_through_a_filter(acme: Workspace) -> None:
    investor, vendor = founding_case(acme)
    clean, other = party("Clean"), party("Other")
    hold(clean, other, "80")
    page = shown(acme, f"/graph?find={name_of(other).replace(' ', '+')}")
    assert {words.split(",")[0] for words in boxes(page)} == {name_of(clean), name_of(other)}
    hold(investor, clean, "1")
    filtered = shown(acme, "/graph?rule=economic")
    assert {words.split(",")[0] for words in boxes(filtered)} == {name_of(investor), name_of(vendor)}
    assert "hidden by the filter" in filtered
    assert "Nothing left to draw" not in filtered
    assert "No party of the registry has such a name" in shown(acme, "/graph?find=nobody-at-all")


def test_a_large_graph_draws_at_most_so_many_and_says_how_many_are_left_out(acme: Workspace) -> None:
    investor = party("Investor")
    many = [Party(uuid7(), f"Daughter {n:03}") for n in range(MOST_DRAWN + 30)]
    state_facts([NewParty(each) for each in many])
    state_facts([], [statement_of_60(investor, each.id) for each in many])
    exclude(acme, investor)
    page = shown(acme, "/graph")
    assert len(boxes(page)) == MOST_DRAWN
    assert f"31 more lie near enough and are left out: {MOST_DRAWN} are drawn at most." in page
    assert boxes(page)[0].endswith("31 more ties not drawn")


def statement_of_60(holder: UUID, subject: UUID) -> Any:
    return Statement(
        uuid7(), uuid7(), Interest(subject, holder, InterestType.SHAREHOLDING, Decimal(60), Decimal(60)),
        today(), timezone.now(), source="a test",
    )  # fmt: skip


def test_what_members_declared_is_drawn_for_nobody_and_told_only_to_their_own_officers(
    stack: Stack, acme: Workspace, rival: Workspace
) -> None:
    investor, _vendor = founding_case(acme)
    theirs = rival.someone(Role.LABELER)
    seated = party("Seated")
    declare_ties(theirs.person_id, [DeclaredTie(each, Tied.DIRECTOR) for each in (investor, seated)])
    drawn = shown(acme, f"/graph?around={seated}")
    assert {words.split(",")[0] for words in boxes(drawn)} == {name_of(investor), name_of(seated)}
    assert "over a tie that somebody declared in confidence" in drawn
    asked = shown(acme, f"/ask?party={seated}")
    assert "over a tie that somebody declared in confidence" in asked
    name = know_person(theirs.person_id).name
    for page in (drawn, asked, shown(acme, ""), shown(acme, f"/graph?around={investor}")):
        assert name not in page
        assert "director" not in page
    shown(acme, f"/ask?party={known().party_of[theirs.person_id]}", status=404)
    shown(acme, f"/ask?member={theirs.member_id}", status=404)
    assert name in shown(rival, f"/ask?member={theirs.member_id}")


def test_what_somebody_elses_member_declared_is_told_by_its_ends_in_a_log_and_in_a_trial(
    stack: Stack, acme: Workspace, rival: Workspace
) -> None:
    investor, _vendor = founding_case(acme)
    seated = party("Seated")
    theirs = rival.someone(Role.LABELER)
    declare_ties(theirs.person_id, [DeclaredTie(each, Tied.DIRECTOR) for each in (investor, seated)])
    ours = acme.someone(Role.LABELER)
    works_for(ours, seated)
    (standing,) = [each for each in standings(acme.tenant_id)[0] if each.member_id == ours.member_id]
    here = judged(acme.tenant_id)
    logged = in_words(standing, here, name="the member")
    tried = try_today(acme.tenant_id, here.in_force.policy, names={})
    (person,) = [each for each in tried.people if each.member_id == ours.member_id]
    why = why_kept_away(acme.tenant_id, {ours.member_id: "Ann"})[ours.member_id]
    for told in (logged, person.why, why):
        words = "; ".join(told)
        assert "over a tie that somebody declared in confidence" in words, words
        assert "director" not in words, words


def test_a_member_is_explained_with_path_rule_remedy_and_versions_and_the_answer_is_logged(
    stack: Stack, acme: Workspace
) -> None:
    investor, vendor = founding_case(acme)
    member = acme.someone(Role.LABELER)
    works_for(member, vendor)
    page = shown(acme, f"/ask?member={member.member_id}")
    name = know_person(member.person_id).name
    assert 'data-outcome="deny"' in page
    assert f"{name} is employed by {name_of(vendor)}, 49 % owned by {name_of(investor)}" in page
    assert f"<i>is employed by</i><b>{name_of(vendor)}</b>" in page
    assert f"<i>49 % owned by, non-voting</i><b>{name_of(investor)}</b>" in page
    assert "rule: economic ≥ 5 %" in page
    assert "A mitigation plan that your admins sign" in page
    assert f"{name_of(investor)} → {name_of(vendor)}: 49 % shares, non-voting" in page
    assert events_of(stack, acme, "verdict.delivered") == [("verdict.delivered", member.member_id)]


def test_a_cooling_off_says_when_it_passes(acme: Workspace) -> None:
    investor, _ = founding_case(acme)
    member = acme.someone(Role.LABELER)
    left = today() - timedelta(days=100)
    works_for(member, investor, end=left)
    page = shown(acme, f"/ask?member={member.member_id}")
    assert f"this reason is gone on {left + timedelta(days=366)}." in page
    assert f"was employed by … until {left}" in page


def test_a_party_is_found_by_name_and_explained(acme: Workspace) -> None:
    _investor, vendor = founding_case(acme)
    found = shown(acme, f"/ask?find={name_of(vendor).upper().replace(' ', '+')}")
    assert f"?party={vendor}" in found
    page = shown(acme, f"/ask?party={vendor}")
    assert "May people who work for it work here?" in page
    assert "A statement that brings the part below 5 %, over all paths together." in page
    shown(acme, f"/ask?party={uuid7()}", status=404)
    shown(acme, "/ask?party=nonsense", status=404)


def host_of(name: str, owner: UUID) -> None:
    system = uuid7()
    state_facts([NewParty(Party(system, name, PartyKind.SYSTEM, identifiers=(("host", name),)))])
    hold(owner, system, "100", InterestType.OPERATES)


def test_a_host_is_judged_by_name_and_a_refused_name_is_not_even_looked_up(acme: Workspace) -> None:
    investor, _ = founding_case(acme)
    name = f"hooks-{str(investor)[-8:]}.example.com"
    host_of(name, investor)

    def nobody_asks(*_: Any) -> Any:
        raise AssertionError("the name was looked up")

    officer = acme.context(Role.AUDITOR)
    asked = resolve_host(officer, f"https://{name}/path?x=1", resolver=nobody_asks)
    assert not asked.looked_up
    with acting(officer):
        explained = explain_host(officer, asked)
    assert explained.answer.outcome is Outcome.DENY
    assert [link.to for link in explained.answer.told[0].chain] == [name, name_of(investor)]
    page = shown(acme, f"/ask?host={name}")
    assert "The name was not looked up" in page
    assert "belongs to nobody that we know" in shown(acme, "/ask?host=unheard-of.example.net")
    assert "Write a host name" in shown(acme, "/ask?host=not+a+host", status=400)


def test_a_clean_host_is_resolved_and_an_inner_address_is_refused(acme: Workspace) -> None:
    exclude(acme, party("Investor"))
    friend = uuid7()
    name = f"friend-{str(friend)[-8:]}.example.com"
    state_facts(
        [
            NewParty(
                Party(
                    friend, name, PartyKind.SYSTEM,
                    identifiers=(("host", name), ("network", "9.9.9.0/24")),
                )
            )
        ]
    )  # fmt: skip
    officer = acme.context(Role.AUDITOR)
    for address, outcome in (
        ("9.9.9.9", Outcome.ALLOW),
        ("10.0.0.1", Outcome.DENY),
        ("8.8.4.4", Outcome.DENY),
    ):
        asked = resolve_host(officer, name, resolver=lambda *_, to=address: (ip_address(to),))
        assert asked.looked_up
        with acting(officer):
            assert explain_host(officer, asked).answer.outcome is outcome, address


def test_the_api_gives_the_same_answer(stack: Stack, acme: Workspace) -> None:
    investor, vendor = founding_case(acme)
    officer = acme.someone(Role.AUDITOR)
    path = f"/api/v1/{acme.public_id}/neutrality/verdict"
    answer = call("GET", f"{path}?party={vendor}", session=officer.session)
    assert answer.status_code == 200
    assert "Audit-Receipt" in answer.headers
    body = json.loads(answer.content)
    assert (body["outcome"], body["policy"]["signed"]) == ("deny", False)
    assert body["reasons"][0]["path"] == [
        {
            "words": "49 % owned by, non-voting",
            "to": name_of(investor),
            "party": str(investor),
            "unsure": False,
        }
    ]
    assert call("GET", path, session=officer.session).status_code == 400
    assert call("GET", f"{path}?party={uuid7()}", session=officer.session).status_code == 404


def test_the_overview_counts_and_names_whom_the_policy_keeps_away_and_what_is_to_come(
    acme: Workspace,
) -> None:
    investor, vendor = founding_case(acme)
    member = acme.someone(Role.LABELER)
    works_for(member, vendor)
    soon, gone = party("Soon"), party("Gone")
    hold(investor, soon, "12", start=today() + timedelta(days=9))
    end(hold(investor, gone, "30"))
    page = shown(acme, "")
    assert "Unsigned" in page
    assert f"Excluded: {name_of(investor)}, and all that they control." in page
    assert "Economic ≥ 5 %: people who work there are kept away, and nothing leaves to it." in page
    assert f"is employed by {name_of(vendor)}, 49 % owned by {name_of(investor)}" in page
    assert f"{name_of(investor)} → {name_of(soon)}: 12 % shares" in page
    assert f"{name_of(investor)} → {name_of(gone)}: 30 % shares" in page
    assert re.search(r"Members kept away</dt>\s*<dd><span>1</span>", page)


@pytest.mark.parametrize("path", ["", "/graph", "/ask"])
def test_whoever_may_not_see_neutrality_sees_none_of_it(acme: Workspace, rival: Workspace, path: str) -> None:
    shown(acme, path, role=Role.LABELER, status=403)
    stranger: Someone = rival.someone(Role.OWNER)
    assert Visitor(stranger).get(f"/w/{acme.public_id}/neutrality{path}").status_code == 404
