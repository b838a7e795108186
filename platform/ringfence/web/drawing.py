"""Geometry of the small charts. Pure: numbers in, SVG coordinates out, origin at the top left."""

from collections.abc import Sequence

WIDTH = 100.0
HEIGHT = 32.0
EDGE = 1.5


def line_points(values: Sequence[float]) -> list[tuple[float, float]]:
    """Spread `values` over WIDTH, oldest first; the largest touches the top, zero the bottom."""
    if not values:
        return []
    top = max(*values, 0.0) or 1.0
    step = WIDTH / max(len(values) - 1, 1)
    room = HEIGHT - 2 * EDGE
    return [
        (round(place * step, 2), round(HEIGHT - EDGE - room * max(value, 0.0) / top, 2))
        for place, value in enumerate(values)
    ]


def share(value: float, most: float) -> float:
    """Return `value` of `most` in percent, between 0 and 100; of nothing it is 0."""
    return round(min(max(value / most, 0.0), 1.0) * 100, 2) if most > 0 else 0.0
