"""A world with one excluded party."""

import pytest

from tests.unit.neutrality.making import World


@pytest.fixture
def world() -> World:
    """W, and nothing else yet."""
    made = World()
    made.party("W")
    return made
