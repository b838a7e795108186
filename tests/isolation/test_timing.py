"""Times of answers are judged rightly when the machine is quiet, and when something else takes it all the time."""

import math
import random
from itertools import product

import pytest

from tenants.isolation.timing import STAGES, Timing, judge_pairs, median_interval

BASE = 0.010
ROUNDS = 60


def asked(dice, gap, *, busy):
    """Return pairs of answers: each waits by luck, and up to a whole slice of a scheduler now and then."""

    def seconds(more):
        waits = (
            dice.expovariate(1 / 0.004) + (0.02 * dice.random() if dice.random() < 0.4 else 0) if busy else 0
        )
        return BASE + more + waits + 0.0002 * dice.random()

    pairs = [(seconds(0), seconds(gap)) for _ in range(STAGES[-1])]
    return [one for one, _ in pairs], [other for _, other in pairs]


def judged(seed, gap, *, busy):
    """Compare as the probe does, stage by stage; return what it ends with, and after how many pairs."""
    one, other = asked(random.Random(seed), gap, busy=busy)
    for pairs in STAGES:
        said = judge_pairs(one[:pairs], other[:pairs])
        if said is not Timing.UNDECIDED:
            break
    return said, pairs


@pytest.mark.parametrize("busy", [False, True], ids=["quiet", "busy"])
def test_equal_answers_are_alike_and_never_an_alarm(busy):
    said = [judged(seed, 0, busy=busy) for seed in range(ROUNDS)]
    assert {verdict for verdict, _ in said} == {Timing.ALIKE}
    assert (max(pairs for _, pairs in said) == STAGES[0]) is not busy


@pytest.mark.parametrize("busy", [False, True], ids=["quiet", "busy"])
@pytest.mark.parametrize("gap", [BASE, -0.9 * BASE], ids=["longer", "shorter"])
def test_an_answer_that_does_more_work_is_found(busy, gap):
    assert {judged(seed, gap, busy=busy)[0] for seed in range(ROUNDS)} == {Timing.UNEVEN}


def test_a_few_pairs_are_no_alarm_and_a_hair_is_no_difference():
    assert judge_pairs([BASE] * 7, [2 * BASE] * 7) is Timing.UNDECIDED
    assert judge_pairs([BASE] * 28, [2 * BASE] * 28) is Timing.UNEVEN
    assert judge_pairs([0.0001] * 7, [0.0009] * 7) is Timing.ALIKE, "below a millisecond"
    assert judge_pairs([BASE] * 6, [BASE] * 6) is Timing.UNDECIDED, "six say nothing yet"
    assert judge_pairs([BASE] * 28, [2 * BASE] * 20 + [BASE] * 8) is Timing.UNDECIDED


@pytest.mark.parametrize("count", range(1, 11))
@pytest.mark.parametrize("alpha", [0.5, 0.1, 0.01])
def test_the_interval_misses_the_median_as_rarely_as_it_says(count, alpha):
    """Each value is above the median or not, with equal chance: all ways are counted."""
    interval = median_interval(list(range(count)), alpha)
    rank = 0 if interval is None else interval[0] + 1
    # The interval's lower end is above the median when fewer than `rank` values are below it.
    missed = [
        sum(sum(ways) < r for ways in product((0, 1), repeat=count)) / 2**count for r in (rank, rank + 1)
    ]
    assert missed[0] <= alpha < missed[1]
    if interval is not None:
        assert interval[1] == count - 1 - interval[0]


def test_the_interval_takes_values_in_any_order():
    values = [3.0, 1.0, 2.0, 7.0, 5.0, 6.0, 4.0]
    assert median_interval(values, 0.01) == (1.0, 7.0)
    assert median_interval([*values, -math.inf, math.inf], 0.02) == (1.0, 7.0)
