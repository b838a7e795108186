"""A whole number on a scale. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.question import Question, Surroundings, read_common
from annotation.labels.reading import optional_text, whole
from annotation.labels.subject import Subject

LONGEST_SCALE = 10
FARTHEST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating(Question):
    """A question whose answer is a number from `least` to `most`; `low` and `high` say what the ends mean."""

    type = "rating"
    least: int
    most: int
    low: str
    high: str

    def check(self, value: object, subject: Subject, *, where: str) -> int:
        """Return the number."""
        if type(value) is not int or not self.least <= value <= self.most:
            raise Malformed(f"rate from {self.least} to {self.most}, in whole numbers", where=where)
        return value

    def details(self) -> dict[str, Any]:
        """Return the scale."""
        ends = {name: end for name, end in (("low", self.low), ("high", self.high)) if end}
        return {"min": self.least, "max": self.most, **ends}

    def conditions(self) -> frozenset[str | int]:
        """Return the numbers of the scale."""
        return frozenset(range(self.least, self.most + 1))

    def picked(self, value: Any) -> frozenset[str | int]:
        """Return the number."""
        return frozenset([value])


def read_rating(body: Mapping[str, Any], around: Surroundings, *, where: str) -> Rating:
    """Return the question behind `body`. Raises `Malformed`."""
    common = read_common(body, around, more={"min", "max", "low", "high"}, where=where, per=True)
    least = whole(body, "min", where=where, least=-FARTHEST, most=FARTHEST, default=1)
    most = whole(body, "max", where=where, least=least, most=least + LONGEST_SCALE, default=max(5, least))
    return Rating(
        **common,
        least=least,
        most=most,
        low=optional_text(body, "low", where=where),
        high=optional_text(body, "high", where=where),
    )
