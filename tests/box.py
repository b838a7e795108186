"""The time box that all long tests of one run share: `TEST_LONG_SECONDS` from the run's start."""

import os
import time

STARTED = time.monotonic()
SECONDS = float(os.environ.get("TEST_LONG_SECONDS", "900"))


def seconds_left() -> float:
    """Return how much of the box is left; not below 0."""
    return max(0.0, SECONDS - (time.monotonic() - STARTED))


def share(of_box: float) -> float:
    """Return the seconds that one test may take: its share of the whole box, or what is left of it."""
    return min(SECONDS * of_box, seconds_left())
