"""Whether somebody prefers a place rather than an answer: what was shown first, and an exact test. Pure."""

from collections.abc import Sequence
from math import exp, lgamma, log
from typing import Any, Final

from annotation.labels.preference import BOTH_BAD, TIE, Preference
from annotation.labels.question import Question, is_cannot_assess
from annotation.labels.ranking import Ranking

FIRST: Final = "first"
OTHER: Final = "other"

LEAST_DECISIONS: Final = 30
"""Below this many decisions nothing is said about a person."""

CALLED_OUT_BELOW: Final = 0.001
"""A person is called out when chance alone would do this, or worse, less often."""


def place_preferred(question: Question, value: Any, shown: Sequence[str]) -> str | None:
    """Return `first`, `other`, `tie` or `both_bad`; None where an answer says nothing about places.

    Of a preference: whether the candidate shown first was the better one. Of a ranking: whether the
    candidate shown first stands above the one shown last, so that a fair labeler says so half of the
    time however many candidates there are. `value` and `shown` are in source names.
    """
    if len(shown) < 2 or is_cannot_assess(value):
        return None
    if isinstance(question, Preference):
        better = value["better"]
        if better in (TIE, BOTH_BAD):
            return str(better)
        return FIRST if better == shown[0] else OTHER
    if isinstance(question, Ranking):
        place = {name: n for n, group in enumerate(value) for name in group}
        first, last = place[shown[0]], place[shown[-1]]
        return TIE if first == last else FIRST if first < last else OTHER
    return None


def chance_of(first: int, other: int) -> float:
    """Return how often a fair coin lands at least as unevenly as `first` against `other`, either way.

    The exact two-sided binomial test against 1/2: twice the smaller tail, at most 1. The tail is summed
    from its largest term downwards, each term from the one before, so it needs no large numbers.
    """
    if first < 0 or other < 0:
        raise ValueError("counts are not negative")
    total, fewer = first + other, min(first, other)
    if total == 0 or first == other:
        return 1.0
    term = exp(lgamma(total + 1) - lgamma(fewer + 1) - lgamma(total - fewer + 1) - total * log(2))
    tail = term
    for n in range(fewer, 0, -1):
        term *= n / (total - n + 1)
        tail += term
        if term < tail * 1e-17:
            break
    return min(1.0, 2 * tail)


def is_called_out(first: int, other: int) -> bool:
    """Say whether the counts of one person and one question are beyond chance, and enough to say so."""
    return first + other >= LEAST_DECISIONS and chance_of(first, other) < CALLED_OUT_BELOW
