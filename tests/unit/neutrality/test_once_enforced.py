"""Doors look for news every few seconds: what a replay may call a violation, and what it may not yet."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.neutrality.replay import Access, Epoch, Failing, once_enforced, replay

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ANN, BOB = UUID(int=1), UUID(int=2)
TEN = timedelta(seconds=10)


def epoch(seconds: int, *people: UUID) -> Epoch:
    return Epoch(NOON + timedelta(seconds=seconds), frozenset(people), frozenset())


def failing(epochs: list[Epoch], seconds: float, person: UUID = ANN) -> Failing | None:
    access = Access(0, NOON + timedelta(seconds=seconds), person, None)
    found = list(replay([access], then=once_enforced(epochs, within=TEN), now=epochs))
    return found[0].failing if found else None


@pytest.mark.parametrize(
    ("seconds", "is_"),
    [(59.9, None), (60, Failing.EXPOSURE), (69.9, Failing.EXPOSURE), (70, Failing.VIOLATION)],
)
def test_a_new_fact_counts_ten_seconds_later(seconds: float, is_: Failing | None) -> None:
    assert failing([epoch(0), epoch(60, ANN)], seconds) is is_


@pytest.mark.parametrize(("seconds", "is_"), [(59.9, Failing.VIOLATION), (60, None), (65, None)])
def test_whoever_is_admitted_again_is_so_at_once(seconds: float, is_: Failing | None) -> None:
    assert failing([epoch(0, ANN), epoch(60)], seconds) is is_


def test_two_facts_within_ten_seconds_keep_nobody_away_whom_one_of_them_admits() -> None:
    epochs = [epoch(0), epoch(60, ANN), epoch(64), epoch(68, ANN)]
    for seconds in (61, 66, 70, 73.9, 77.9):
        assert failing(epochs, seconds) is not Failing.VIOLATION, seconds
    assert failing(epochs, 78) is Failing.VIOLATION


def test_the_first_epoch_holds_from_its_start() -> None:
    assert failing([epoch(0, ANN)], 0) is Failing.VIOLATION


EPOCHS = st.lists(
    st.tuples(st.integers(1, 60), st.frozensets(st.sampled_from([ANN, BOB]))),
    max_size=6,
    unique_by=lambda e: e[0],
)


@given(EPOCHS, st.frozensets(st.sampled_from([ANN, BOB])), st.integers(0, 90))
def test_a_violation_is_one_by_every_epoch_of_the_ten_seconds_before(
    later: list[tuple[int, frozenset[UUID]]], first: frozenset[UUID], second: int
) -> None:
    known = sorted([(0, first), *later])
    epochs = [Epoch(NOON + timedelta(seconds=start), people, frozenset()) for start, people in known]
    # By its definition, second by second and without the function: kept away all through the window.
    always = all(
        ANN in [people for start, people in known if start <= moment][-1]
        for moment in range(max(0, second - 10), second + 1)
    )
    found = failing(epochs, second) is Failing.VIOLATION
    assert found == always
