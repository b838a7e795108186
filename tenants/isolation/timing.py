"""Whether two kinds of answer take the same time, judged from pairs of them, on a busy machine too. Pure.

A busy machine adds waiting to any answer, by luck. So medians of few answers lie apart although nothing differs,
and those of many hide nothing only if one knows how many are enough. The sign test needs no such knowledge: in a
pair whose order was drawn, either answer is the slower one with equal chance when both are made alike, whatever else
the machine does (W. J. Conover, Practical Nonparametric Statistics, 3rd ed., 3.4; the interval of a median by order
statistics, 3.2).
"""

import math
import statistics
from collections.abc import Sequence
from enum import StrEnum

SLACK = 0.25
"""How far the answers may lie apart, as a share of the slower median; and never less than `LEAST_SECONDS`."""
LEAST_SECONDS = 0.001
ALIKE_ALPHA, UNEVEN_ALPHA = 0.01, 1e-6
"""How likely luck alone may end the comparison: quietly where they differ, or with an alarm where they do not."""
STAGES = (7, 28, 70, 200, 500)
"""How many pairs there are in all when they are looked at; the next ones are asked only while nothing is decided."""


class Timing(StrEnum):
    """What pairs say."""

    ALIKE = "alike"
    UNEVEN = "uneven"
    UNDECIDED = "undecided"


def median_interval(values: Sequence[float], alpha: float) -> tuple[float, float] | None:
    """Return between which of the values their population's median lies.

    Args:
        alpha: the chance, on either side, that it lies outside.

    Returns:
        None when there are too few values to say.
    """
    count, rank, below = len(values), 0, 0.0
    while rank < count and (below := below + math.comb(count, rank) / 2**count) <= alpha:
        rank += 1
    if rank == 0:
        return None
    ordered = sorted(values)
    return ordered[rank - 1], ordered[count - rank]


def judge_pairs(one: Sequence[float], other: Sequence[float]) -> Timing:
    """Compare answers that were asked for in pairs, in an order that was drawn for each pair.

    Args:
        one: seconds of the first answer of each pair.
        other: seconds of the second, in the same order of pairs.
    """
    slack = max(LEAST_SECONDS, SLACK * max(statistics.median(one), statistics.median(other)))
    gaps = [b - a for a, b in zip(one, other, strict=True)]
    near, sure = median_interval(gaps, ALIKE_ALPHA), median_interval(gaps, UNEVEN_ALPHA)
    if near is not None and -slack <= near[0] and near[1] <= slack:
        return Timing.ALIKE
    if sure is not None and (sure[0] > slack or sure[1] < -slack):
        return Timing.UNEVEN
    return Timing.UNDECIDED
