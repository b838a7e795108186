"""Two implementations agree on ten thousand random cases, and dropping any one rule of either turns this red."""

from collections import Counter
from functools import cache
from typing import Any
from uuid import UUID

import pytest

from tenants.isolation.twin.cedar import IDS, TEXT, Twin, without
from tenants.isolation.twin.worlds import PARTIES, W, World, ours, world
from tenants.neutrality import taint as taints
from tenants.neutrality.policy import SETTABLE, Level, Rule
from tenants.neutrality.rules import RULES

CASES = 10_000
SEED = 20_250_613


@cache
def worlds() -> tuple[tuple[World, dict[UUID, dict[str, Any]]], ...]:
    made = (world(SEED + number) for number in range(-(-CASES // PARTIES)))
    return tuple((case, ours(case)) for case in made)


def sole(rule: Rule) -> list[World]:
    """Return the worlds in which some party meets this rule and no other."""
    return [case for case, found in worlds() if any(each["rules"] == {rule.value} for each in found.values())]


def test_the_twin_has_each_rule_once() -> None:
    assert [*IDS] == ["anybody", "excluded", *(rule.value for rule in SETTABLE if rule.value in IDS)]
    assert set(IDS) == {"anybody", *(rule.value for rule in Rule)}


def test_two_implementations_agree_on_ten_thousand_cases() -> None:
    twin, cases, outcomes = Twin(), 0, Counter[str]()
    for case, found in worlds():
        theirs = twin.judge(case.graph, case.policy, W)
        assert theirs == found
        cases += len(found)
        outcomes.update(each["people"].word for each in found.values())
    assert cases >= CASES
    assert min(outcomes[level.word] for level in Level) > CASES // 50, "each outcome is met often"


@pytest.mark.parametrize("rule", list(Rule))
def test_each_rule_is_the_sole_reason_often(rule: Rule) -> None:
    assert len(sole(rule)) >= 20


@pytest.mark.parametrize("rule", list(Rule))
def test_dropping_a_rule_of_the_twin_is_seen(rule: Rule) -> None:
    maimed = Twin(without(rule.value))
    seen = [case for case in sole(rule)[:5] if maimed.judge(case.graph, case.policy, W) != ours(case)]
    assert len(seen) == 5


@pytest.mark.parametrize("position", range(len(RULES)), ids=[rule.__name__ for rule in RULES])
def test_dropping_a_rule_of_ours_is_seen(position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = list(Rule)[-1] if position == 0 else SETTABLE[position - 1]
    cases = sole(rule)[:5]
    monkeypatch.setattr(taints, "RULES", RULES[:position] + RULES[position + 1 :])
    twin = Twin()
    seen = [case for case in cases if twin.judge(case.graph, case.policy, W) != ours(case)]
    assert len(seen) == len(cases) == 5


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("principal.share >= context.economic", "principal.share > context.economic"),
        ("principal.revenueFromFamily >= context.revenue", "principal.revenueFromFamily > context.revenue"),
        ("principal.possibleShare >= context.economic", "principal.possibleShare > context.economic"),
        ("principal.votesOfGroup == 500000000000", "false"),
        ("&& resource.group.containsAll(principal.controllersWithoutVotes)", ""),
        ('principal.kind != "person" && principal.holdsPartOf', "principal.holdsPartOf"),
    ],
)
def test_a_slip_inside_a_rule_is_seen(written: str, instead: str) -> None:
    assert TEXT.count(written) == 1
    maimed = Twin(TEXT.replace(written, instead))
    assert any(maimed.judge(case.graph, case.policy, W) != found for case, found in worlds())
