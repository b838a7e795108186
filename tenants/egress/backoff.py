"""When an attempt that failed is made again: longer and longer, never all at once, not for ever. Pure."""

import random
from datetime import timedelta
from typing import Final

WAITS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3_600, 4 * 3_600, 10 * 3_600)
)
"""After the first failure, the second, and so on; together about fifteen hours."""
MOST_ATTEMPTS: Final = len(WAITS) + 1
JITTER: Final = 0.2


def wait_after(failures: int, *, chance: float | None = None) -> timedelta | None:
    """Return how long to wait after the n-th failure in a row (from 1); None when it was the last attempt.

    Spread by a fifth either way, so that what failed together does not come back together.
    """
    if failures > len(WAITS):
        return None
    spread = random.uniform(-JITTER, JITTER) if chance is None else (2 * chance - 1) * JITTER  # noqa: S311 - no secret
    return WAITS[max(failures, 1) - 1] * (1 + spread)
