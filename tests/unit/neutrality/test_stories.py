"""Cases that a neutrality officer will meet, each told from statement to verdict."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from tenants.neutrality.destinations import judge_party
from tenants.neutrality.explain import hit_in_words, person_in_own_words, person_in_words, wall_in_words
from tenants.neutrality.facts import InterestType as T
from tenants.neutrality.facts import PartyKind, Role
from tenants.neutrality.people import Ground
from tenants.neutrality.policy import Level, Policy, Rule
from tenants.neutrality.verdict import Outcome
from tenants.neutrality.walls import Workspace, closes, conflicts_of, history_of, may_view, violations
from tests.unit.neutrality.making import TODAY, World, ago, at, party_id, rules_of, standing


@pytest.fixture
def world() -> World:
    made = World()
    made.party("W")
    return made


def test_a_subsidiary_is_its_parent(world: World) -> None:
    world.holds("W", "Sub", 100)
    world.tie("Ann", "Sub")
    verdict = world.judge("Ann")
    assert (verdict.outcome, verdict.reasons[0].ground) == (Outcome.DENY, Ground.AFFILIATION)


def test_a_fund_of_funds_is_followed_to_its_end(world: World) -> None:
    for holder, subject, percent in (("W", "F1", 50), ("F1", "F2", 50), ("F2", "F3", 50), ("F3", "V", 40)):
        world.holds(holder, subject, percent, voting=False)
    [hit] = [hit for hit in world.taint().of(party_id("V")) if hit.rule is Rule.ECONOMIC]
    assert hit.share == Fraction(5, 100)
    assert [step.subject for step in hit.path] == [party_id(name) for name in ("F1", "F2", "F3", "V")]


def test_a_circular_holding_ends_its_path_where_it_began(world: World) -> None:
    world.holds("W", "A", 25)
    world.holds("A", "B", 45)
    world.holds("B", "C", 45)
    world.holds("C", "A", 45)
    [hit] = [hit for hit in world.taint().of(party_id("C")) if hit.rule is Rule.ECONOMIC]
    assert [step.subject for step in hit.path] == [party_id(name) for name in "ABC"]
    exact = Fraction(25, 100) * Fraction(45, 100) ** 2 / (1 - Fraction(45, 100) ** 3)
    assert hit.share is not None
    assert exact <= hit.share < exact + Fraction(1, 10**11)


def test_a_convertible_note_counts_as_converted_and_says_so(world: World) -> None:
    world.holds("W", "V", 8, T.CONVERTIBLE)
    [hit] = world.taint().of(party_id("V"))
    words = hit_in_words(hit, policy=Policy(), parties=world.parties)
    assert words == (
        "V 8 % convertible held by W, counted as converted, economic interest; rule: economic ≥ 5 %"
    )


def test_an_observer_seat_denies_without_a_share(world: World) -> None:
    world.holds("W", "V", None, T.BOARD_OBSERVER)
    assert rules_of(world.taint(), "V") == {Rule.RIGHTS}


def test_an_unknown_nominee_denies_ways_out_and_is_review_for_people(world: World) -> None:
    world.party("Nomination", PartyKind.ARRANGEMENT)
    world.holds("Bank", "Nomination", None, T.NOMINEE)
    world.holds("Nomination", "V", 12)
    world.tie("Ann", "V")
    taint = world.taint()
    assert world.judge("Ann").outcome is Outcome.REVIEW
    assert judge_party(party_id("V"), taint=taint).outcome is Outcome.DENY
    world.holds("Somebody known", "Nomination", None, T.NOMINATOR)
    assert world.judge("Ann").outcome is Outcome.ALLOW


@pytest.mark.parametrize(
    ("days", "outcome"), [(364, Outcome.DENY), (365, Outcome.DENY), (366, Outcome.ALLOW)]
)
def test_an_adviser_who_left(world: World, days: int, outcome: Outcome) -> None:
    world.tie("Ann", "W", Role.ADVISER, end=ago(days), dated=ago(days))
    verdict = world.judge("Ann")
    assert verdict.outcome is outcome
    if not verdict:
        left, until = ago(days), ago(days) + timedelta(days=365)
        assert verdict.reasons[0].until == until
        assert person_in_words(verdict, policy=Policy(), parties=world.parties) == (
            f"Ann advised W until {left}, the excluded party; rule: excluded party; "
            f"cooling-off of 365 days, until {until}",
        )
        assert person_in_own_words(verdict, policy=Policy(), parties=world.parties) == (
            f"you declared: advised W until {left}; cooling-off until {until}",
        )


def test_two_rivals_share_a_labeler() -> None:
    one, two, other = (
        Workspace(party_id(f"workspace {name}"), party_id(name), policy)
        for name, policy in (
            ("One", Policy(rivals=frozenset({party_id("Two")}))),
            ("Two", Policy()),
            ("Other", Policy()),
        )
    )
    conflicts = conflicts_of([one, two, other])
    offers = [one, two, other]
    # Before the first item: taking Two's work closes One's, and nothing else; the labeler is told before.
    closing = closes({}, two, offers, conflicts=conflicts, day=TODAY)
    until = TODAY + timedelta(days=365)
    assert [(each.workspace, each.until) for each in closing] == [(one.id, until)]
    history = history_of([(two.side, TODAY)], day=TODAY)
    refused = may_view(history, one, conflicts=conflicts, day=TODAY + timedelta(days=365))
    assert not refused
    assert wall_in_words(refused) == f"not available until {until}"
    assert may_view(history, one, conflicts=conflicts, day=TODAY + timedelta(days=366))
    assert may_view(history, two, conflicts=conflicts, day=TODAY)
    assert may_view(history, other, conflicts=conflicts, day=TODAY)
    # What is closed already is not told again, and nobody learns of workspaces that are not their offers.
    assert closes(history, two, offers, conflicts=conflicts, day=TODAY) == ()
    assert closes({}, two, [two, other], conflicts=conflicts, day=TODAY) == ()


def test_conflict_is_no_equivalence_one_rival_of_two_leaves_the_two_at_peace() -> None:
    middle = Workspace(party_id("m"), party_id("M"), Policy(rivals=frozenset({party_id("A"), party_id("B")})))
    first, second = (Workspace(party_id(f"ws {n}"), party_id(n), Policy()) for n in "AB")
    conflicts = conflicts_of([middle, first, second])
    assert conflicts.between(first.side, second.side) is None
    assert may_view({first.side: TODAY}, second, conflicts=conflicts, day=TODAY)


def test_a_rivals_subsidiary_is_the_rival() -> None:
    ours = Workspace(party_id("a"), party_id("Ours"), Policy(excluded=frozenset({party_id("W")})))
    lab = Workspace(party_id("b"), party_id("W Lab"), Policy())
    counts_as = {party_id("W"): [party_id("W"), party_id("W Lab")]}
    assert may_view({lab.side: TODAY}, ours, conflicts=conflicts_of([ours, lab]), day=TODAY)
    conflicts = conflicts_of([ours, lab], counts_as=counts_as)
    assert not may_view({lab.side: TODAY}, ours, conflicts=conflicts, day=TODAY)


def test_views_on_both_sides_of_a_wall_are_found_afterwards() -> None:
    ours = Workspace(party_id("a"), party_id("Ours"), Policy(rivals=frozenset({party_id("Rival")})))
    conflicts = conflicts_of([ours])
    mine, theirs = party_id("Ours"), party_id("Rival")
    assert violations([(mine, ago(400)), (theirs, ago(30))], conflicts=conflicts) == ()
    found = violations(
        [(mine, ago(395)), (theirs, ago(30)), (party_id("Other"), ago(1))], conflicts=conflicts
    )
    assert found == (((mine, ago(395)), (theirs, ago(30))),)


def test_a_subprocessor_is_bought_by_the_excluded_party_on_a_tuesday(world: World) -> None:
    tuesday = date(2026, 6, 9)
    assert tuesday.strftime("%A") == "Tuesday"
    world.party("Mailer", listed=True)
    world.party("Fund", listed=True)
    world.holds("Fund", "Mailer", 100, dated=ago(5), end=tuesday - timedelta(days=1))
    # Recorded on Monday evening, when it is announced; in force from Tuesday on.
    world.holds("W", "Mailer", 100, start=tuesday, dated=tuesday - timedelta(days=1))
    found = {}
    for days in (-1, 0):
        day = tuesday + timedelta(days=days)
        taint = world.taint(day=day, known_at=at(tuesday - timedelta(days=1), 20))
        found[days] = judge_party(party_id("Mailer"), taint=taint).outcome
    assert found == {-1: Outcome.ALLOW, 0: Outcome.DENY}
    announced = world.graph(tuesday - timedelta(days=1), at(tuesday - timedelta(days=1), 20)).announced
    assert [each.fact.holder for each in announced if each.fact is not None] == [party_id("W")]  # type: ignore[union-attr]


def test_bitemporal_what_was_known_then_and_what_is_known_now(world: World) -> None:
    then = ago(30)
    world.holds("W", "V", 10, start=ago(60), dated=ago(10), recorded=at(ago(10)))
    assert standing(world.taint(day=then, known_at=at(then)), "V")[0] == "clean"
    assert standing(world.taint(day=then, known_at=at(TODAY)), "V")[0] == "deny"


def test_two_excluded_parties_are_told_apart(world: World) -> None:
    world.holds("W", "V", 6)
    world.holds("Z", "V", 7)
    taint = world.taint("W", "Z")
    assert {(hit.excluded, hit.share) for hit in taint.of(party_id("V"))} == {
        (party_id("W"), Fraction(6, 100)),
        (party_id("Z"), Fraction(7, 100)),
    }


def test_silence_about_owners_does_not_matter_for_people_and_closes_ways_out(world: World) -> None:
    world.party("Quiet")
    world.party("Listed", listed=True)
    world.holds("Founder fund", "Told", 100)
    world.party("Founder fund", listed=True)
    world.tie("Ann", "Quiet")
    taint = world.taint()
    assert world.judge("Ann").outcome is Outcome.ALLOW
    outcomes = [judge_party(party_id(n), taint=taint).outcome for n in ("Quiet", "Listed", "Told")]
    assert outcomes == [Outcome.DENY, Outcome.ALLOW, Outcome.ALLOW]


def test_a_person_may_be_the_excluded_party(world: World) -> None:
    world.person("Rival founder")
    world.holds("Rival founder", "V", 5)
    taint = world.taint("Rival founder")
    assert standing(taint, "V") == ("deny", {"economic"})
    assert world.judge("Rival founder", "Rival founder").reasons[0].ground is Ground.EXCLUDED


def test_an_excluded_party_that_nobody_registered_is_said_to_be_missing(world: World) -> None:
    policy = Policy(excluded=frozenset({party_id("Nobody")}))
    assert world.taint(policy=policy).missing == {party_id("Nobody")}


def test_a_rule_that_is_only_reported_stops_nobody(world: World) -> None:
    world.holds("W", "V", None, T.DEBT)
    quiet = {**Policy().rules, Rule.DEBT: type(Policy().rules[Rule.DEBT])(Level.REPORT, Level.REPORT)}
    taint = world.taint(policy=Policy(excluded=frozenset({party_id("W")}), rules=quiet))
    assert [hit.people for hit in taint.of(party_id("V"))] == [Level.REPORT]
    world.tie("Ann", "V")
    assert world.judge("Ann", policy=taint.policy).outcome is Outcome.ALLOW


@pytest.mark.parametrize("seat", [T.BOARD_MEMBER, T.BOARD_OBSERVER, T.SENIOR_MANAGING_OFFICIAL])
def test_a_seat_that_a_register_knows_is_a_tie_that_nobody_declared(world: World, seat: T) -> None:
    world.person("Ann")
    world.holds("Ann", "W", None, seat)
    assert world.judge("Ann").reasons[0].ground is Ground.AFFILIATION
    world.person("Ben")
    world.holds("Ben", "W", None, seat, end=ago(400), dated=ago(400))
    assert world.judge("Ben").outcome is Outcome.ALLOW
    long = Policy(excluded=frozenset({party_id("W")}), cooling_off_days=500)
    assert world.judge("Ben", policy=long).reasons[0].ground is Ground.COOLING_OFF


def test_shares_that_a_register_knows_are_a_tie(world: World) -> None:
    world.person("Ann")
    world.holds("Ann", "W", 2)
    assert world.judge("Ann").reasons[0].ground is Ground.AFFILIATION


@pytest.mark.parametrize(("kind", "percent"), [(T.INFORMATION_RIGHTS, None), (T.VOTING_RIGHTS, 50)])
def test_a_path_through_an_officer_begins_at_the_excluded_party(
    world: World, kind: T, percent: int | None
) -> None:
    world.tie("Ann", "W", Role.OFFICER)
    world.holds("Ann", "V", percent, kind)
    hits = world.taint().of(party_id("V"))
    assert hits
    assert {hit.path[0].holder for hit in hits} == {party_id("W")}
    assert {hit.path[-1].subject for hit in hits} == {party_id("V")}
    words = hit_in_words(hits[0], policy=Policy(), parties=world.parties)
    assert "Ann is an officer of W" in words


def test_what_an_unknown_firm_controls_by_contract_is_unknown_and_the_path_says_by_whom(world: World) -> None:
    world.holds(None, "H", 60)
    world.holds("H", "V", None, T.COMPANY_RULES)
    [hit] = world.taint().of(party_id("V"))
    assert (hit.rule, [step.holder for step in hit.path]) == (Rule.UNKNOWN, [party_id("H")])
