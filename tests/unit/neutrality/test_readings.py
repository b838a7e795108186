"""Readings 1 to 10 of the neutrality model, each as at least one test: ownership and control. W is excluded."""

from dataclasses import replace
from fractions import Fraction

import pytest

from tenants.neutrality.facts import InterestType as T
from tenants.neutrality.facts import Role
from tenants.neutrality.hits import Note
from tenants.neutrality.people import Ground
from tenants.neutrality.policy import Level, Rule
from tenants.neutrality.verdict import Outcome
from tests.unit.neutrality.making import World, ago, party_id, rules_of, standing


def share_of(world: World, name: str, *excluded: str) -> Fraction | None:
    hits = world.taint(*excluded).of(party_id(name))
    return next((hit.share for hit in hits if hit.rule is Rule.ECONOMIC), None)


def test_01_a_holder_with_control_counts_as_the_excluded_party_itself(world: World) -> None:
    world.holds("W", "H", 60)
    world.holds("H", "V", 6)
    assert share_of(world, "V") == Fraction(6, 100)


def test_01_below_control_chains_multiply_and_paths_add(world: World) -> None:
    world.holds("W", "A", 30)
    world.holds("W", "B", 40)
    world.holds("A", "V", 20)
    world.holds("B", "V", 10)
    assert share_of(world, "V") == Fraction(6, 100) + Fraction(4, 100)


def test_02_circles_are_summed_to_the_limit_of_the_series(world: World) -> None:
    world.holds("W", "A", "4.5")
    world.holds("A", "B", 40)
    world.holds("B", "A", 40)
    share = share_of(world, "A")
    exact = Fraction(45, 1000) / (1 - Fraction(16, 100))
    assert share is not None
    assert exact <= share < exact + Fraction(5, 10**12), "no more than a unit for each link and round"


def test_02_no_sum_exceeds_a_hundred_percent(world: World) -> None:
    world.holds("W", "A", 30, voting=False)
    world.holds("B", "A", 100, voting=False)
    world.holds("A", "B", 100, voting=False)
    assert share_of(world, "A") == 1


def test_02_nor_do_two_whole_holdings_of_one_firm(world: World) -> None:
    for holder in ("A", "B"):
        world.holds("W", holder, 40, voting=False)
        world.holds(holder, "V", 100, voting=False, share_class="A")
    world.holds("W", "V", 40, voting=False, share_class="A")
    assert share_of(world, "V") == 1


def test_02_what_a_firm_holds_of_itself_is_divided_among_the_others(world: World) -> None:
    world.holds("W", "V", "4.5", voting=False)
    world.holds("V", "V", 10, voting=False)
    share = share_of(world, "V")
    assert share is not None
    assert Fraction(5, 100) <= share <= Fraction(5, 100) + Fraction(2, 10**12)


def test_03_above_a_hundred_the_small_holder_is_unknown_and_the_large_one_denied(world: World) -> None:
    for subject, percent in (("V", 4), ("U", 5)):
        world.holds("W", subject, percent)
        world.holds("X", subject, 60)
        world.holds("Y", subject, 60)
    taint = world.taint()
    assert standing(taint, "V") == ("review", {"unknown"})
    assert standing(taint, "U") == ("deny", {"economic"})


def test_04_a_range_counts_by_its_worst_case_for_people_and_egress(world: World) -> None:
    world.holds("W", "V", 5, least=0)
    taint = world.taint()
    assert (taint.people(party_id("V")), taint.egress(party_id("V"))) == (Level.DENY, Level.DENY)


def test_04_a_share_of_at_least_so_much_counts_up_to_all(world: World) -> None:
    fact = replace(world.holds("W", "V", 3).fact, share_max=None)
    assert (fact.least, fact.most) == (3, 100)


def test_05_any_class_decides_and_so_do_the_votes_and_the_capital_of_all_classes(world: World) -> None:
    world.holds("W", "V1", 5, share_class="B", voting=False)
    world.holds("W", "V2", 5, T.VOTING_RIGHTS)
    world.holds("W", "V3", 4, share_class="A", capital=3)
    world.holds("W", "V3", 4, share_class="B", capital=2)
    taint = world.taint()
    assert [standing(taint, name)[0] for name in ("V1", "V2", "V3")] == ["deny"] * 3


def test_05_exactly_half_of_the_votes_is_joint_control_unless_another_has_the_majority(world: World) -> None:
    world.holds("W", "V", 50, T.VOTING_RIGHTS)
    world.holds("W", "U", 50, T.VOTING_RIGHTS)
    world.holds("X", "U", None, T.APPOINTMENT_OF_BOARD)
    taint = world.taint()
    joint = [hit for hit in taint.of(party_id("V")) if hit.rule is Rule.CONTROL]
    assert [(hit.note, hit.people) for hit in joint] == [(Note.JOINT, Level.DENY)]
    assert rules_of(taint, "U") == {Rule.ECONOMIC}


def test_06_parents_and_what_they_control_are_tainted_and_a_stake_in_w_is_review(world: World) -> None:
    world.holds("G", "P", 80)
    world.holds("P", "W", 51)
    world.holds("G", "S", 51)
    world.holds("V", "W", "0.5")
    taint = world.taint()
    assert {name: standing(taint, name) for name in ("P", "G", "S", "V")} == {
        "P": ("deny", {"parents"}),
        "G": ("deny", {"parents"}),
        "S": ("deny", {"parents"}),
        "V": ("review", {"stake"}),
    }


@pytest.mark.parametrize(
    "right",
    [T.BOARD_MEMBER, T.BOARD_CHAIR, T.BOARD_OBSERVER, T.INFORMATION_RIGHTS, T.SENIOR_MANAGING_OFFICIAL],
)
def test_07_a_right_taints_what_its_firm_controls(world: World, right: T) -> None:
    world.holds("W", "H", None, right)
    world.holds("H", "V", 51)
    world.holds("H", "U", 50, voting=False)
    taint = world.taint()
    assert (standing(taint, "H"), standing(taint, "V")) == (("deny", {"rights"}),) * 2
    assert standing(taint, "U")[0] == "clean"


def test_07_rights_of_a_firm_held_in_part_are_reported_and_not_decisive(world: World) -> None:
    world.holds("W", "F", 20)
    world.holds("F", "V", None, T.BOARD_OBSERVER)
    taint = world.taint()
    [hit] = taint.of(party_id("V"))
    assert (hit.rule, hit.people, hit.egress, hit.note) == (
        Rule.RIGHTS,
        Level.REPORT,
        Level.REPORT,
        Note.PARTLY,
    )
    assert party_id("V") not in taint.denied_people


def test_08_a_nominee_is_looked_through_for_people_and_for_egress(world: World) -> None:
    world.holds("W", "N", None, T.NOMINATOR)
    world.holds("N", "V", 5)
    taint = world.taint()
    assert (taint.people(party_id("V")), taint.egress(party_id("V"))) == (Level.DENY, Level.DENY)


def test_08_holdings_of_officers_and_directors_count_as_the_excluded_partys(world: World) -> None:
    for role, firm in ((Role.OFFICER, "V1"), (Role.DIRECTOR, "V2"), (Role.EMPLOYEE, "V3")):
        world.tie(f"P {firm}", "W", role)
        world.holds(f"P {firm}", firm, 5)
    taint = world.taint()
    assert [standing(taint, name)[0] for name in ("V1", "V2", "V3")] == ["deny", "deny", "clean"]


def test_08_holdings_of_a_director_who_left_are_their_own(world: World) -> None:
    world.tie("Ann", "W", Role.DIRECTOR, end=ago(1))
    world.holds("Ann", "V", 5)
    assert standing(world.taint(), "V")[0] == "clean"


def test_08_a_relative_is_no_insider(world: World) -> None:
    world.tie("Ann", "W", Role.RELATIVE)
    world.tie("Ann", "V", Role.DIRECTOR)
    assert standing(world.taint(), "V")[0] == "clean"


def test_08_a_relative_at_w_is_review(world: World) -> None:
    world.tie("Ann", "W", Role.RELATIVE)
    verdict = world.judge("Ann")
    assert (verdict.outcome, verdict.reasons[0].ground) == (Outcome.REVIEW, Ground.RELATIVE)


@pytest.mark.parametrize(
    "kind", [T.UNPUBLISHED, T.OTHER_INFLUENCE, T.UNKNOWN, T.CONTRACT, T.CONDITIONAL_CONTRACT]
)
def test_09_what_is_not_classified_is_unknown(world: World, kind: T) -> None:
    world.holds("W", "V", None, kind)
    world.holds("X", "V", 100)
    taint = world.taint()
    assert standing(taint, "V") == ("review", {"unknown"})
    assert taint.egress(party_id("V")) is Level.DENY


def test_09_an_undisclosed_part_matters_only_if_it_could_reach_the_threshold(world: World) -> None:
    world.holds(None, "V", "4.9")
    world.holds(None, "U", 5)
    taint = world.taint()
    assert (standing(taint, "V")[0], standing(taint, "U")) == ("clean", ("review", {"unknown"}))


def test_10_any_loan_is_review_and_revenue_sums_over_the_group(world: World) -> None:
    world.holds("W", "H", 60)
    world.holds("P", "W", 60)
    world.holds("H", "V", None, T.DEBT)
    world.holds("W", "U", 7, T.REVENUE_DEPENDENCE)
    world.holds("H", "U", 7, T.REVENUE_DEPENDENCE)
    world.holds("P", "U", 6, T.REVENUE_DEPENDENCE)
    taint = world.taint()
    assert standing(taint, "V") == ("review", {"debt"})
    assert standing(taint, "U") == ("review", {"revenue"})
