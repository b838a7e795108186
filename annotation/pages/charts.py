"""Geometry of the board's drawings. Pure: numbers in, SVG rectangles out."""

from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.web.drawing import share

WIDTH = 480
HEIGHT = 96
GAP = 2.0


@dataclass(frozen=True, slots=True)
class Column:
    """One rectangle of a chart, with what it says."""

    x: float
    y: float
    width: float
    height: float
    words: str


def columns(values: Sequence[tuple[str, int]]) -> tuple[Column, ...]:
    """Return one column for each (words, value), left to right; the largest fills the height.

    A value above 0 is at least 2 high, so that it is seen.
    """
    top = max((value for _, value in values), default=0)
    step = WIDTH / max(len(values), 1)
    drawn = []
    for place, (words, value) in enumerate(values):
        height = max(HEIGHT * value / top, 2.0) if value else 0.0
        drawn.append(
            Column(
                round(place * step, 2),
                round(HEIGHT - height, 2),
                round(max(step - GAP, 1.0), 2),
                round(height, 2),
                words,
            )
        )
    return tuple(drawn)


def parts(*values: int) -> tuple[tuple[float, float], ...]:
    """Return (start, width) in percent of each part of one bar; the parts of nothing have no width."""
    most, start, drawn = sum(values), 0.0, []
    for value in values:
        width = share(value, most)
        drawn.append((round(start, 2), width))
        start += width
    return tuple(drawn)
