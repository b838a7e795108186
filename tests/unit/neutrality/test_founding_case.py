"""The founding case of June 2025, told with its public figures: why rules on votes alone are not enough.

Reported then: Meta takes 49 % of Scale AI for 14.3 G$, non-voting, without a board seat (CNBC and NBC, 2025-06-13);
Scale's chief executive moves to Meta and stays a director of Scale, a few employees move with him
(Reuters, 2025-06-13 and -14). Within days Google, with about 200 M$ of work planned, OpenAI, Microsoft and xAI
pulled back. Two rules in use would have said that nothing had changed; they are written out here.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest

from tenants.neutrality.explain import for_gate, hit_in_words, person_in_own_words, person_in_words
from tenants.neutrality.facts import Interest, Role
from tenants.neutrality.facts import InterestType as T
from tenants.neutrality.graph import Graph
from tenants.neutrality.people import Ground, Plan
from tenants.neutrality.policy import Policy, Rule
from tenants.neutrality.verdict import Outcome
from tests.unit.neutrality.making import World, party_id, rules_of

BEFORE = date(2025, 6, 11)
CLOSED = date(2025, 6, 12)
AFTER = date(2025, 6, 16)


@pytest.fixture
def world() -> World:
    made = World()
    made.party("Excluded Co.", listed=True)
    made.holds("Excluded Co.", "Vendor", 49, voting=False, start=CLOSED, dated=CLOSED)
    made.holds("Founders and funds", "Vendor", 51, start=CLOSED, dated=CLOSED)
    made.holds("Vendor", "Vendor Subsidiary", 100, dated=date(2025, 5, 1))
    made.tie("Former chief", "Excluded Co.", Role.OFFICER, start=CLOSED, dated=CLOSED)
    made.tie("Former chief", "Vendor", Role.DIRECTOR, dated=date(2025, 5, 1))
    made.tie("Mover", "Vendor", end=date(2025, 6, 13), dated=AFTER)
    made.tie("Mover", "Excluded Co.", start=date(2025, 6, 14), dated=AFTER)
    for person in ("Ann", "Ben"):
        made.tie(person, "Vendor", start=date(2022, 1, 10), dated=date(2025, 6, 1))
    made.tie("Eve", "Vendor Subsidiary", dated=date(2025, 6, 1))
    made.tie("Outsider", "Agency", dated=date(2025, 6, 1))
    return made


def consolidating_parent(graph: Graph, firm: UUID) -> UUID | None:
    """GLEIF level 2: the parent that consolidates a firm in its accounts; in practice more than half of the votes."""
    return next((fact.holder for fact in votes_in(graph, firm) if (fact.most or 0) > 50), None)


def significant_voters(graph: Graph, firm: UUID) -> set[UUID | None]:
    """The beneficial-owner rule of many registers: whoever has 25 % of the votes or more."""
    return {fact.holder for fact in votes_in(graph, firm) if (fact.most or 0) >= Decimal(25)}


def votes_in(graph: Graph, firm: UUID) -> list[Interest]:
    return [
        held.fact
        for held in graph.interests
        if held.fact.subject == firm and held.fact.type is T.SHAREHOLDING and held.fact.voting
    ]


def test_rules_on_votes_call_the_vendor_neutral(world: World) -> None:
    graph = world.graph(AFTER)
    vendor, excluded = party_id("Vendor"), party_id("Excluded Co.")
    assert consolidating_parent(graph, vendor) != excluded
    assert excluded not in significant_voters(graph, vendor)
    assert {held.fact.type for held in graph.interests} == {T.SHAREHOLDING}, "no seat, no right"


def test_ours_denies_the_vendor_and_its_subsidiary(world: World) -> None:
    taint = world.taint("Excluded Co.", day=AFTER)
    shares = {
        name: hit.share
        for name in ("Vendor", "Vendor Subsidiary")
        for hit in taint.of(party_id(name))
        if hit.rule is Rule.ECONOMIC
    }
    assert shares == {"Vendor": Fraction(49, 100), "Vendor Subsidiary": Fraction(49, 100)}
    assert rules_of(taint, "Vendor") == {Rule.ECONOMIC, Rule.INTERLOCK}
    assert rules_of(taint, "Founders and funds") == set()


@pytest.mark.parametrize("rule", [Rule.ECONOMIC, Rule.INTERLOCK])
def test_either_rule_alone_denies(world: World, rule: Rule) -> None:
    taint = world.taint("Excluded Co.", day=AFTER)
    alone = [hit for hit in taint.of(party_id("Vendor")) if hit.rule is rule]
    assert alone
    assert all(hit.people.word == "deny" for hit in alone)


@pytest.mark.parametrize(
    ("person", "before", "after"),
    [
        ("Ann", Outcome.ALLOW, Outcome.DENY),
        ("Eve", Outcome.ALLOW, Outcome.DENY),
        ("Mover", Outcome.ALLOW, Outcome.DENY),
        ("Former chief", Outcome.ALLOW, Outcome.DENY),
        ("Outsider", Outcome.ALLOW, Outcome.ALLOW),
    ],
)
def test_the_vendors_people_were_free_the_day_before(
    world: World, person: str, before: Outcome, after: Outcome
) -> None:
    found = [world.judge(person, "Excluded Co.", day=day).outcome for day in (BEFORE, AFTER)]
    assert found == [before, after]


def test_it_says_why_in_words(world: World) -> None:
    verdict = world.judge("Ann", "Excluded Co.", day=AFTER)
    policy = Policy(excluded=frozenset({party_id("Excluded Co.")}))
    told = person_in_words(verdict, policy=policy, parties=world.parties)
    assert told[0] == (
        "Ann is employed by Vendor, 49 % owned by Excluded Co., economic interest, non-voting; rule: economic ≥ 5 %"
    )
    assert told[1] == (
        "Ann is employed by Vendor, which has Former chief as its director; "
        "Former chief is an officer of Excluded Co.; rule: interlock: an insider of the excluded party in the room"
    )


def test_the_person_is_told_of_their_own_party_and_of_nobody_else(world: World) -> None:
    verdict = world.judge("Ann", "Excluded Co.", day=AFTER)
    policy = Policy(excluded=frozenset({party_id("Excluded Co.")}))
    told = person_in_own_words(verdict, policy=policy, parties=world.parties)
    assert told == ("you declared: is employed by Vendor; that party is kept away from this workspace",)


def test_the_gate_carries_the_outcome_and_the_persons_own_words(world: World) -> None:
    verdict = world.judge("Ann", "Excluded Co.", day=AFTER)
    policy = Policy(excluded=frozenset({party_id("Excluded Co.")}))
    carried = for_gate(verdict, policy=policy, parties=world.parties)
    assert (carried.outcome, bool(carried)) == (Outcome.DENY, False)
    assert carried.path == person_in_own_words(verdict, policy=policy, parties=world.parties)
    assert not any("Excluded Co." in words for words in carried.path)


def test_a_mitigation_is_the_only_way_in_and_stays_visible(world: World) -> None:
    policy = Policy(excluded=frozenset({party_id("Excluded Co.")}))
    room = party_id("clean room")
    plan = Plan(
        id=party_id("plan"),
        people=frozenset({party_id("Ann"), party_id("Mover")}),
        systems=frozenset({room}),
        purpose="finish the running batch behind a wall",
        start=AFTER,
        end=date(2025, 9, 30),
        approved=True,
        policy_digest=policy.digest,
    )
    inside = world.judge("Ann", "Excluded Co.", day=AFTER, plans=[plan], system=room)
    assert inside.outcome is Outcome.ALLOW
    assert {reason.ground for reason in inside.mitigated} == {Ground.EMPLOYER}
    told = person_in_words(inside, policy=policy, parties=world.parties)
    assert all(line.endswith(f"lifted by plan {plan.id}") for line in told)
    assert not world.judge("Ben", "Excluded Co.", day=AFTER, plans=[plan], system=room), "not named"
    assert not world.judge("Mover", "Excluded Co.", day=AFTER, plans=[plan], system=room), "works there now"


def test_what_is_told_of_the_subsidiary_names_the_whole_path(world: World) -> None:
    taint = world.taint("Excluded Co.", day=AFTER)
    [hit] = [h for h in taint.of(party_id("Vendor Subsidiary")) if h.rule is Rule.ECONOMIC]
    words = hit_in_words(hit, policy=taint.policy, parties=world.parties)
    assert words == (
        "Vendor Subsidiary is 100 % owned by Vendor, economic interest; "
        "Vendor is 49 % owned by Excluded Co., economic interest, non-voting; 49 % in all; rule: economic ≥ 5 %"
    )
