"""A written answer: a demonstration, a rewrite, a reason. Kept exactly as it was typed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.question import Question, Surroundings, read_common
from annotation.labels.reading import flag, whole
from annotation.labels.subject import Subject

LONGEST = 200_000
USUAL_LENGTH = 20_000
MOST_LINES = 60
STARTS = frozenset({"preference", "ranking"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Question):
    """A question whose answer is a text, its length counted in code points.

    `starts_from` names a preference or ranking: the page fills in the winner's text to begin with.
    `lines` is how tall the page draws the field.
    """

    type = "text"
    markdown: bool
    least: int
    most: int
    starts_from: str
    lines: int

    def is_open(self, value: object) -> bool:
        """Say whether a value is no answer yet: an empty text is none."""
        return value is None or value == ""

    def check(self, value: object, subject: Subject, *, where: str) -> str:
        """Return the text as it is."""
        if not isinstance(value, str):
            raise Malformed("the answer is a text", where=where)
        if len(value) < self.least:
            raise Malformed(
                f"write at least {self.least:,} characters; there are {len(value):,}", where=where
            )
        if len(value) > self.most:
            raise Malformed(f"write at most {self.most:,} characters; there are {len(value):,}", where=where)
        return value

    def details(self) -> dict[str, Any]:
        """Return bounds and how the field looks."""
        body: dict[str, Any] = {
            "markdown": self.markdown,
            "min_length": self.least,
            "max_length": self.most,
            "lines": self.lines,
        }
        return {**body, "starts_from": self.starts_from} if self.starts_from else body


def read_written(body: Mapping[str, Any], around: Surroundings, *, where: str) -> Written:
    """Return the question behind `body`. Raises `Malformed`."""
    known = {"markdown", "min_length", "max_length", "starts_from", "lines"}
    common = read_common(body, around, more=known, where=where)
    most = whole(body, "max_length", where=where, least=1, most=LONGEST, default=USUAL_LENGTH)
    starts_from = body.get("starts_from") or ""
    if starts_from:
        before = around.earlier.get(starts_from) if isinstance(starts_from, str) else None
        if before is None or before.type not in STARTS:
            raise Malformed(
                "`starts_from` is the id of an earlier preference or ranking", where=f"{where}.starts_from"
            )
    return Written(
        **common,
        markdown=flag(body, "markdown", where=where, default=False),
        least=whole(body, "min_length", where=where, least=0, most=most, default=0),
        most=most,
        starts_from=starts_from,
        lines=whole(body, "lines", where=where, least=1, most=MOST_LINES, default=3),
    )
