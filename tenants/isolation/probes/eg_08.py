"""EG-08: two implementations of the neutrality rules agree, case by case."""

import secrets
from functools import cache
from typing import TYPE_CHECKING, Any

from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target
from tenants.isolation.twin.worlds import PARTIES, W, World, ours, world
from tenants.neutrality import taint as taints
from tenants.neutrality.policy import Rule
from tenants.neutrality.rules import RULES, interlock

if TYPE_CHECKING:
    from tenants.isolation.twin.cedar import Twin

ID = "EG-08"
TITLE = "Two implementations of the neutrality rules agree"
PROVES = (
    "Whom a policy keeps away does not hang on one program's slip: a second one, in another language, that gets"
    " only facts and the policy, comes to the same verdict on hundreds of made-up cases. What both were told"
    " wrongly, both get wrong."
)
SEEDED = False

CASES = 300
SOLE = {
    "excluded": 0, "economic": 0, "revenue": 1, "unknown": 2, "control": 3, "stake": 8, "debt": 11, "parents": 22,
    "interlock": 32, "rights": 34,
}  # fmt: skip
"""Rule -> seed of a world in which some party meets this rule and no other."""

_twins: "list[Twin]" = []
"""The twin in use, where a plant has put another one in its place."""


def detect(target: Target) -> Finding:
    """Judge worlds that nobody chose, and one for each rule alone, by both."""
    tally = Tally(ID)
    try:
        twin = _twins[-1] if _twins else _whole_twin()
    except ImportError as missing:
        tally.miss(f"Cedar cannot be asked here: {missing}", CASES)
        return tally.finding()
    first = secrets.randbelow(1 << 40)
    met: set[str] = set()
    for seed in cases(first):
        met |= _compare(tally, twin, seed, world(seed))
    for rule in Rule:
        if rule.value in met:
            tally.look()
        else:
            tally.miss(f"no case has the rule {rule.value} as its only reason")
    tally.notes.append(f"cases made from seed {first} on")
    return tally.finding()


def cases(first: int) -> list[int]:
    """Return the seeds of the worlds to judge."""
    return [*sorted(set(SOLE.values())), *range(first, first + -(-CASES // PARTIES))]


def _compare(tally: Tally, twin: "Twin", seed: int, case: World) -> set[str]:
    """Hold both verdicts on each party of a world together; return the rules that were somebody's only reason."""
    theirs, found = twin.judge(case.graph, case.policy, W), ours(case)
    met: set[str] = set()
    for party in case.graph.parties:
        tally.look()
        one, other = found[party], theirs[party]
        for verdict in (one, other):
            if len(verdict["rules"]) == 1:
                met |= verdict["rules"]
        if one != other:
            tally.wrong(
                f"case {seed}, party {party.int}: ours {_said(one)}; the copy in Cedar {_said(other)}"
            )
    return met


def _said(verdict: dict[str, Any]) -> str:
    named = ", ".join(sorted(verdict["rules"])) or "no rule"
    return f"{named}, people {verdict['people'].word}, ways out {verdict['egress'].word}"


@cache
def _whole_twin() -> "Twin":
    from tenants.isolation.twin.cedar import Twin

    return Twin()


def _ours_without_interlock(target: Target) -> None:
    kept = tuple(rule for rule in RULES if rule is not interlock)
    target.swap(taints, "RULES", kept)


def _theirs_without(target: Target, rule: str) -> None:
    from tenants.isolation.twin.cedar import Twin, without

    _twins.append(Twin(without(rule)))
    target.undo.callback(_twins.clear)


def _theirs_without_interlock(target: Target) -> None:
    _theirs_without(target, "interlock")


def _theirs_without_economic(target: Target) -> None:
    _theirs_without(target, "economic")


PLANTS = (
    Plant("ours", "Our program forgets the rule on people who sit in both rooms", _ours_without_interlock),
    Plant(
        "theirs",
        "The copy in Cedar forgets the rule on people who sit in both rooms",
        _theirs_without_interlock,
    ),
    Plant("shares", "The copy in Cedar forgets the rule on shares without votes", _theirs_without_economic),
)
