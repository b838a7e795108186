"""Thirty and some graphs whose verdicts were worked out by hand before the code ran on them."""

import pytest

import tests.unit.neutrality.graphs_of_control
import tests.unit.neutrality.graphs_of_shares  # noqa: F401 - both fill CASES
from tests.unit.neutrality.by_hand import CASES, Case
from tests.unit.neutrality.making import World, standing


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_verdict_is_what_was_worked_out_by_hand(case: Case) -> None:
    world = World()
    for name in case.excluded:
        world.party(name)
    case.build(world)

    taint = world.taint(*case.excluded)

    found = {
        party.name: standing(taint, party.name)
        for party in world.parties.values()
        if party.name not in case.excluded and standing(taint, party.name)[0] != "clean"
    }
    assert found == {name: (level, frozenset(rules)) for name, (level, rules) in case.expect.items()}, (
        case.reasoning
    )


def test_there_are_thirty_and_each_says_why() -> None:
    assert len(CASES) >= 40
    assert all(len(case.reasoning) > 20 for case in CASES)
    assert len({case.name for case in CASES}) == len(CASES)
