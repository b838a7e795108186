"""The verdict that the gate asks today, on declared ties alone, agrees with the whole model where both speak."""

from datetime import timedelta
from uuid import UUID

import pytest

from tenants.neutrality.facts import Affiliation, Role
from tenants.neutrality.verdict import AffiliationFact, Outcome, verdict
from tests.unit.neutrality.making import TODAY, World, ago, party_id

W = party_id("W")


@pytest.mark.parametrize("days", [None, -1, 0, 1, 364, 365, 366, 800])
def test_the_simple_verdict_and_the_model_agree_on_ties_with_the_excluded_party(days: int | None) -> None:
    end = None if days is None else ago(days)
    world = World()
    world.party("W")
    tie = world.tie("Ann", "W", Role.ADVISER, end=end).fact
    assert isinstance(tie, Affiliation)
    simple = verdict(
        excluded=[W], affiliations=[AffiliationFact(W, "W", tie.role.value, tie.start, tie.end)], today=TODAY
    )
    assert simple.outcome is world.judge("Ann").outcome


def test_a_tie_with_somebody_else_allows() -> None:
    tie = AffiliationFact(UUID(int=9), "X", "employee", None, None)
    assert verdict(excluded=[W], affiliations=[tie], today=TODAY).outcome is Outcome.ALLOW


def test_the_words_name_the_day_on_which_it_ends() -> None:
    tie = AffiliationFact(W, "W", "adviser", None, TODAY)
    path = verdict(excluded=[W], affiliations=[tie], today=TODAY + timedelta(days=1)).path
    assert path[-1].endswith((TODAY + timedelta(days=366)).isoformat())
