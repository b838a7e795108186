"""Preference of a place: which answers say something, the exact test, and what it calls out."""

import random
from fractions import Fraction
from math import comb

import pytest

from annotation.labels.bias import LEAST_DECISIONS, chance_of, is_called_out, place_preferred
from annotation.labels.schema import read_schema

SCHEMA = read_schema(
    {
        "version": 1,
        "item": {"prompt": "text"},
        "candidates": {"of": ["a", "b"]},
        "questions": [
            {"id": "better", "type": "preference", "text": "Which is better?", "strength": 3},
            {"id": "order", "type": "ranking", "text": "Best first"},
            {"id": "why", "type": "text", "text": "Why?"},
        ],
    }
)
BETTER, ORDER, WHY = SCHEMA.questions


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"better": "b", "strength": 2}, "first"),
        ({"better": "a", "strength": 1}, "other"),
        ({"better": "tie"}, "tie"),
        ({"better": "both_bad"}, "both_bad"),
        ({"cannot_assess": True}, None),
    ],
)
def test_a_preference_is_of_the_first_or_of_the_other(value: object, place: str | None) -> None:
    assert place_preferred(BETTER, value, ("b", "a")) == place


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([["x"], ["y"], ["z"]], "first"),
        ([["z"], ["x", "y"]], "other"),
        ([["y"], ["z", "x"]], "tie"),
    ],
)
def test_a_ranking_is_told_by_the_first_shown_against_the_last(value: object, place: str) -> None:
    assert place_preferred(ORDER, value, ("x", "y", "z")) == place


def test_other_answers_and_unknown_orders_say_nothing_about_places() -> None:
    assert place_preferred(WHY, "because", ("a", "b")) is None
    assert place_preferred(BETTER, {"better": "a"}, ()) is None


def exactly(first: int, other: int) -> Fraction:
    """Return twice the smaller tail in whole numbers, at most 1."""
    total, fewer = first + other, min(first, other)
    return min(Fraction(1), Fraction(2 * sum(comb(total, n) for n in range(fewer + 1)), 2**total))


def test_the_chance_is_exact_for_every_small_count() -> None:
    for total in range(90):
        for first in range(total + 1):
            assert chance_of(first, total - first) == pytest.approx(float(exactly(first, total - first)))


@pytest.mark.parametrize(
    ("first", "other"), [(5_100, 4_900), (49_000, 51_000), (0, 2_000), (600_000, 600_001)]
)
def test_large_counts_neither_overflow_nor_leave_0_to_1(first: int, other: int) -> None:
    assert 0.0 <= chance_of(first, other) <= 1.0
    if first + other <= 10_000:
        assert chance_of(first, other) == pytest.approx(float(exactly(first, other)), rel=1e-6)


def test_the_chance_is_the_same_for_both_sides_and_falls_with_imbalance() -> None:
    chances = [chance_of(first, 60 - first) for first in range(30, 61)]
    assert chances == sorted(chances, reverse=True)
    assert chances == [chance_of(60 - first, first) for first in range(30, 61)]
    with pytest.raises(ValueError, match="not negative"):
        chance_of(-1, 3)


def test_too_few_decisions_call_nobody_out() -> None:
    assert not is_called_out(LEAST_DECISIONS - 1, 0)
    assert is_called_out(LEAST_DECISIONS, 0)
    assert is_called_out(0, LEAST_DECISIONS)


def test_a_labeler_who_picks_the_left_is_called_out_and_a_fair_one_is_not() -> None:
    chance = random.Random(20_26)
    left, mostly, fair = [0, 0], [0, 0], [0, 0]
    for _ in range(400):
        left[0] += 1
        mostly[0 if chance.random() < 0.65 else 1] += 1
        fair[chance.randrange(2)] += 1
    assert is_called_out(*left)
    assert is_called_out(*mostly)
    assert not is_called_out(*fair)


def test_of_a_thousand_fair_labelers_hardly_one_is_called_out() -> None:
    chance = random.Random(7)
    called = 0
    for _ in range(1_000):
        first = sum(chance.randrange(2) for _ in range(200))
        called += is_called_out(first, 200 - first)
    assert called <= 4
