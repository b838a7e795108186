"""What is drawn and what is told: lines with both ends, whole paths for whoever is chosen, nobody's own words."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.neutrality.answer import answer_on_person
from tenants.neutrality.discretion import Discretion
from tenants.neutrality.facts import InterestType, Role
from tenants.neutrality.figure import cut, figure_of, wrapped
from tenants.neutrality.hits import Note
from tenants.neutrality.people import judge_person
from tenants.neutrality.plainly import in_sentences, softer_in_words
from tenants.neutrality.policy import Level, Policy, Rule
from tenants.neutrality.surroundings import Family, Picture, Wish, picture_of
from tenants.neutrality.verdict import Outcome
from tests.unit.neutrality.making import TODAY, World, ago, party_id

NAMES = ["Excluded", *(f"Firm {n}" for n in range(9))]
holdings = st.lists(
    st.tuples(st.sampled_from([None, *NAMES]), st.sampled_from(NAMES), st.integers(1, 60)), max_size=25
)


def drawn(world: World, wish: Wish | None = None, **more: int) -> Picture:
    graph, taint = world.graph(), world.taint("Excluded")
    return picture_of(graph, taint, wish or Wish(), hits=dict(taint.hits), **more)


@settings(max_examples=60, deadline=None)
@given(holdings, st.integers(1, 4), st.integers(1, 10))
def test_every_line_has_both_ends_and_no_more_is_drawn_than_fits(found, hops, most):
    world = World()
    world.party("Excluded")
    for holder, subject, percent in found:
        world.holds(holder, subject, percent)
    picture = drawn(world, Wish(hops=hops), most=most)
    keys = {shown.key for shown in picture.parties}
    assert len([shown for shown in picture.parties if shown.party is not None]) <= most
    assert all({line.holder, line.subject} <= keys for line in picture.lines)
    figure = figure_of(picture)
    assert {each.shown.key for each in figure.parties} == keys
    assert len(figure.lines) == len(picture.lines)
    assert figure == figure_of(drawn(world, Wish(hops=hops), most=most))


def test_whoever_is_chosen_brings_the_whole_path_along():
    world = World()
    names = ["Excluded", "One", "Two", "Three", "Four", "Far"]
    for holder, subject in itertools.pairwise(names):
        world.holds(holder, subject, 80)
    picture = drawn(world, Wish(frozenset({party_id("Far")}), hops=1))
    assert {shown.name for shown in picture.parties} == set(names)
    assert all(line.on_path for line in picture.lines)


def test_lines_say_what_they_are_and_a_filter_keeps_the_paths():
    world = World()
    world.holds("Excluded", "Firm", 49, voting=False)
    world.holds("Excluded", "Seated", None, InterestType.BOARD_OBSERVER)
    world.holds(None, "Firm", None)
    world.holds("Excluded", "Free", 1)
    lines = {(line.family, line.unsure, line.words) for line in drawn(world).lines}
    assert lines == {
        (Family.SHARE, False, "49 % shares, non-voting"),
        (Family.SHARE, True, "shares, size not known"),
        (Family.RIGHT, False, "board observer"),
        (Family.SHARE, False, "1 % shares"),
    }
    filtered = drawn(world, Wish(rules=frozenset({Rule.RIGHTS})))
    assert {shown.name for shown in filtered.parties} == {"Excluded", "Seated"}
    assert filtered.filtered == 2
    assert {shown.name for shown in drawn(world, Wish(name="fre")).parties} == {"Excluded", "Free"}


def test_somebody_elses_declaration_is_told_by_its_ends_alone():
    world = World()
    world.party("Excluded")
    ties = [world.tie("Insider", "Excluded", Role.DIRECTOR), world.tie("Insider", "Firm", Role.DIRECTOR)]
    insider = party_id("Insider")
    quiet = Discretion(frozenset(tie.id for tie in ties), frozenset({insider}))
    taint = world.taint("Excluded")
    (hit,) = (quiet.hit(each) for each in taint.of(party_id("Firm")))
    assert hit.rule is Rule.INTERLOCK
    assert hit.note is Note.CONFIDENTIAL
    assert [(step.holder, step.subject, step.what) for step in hit.path] == [
        (party_id("Excluded"), party_id("Firm"), None)
    ]
    graph = quiet.graph(world.graph())
    assert insider not in graph.parties
    assert graph.ties == ()
    assert quiet.names(world.graph().parties)[insider].name != "Insider"
    own = quiet.verdict(judge_person(insider, taint=taint, graph=world.graph(), declared_on=TODAY))
    assert own.outcome is Outcome.DENY
    assert own.reasons[0].tie is not None, "to officers of their own workspace, as far as the verdict goes"


def test_an_answer_says_the_path_the_rule_and_what_would_change_it():
    world = World()
    world.holds("Excluded", "Vendor", 49, voting=False)
    world.tie("Ana", "Vendor")
    ana = party_id("Ana")
    verdict = judge_person(ana, taint=world.taint("Excluded"), graph=world.graph(), declared_on=TODAY)
    answer = answer_on_person(
        verdict, policy=world.taint("Excluded").policy, names=world.parties, walled_until=None
    )
    assert answer.outcome is Outcome.DENY
    (told,) = answer.told
    assert [(link.words, link.to) for link in told.chain] == [
        ("is employed by", "Vendor"),
        ("49 % owned by, non-voting", "Excluded"),
    ]
    assert told.level is Level.DENY
    assert told.rule.endswith("economic ≥ 5 %")
    assert told.changes[0] == "The tie with Vendor ends."


def test_a_cooling_off_passes_on_the_day_after_its_last():
    world = World()
    world.party("Excluded")
    world.tie("Ana", "Excluded", end=ago(365))
    verdict = judge_person(
        party_id("Ana"), taint=world.taint("Excluded"), graph=world.graph(), declared_on=TODAY
    )
    (told,) = answer_on_person(
        verdict, policy=world.taint("Excluded").policy, names=world.parties, walled_until=None
    ).told
    assert told.until == TODAY
    assert told.changes == ("It passes by itself: this reason is gone on 2026-06-02.",)


def test_a_policy_is_told_in_sentences_with_what_is_softer():
    from decimal import Decimal

    policy = Policy(excluded=frozenset({party_id("Excluded")}), economic_percent=Decimal(25))
    world = World()
    world.party("Excluded")
    told = in_sentences(policy, names=world.parties)
    assert told[0] == "Excluded: Excluded, and all that they control."
    assert any(words.startswith("Economic ≥ 25 %: people who work there are kept away") for words in told)
    assert softer_in_words(policy) == ("Part of a party from which on it counts: 25 % instead of 5 %",)


def test_names_are_broken_between_words_and_cut_with_a_sign():
    assert wrapped("Scalewright Annotation Services GmbH", 26, 2) == [
        "Scalewright Annotation",
        "Services GmbH",
    ]
    assert wrapped("X" * 60, 26, 2) == ["X" * 26, "X" * 25 + "…"]
    assert cut("株式会社" * 5, 10) == "株式会社…"
    assert wrapped("", 26, 2) == ["–"]
