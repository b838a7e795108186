"""Readings 11 to 22 of the neutrality model, each as at least one test: time, policy, people, ways out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tenants.neutrality.destinations import Destination, Trouble, book_of, judge_destination, judge_party
from tenants.neutrality.facts import Assurance, Role
from tenants.neutrality.facts import InterestType as T
from tenants.neutrality.hits import Note
from tenants.neutrality.people import Plan
from tenants.neutrality.policy import Level, Policy, PolicyRejected, Rule, read_policy
from tenants.neutrality.policy_changes import looser_than_default
from tenants.neutrality.verdict import Outcome
from tenants.neutrality.walls import Workspace, conflicts_of, history_of, may_view
from tests.unit.neutrality.making import TODAY, World, ago, party_id, rules_of, standing


def test_11_a_start_day_counts_and_an_end_day_is_the_last_that_counts(world: World) -> None:
    world.holds("W", "V", 5, start=TODAY, end=TODAY + timedelta(days=1), dated=ago(1))
    days = {n: standing(world.taint(day=TODAY + timedelta(days=n)), "V")[0] for n in (-1, 0, 1, 2)}
    assert days == {-1: "clean", 0: "deny", 1: "deny", 2: "clean"}


def test_11_the_age_of_a_statement_runs_from_its_own_date_record_by_record(world: World) -> None:
    world.holds("X", "V", 50, dated=ago(91))
    world.holds("Y", "V", 50, dated=ago(1))
    world.holds("X", "U", 4, dated=ago(91))
    world.holds("Y", "U", 96, dated=ago(1))
    taint = world.taint()
    assert (standing(taint, "V")[0], standing(taint, "U")[0]) == ("review", "clean")


def test_12_a_future_statement_is_kept_announced_and_has_effect_from_its_start(world: World) -> None:
    tuesday = TODAY + timedelta(days=8)
    coming = world.holds("W", "V", 5, start=tuesday)
    assert world.graph().announced == (coming,)
    assert standing(world.taint(), "V")[0] == "clean"
    assert standing(world.taint(day=tuesday), "V")[0] == "deny"


def test_12_a_signed_but_unclosed_purchase_counts_as_converted(world: World) -> None:
    world.holds("W", "V", 60, T.CONDITIONAL_CONTRACT)
    world.holds("V", "U", 5)
    taint = world.taint()
    assert (rules_of(taint, "V"), rules_of(taint, "U")) == ({Rule.CONTROL}, {Rule.ECONOMIC})


def test_13_a_stale_statement_that_incriminates_denies_and_one_that_clears_does_not_clear(
    world: World,
) -> None:
    world.holds("W", "V", 5, dated=ago(900))
    world.holds("X", "U", 100, dated=ago(900))
    taint = world.taint()
    assert (standing(taint, "V")[0], standing(taint, "U")) == ("deny", ("review", {"unknown"}))


def test_14_when_a_holding_ends_the_firm_is_clean_the_next_day_and_reported_for_a_year(world: World) -> None:
    world.holds("W", "V", 60, end=TODAY, dated=ago(3))
    found = {}
    for days in (0, 1, 365, 366):
        taint = world.taint(day=TODAY + timedelta(days=days))
        hits = taint.of(party_id("V"))
        found[days] = (standing(taint, "V")[0], {hit.until for hit in hits if hit.note is Note.FORMER})
    until = {TODAY + timedelta(days=365)}
    assert found == {0: ("deny", set()), 1: ("clean", until), 365: ("clean", until), 366: ("clean", set())}


def test_14_cooling_off_is_for_people_at_w_and_at_what_w_controls_only(world: World) -> None:
    world.holds("W", "H", 51)
    world.holds("W", "F", 49, voting=False)
    for person, party in (("A", "W"), ("B", "H"), ("C", "F")):
        world.tie(person, party, end=ago(10))
    outcomes = {person: world.judge(person).outcome for person in "ABC"}
    assert outcomes == {"A": Outcome.DENY, "B": Outcome.DENY, "C": Outcome.ALLOW}


@pytest.mark.parametrize(
    ("days", "outcome"),
    [(90, Outcome.ALLOW), (91, Outcome.REVIEW), (120, Outcome.REVIEW), (121, Outcome.DENY)],
)
def test_15_own_declarations_are_reaffirmed_or_stop(world: World, days: int, outcome: Outcome) -> None:
    world.tie("Ann", "X", dated=ago(days), assurance=Assurance.DECLARED)
    assert world.judge("Ann").outcome is outcome
    world.tie("Ben", "X", dated=ago(500), reaffirmed_on=ago(days), assurance=Assurance.DECLARED)
    assert world.judge("Ben").outcome is outcome
    assert world.judge("Cid", declared_on=ago(days)).outcome is outcome


def test_16_cooling_off_has_a_floor_and_is_marked_as_looser_below_the_default() -> None:
    with pytest.raises(PolicyRejected) as refused:
        read_policy({"version": 1, "days": {"cooling_off": 179}})
    assert refused.value.field == "days.cooling_off"
    looser = looser_than_default(read_policy({"version": 1, "days": {"cooling_off": 180}}))
    assert [(change.field, change.after) for change in looser] == [("days.cooling_off", "180 days")]
    assert looser_than_default(read_policy({"version": 1, "days": {"cooling_off": 400}})) == ()


def test_16_of_two_policies_the_longer_cooling_off_holds() -> None:
    ours, theirs = party_id("Ours"), party_id("Theirs")
    short = Workspace(party_id("a"), ours, Policy(rivals=frozenset({theirs}), cooling_off_days=180))
    long = Workspace(party_id("b"), theirs, Policy(cooling_off_days=500))
    conflicts = conflicts_of([short, long])
    seen = {theirs: ago(400)}
    assert conflicts.between(ours, theirs) == 500
    assert not may_view(seen, short, conflicts=conflicts, day=TODAY)
    assert may_view({theirs: ago(501)}, short, conflicts=conflicts, day=TODAY)


def test_17_excluding_w_is_a_conflict_with_w_as_a_customer_that_binds_both_sides() -> None:
    w, ours = party_id("W"), party_id("Ours")
    mine = Workspace(party_id("a"), ours, Policy(excluded=frozenset({w})))
    theirs = Workspace(party_id("b"), w, Policy())
    conflicts = conflicts_of([mine, theirs])
    assert not may_view({w: ago(3)}, mine, conflicts=conflicts, day=TODAY)
    assert not may_view({ours: ago(3)}, theirs, conflicts=conflicts, day=TODAY)


def test_17_a_past_employer_that_is_a_rival_counts_as_history(world: World) -> None:
    rival, ours = party_id("Rival"), party_id("Ours")
    tie = world.tie("Ann", "Rival", end=ago(100)).fact
    workspace = Workspace(party_id("a"), ours, Policy(rivals=frozenset({rival})))
    history = history_of([], employers=[tie], day=TODAY)
    assert history == {rival: ago(100)}
    assert not may_view(history, workspace, conflicts=conflicts_of([workspace]), day=TODAY)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RELATIVE])
def test_18_any_current_affiliation_denies(world: World, role: Role) -> None:
    world.tie("Ann", "W", role)
    assert world.judge("Ann").outcome is Outcome.DENY


@pytest.mark.parametrize(
    ("listed", "fund", "share", "outcome"),
    [
        (True, False, "0.09", Outcome.ALLOW),
        (True, False, "0.1", Outcome.DENY),
        (True, False, None, Outcome.DENY),
        (False, False, "0.01", Outcome.DENY),
        (False, True, "50", Outcome.ALLOW),
    ],
)
def test_18_little_equity_in_a_listed_firm_and_funds_do_not_count(
    listed: bool, fund: bool, share: str | None, outcome: Outcome
) -> None:
    world = World()
    world.party("W", listed=listed)
    if fund:
        world.party("Fund", fund=True)
        world.holds("W", "Fund", 60)
    world.tie("Ann", "Fund" if fund else "W", Role.EQUITY, share=share)
    assert world.judge("Ann").outcome is outcome


@pytest.mark.parametrize(("days", "rules"), [(365, {"interlock"}), (366, set())])
def test_18_an_insider_is_whoever_had_any_tie_within_the_cooling_off(
    world: World, days: int, rules: set[str]
) -> None:
    world.tie("Ann", "W", Role.CONTRACTOR, end=ago(days))
    world.tie("Ann", "V", Role.DIRECTOR)
    assert standing(world.taint(), "V")[1] == rules


def plan_for(world: World, *people: str, **more: object) -> Plan:
    taint = world.taint()
    made = Plan(
        id=party_id("plan"),
        people=frozenset(map(party_id, people)),
        systems=frozenset({party_id("labeling")}),
        purpose="finish the running batch",
        start=ago(1),
        end=TODAY,
        approved=True,
        policy_digest=taint.policy_digest,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_19_a_plan_lifts_taint_by_employer_for_named_people_systems_and_days(world: World) -> None:
    world.holds("W", "V", 49, voting=False)
    world.tie("Ann", "V")
    system = party_id("labeling")
    plan = plan_for(world, "Ann")
    lifted = world.judge("Ann", plans=[plan], system=system)
    assert lifted.outcome is Outcome.ALLOW
    assert [reason.lifted_by for reason in lifted.mitigated] == [plan.id]
    for other in (
        world.judge("Ann", plans=[plan], system=party_id("export")),
        world.judge("Ann", plans=[plan]),
        world.judge("Ann", plans=[plan_for(world, "Ben")], system=system),
        world.judge("Ann", plans=[replace(plan, end=ago(1))], system=system),
        world.judge("Ann", plans=[replace(plan, approved=False)], system=system),
        world.judge("Ann", plans=[replace(plan, policy_digest=b"")], system=system),
    ):
        assert other.outcome is Outcome.DENY


def test_19_a_plan_never_lifts_a_current_affiliation_with_w(world: World) -> None:
    world.holds("W", "H", 60)
    world.tie("Ann", "W")
    world.tie("Ben", "H")
    for person in ("Ann", "Ben"):
        plan = plan_for(world, person)
        verdict = world.judge(person, plans=[plan], system=party_id("labeling"))
        assert (verdict.outcome, verdict.mitigated) == (Outcome.DENY, ())


def test_20_review_is_not_an_answer_that_opens_anything(world: World) -> None:
    world.holds("V", "W", 1)
    world.tie("Ann", "V")
    verdict = world.judge("Ann")
    assert verdict.outcome is Outcome.REVIEW
    assert not verdict


def test_21_a_destination_is_clean_only_if_every_party_of_every_match_is(world: World) -> None:
    for name in ("Cloud", "Shop"):
        world.party(name, listed=True)
    world.holds("W", "V", 5)
    taint = world.taint()
    ids = {name: party_id(name) for name in ("Cloud", "Shop", "V")}
    book = book_of(
        [("shop.example", ids["Shop"]), ("cdn.example", ids["Cloud"]), ("v.example", ids["V"])],
        [("8.8.8.0/24", ids["Cloud"]), ("9.9.9.0/24", ids["V"])],
    )

    def judged(*given: object) -> Outcome:
        return judge_destination(Destination(*given), taint=taint, book=book).outcome  # type: ignore[arg-type]

    assert judged("hooks.shop.example", (), ("8.8.8.8",)) is Outcome.ALLOW
    assert judged("shop.example", ("a.cdn.example",), ("8.8.8.8",)) is Outcome.ALLOW
    assert judged("shop.example", (), ("8.8.8.8", "9.9.9.9")) is Outcome.DENY
    assert judged("shop.example", ("go.v.example",), ("8.8.8.8",)) is Outcome.DENY
    assert judged("a.v.example", (), ("8.8.8.8",)) is Outcome.DENY
    unknown = judge_destination(Destination("shop.example", (), ("1.1.1.1",)), taint=taint, book=book)
    assert (unknown.outcome, unknown.points[0].trouble) == (Outcome.DENY, Trouble.UNKNOWN)
    assert judged("nobody.example", (), ("8.8.8.8",)) is Outcome.DENY


def test_22_the_operators_taint_reaches_what_it_runs_and_controls_and_nothing_of_the_customers(
    world: World,
) -> None:
    world.holds("W", "Operator", 10)
    world.holds("Operator", "Bucket", None, T.OPERATES)
    world.holds("Operator", "Agency", 51)
    world.holds("Operator", "Mailer", 10, voting=False)
    world.holds("Customer", "Witness", None, T.OPERATES)
    world.holds("Customer", "Key service", None, T.OPERATES)
    taint = world.taint(operator="Operator")
    levels = {
        name: taint.people(party_id(name))
        for name in ("Operator", "Bucket", "Agency", "Mailer", "Witness", "Key service")
    }
    assert levels == {
        "Operator": Level.DENY,
        "Bucket": Level.DENY,
        "Agency": Level.DENY,
        "Mailer": None,
        "Witness": None,
        "Key service": None,
    }
    assert judge_party(party_id("Bucket"), taint=taint).outcome is Outcome.DENY


def test_a_policy_may_tighten_any_reading(world: World) -> None:
    world.holds("W", "V", 2)
    tight = replace(Policy(excluded=frozenset({party_id("W")})), economic_percent=read_percent("1.5"))
    assert standing(world.taint(policy=tight), "V")[0] == "deny"
    assert looser_than_default(tight) == ()


def read_percent(text: str):  # type: ignore[no-untyped-def]
    return read_policy({"version": 1, "percents": {"economic": text}}).economic_percent


def test_22_only_what_denies_the_operator_reaches_its_services(world: World) -> None:
    world.holds("W", "Operator", None, T.DEBT)
    world.holds("Operator", "Bucket", None, T.OPERATES)
    taint = world.taint(operator="Operator")
    assert (taint.people(party_id("Operator")), taint.people(party_id("Bucket"))) == (Level.REVIEW, None)
