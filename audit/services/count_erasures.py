"""Counts the events that were erased: whoever keeps something made from the log sees by it that it may not any more."""

from audit.encoding import LARGEST_NUMBER
from audit.models import Erasure


def count_erasures(below: int = LARGEST_NUMBER) -> int:
    """Return how many of the log's first `below` events were erased until now. Inside `acting`.

    The number never falls. It is compared and not a time, since an erasure that commits late can carry an early one.
    """
    return Erasure.objects.filter(seq__lt=below).count()
