"""Which of two candidates is better, and by how much; or neither. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.question import Question, Surroundings, read_common
from annotation.labels.reading import flag, whole
from annotation.labels.subject import Subject

COMPARED = 2
STRONGEST = 3
TIE, BOTH_BAD, CANDIDATE = "tie", "both_bad", "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference(Question):
    """A question whose answer is `{"better": …}`: a candidate, `tie` or `both_bad`.

    `strength` is how many grades of “better” there are; with more than one, a preferred candidate has one.
    """

    type = "preference"
    strength: int
    tie: bool
    both_bad: bool

    def check(self, value: object, subject: Subject, *, where: str) -> dict[str, Any]:
        """Return the preference; `strength` is there exactly when it tells something."""
        if len(subject.names) != COMPARED:
            raise Malformed("this cannot be answered: the item has no two candidates that fit", where=where)
        if not isinstance(value, Mapping) or not value.keys() <= {"better", "strength"}:
            raise Malformed("the answer is an object with `better`", where=where)
        better, strength = value.get("better"), value.get("strength")
        if better in subject.names:
            if self.strength == 1:
                if strength not in (None, 1) or isinstance(strength, bool):
                    raise Malformed("this question has one strength only", where=where)
                return {"better": better}
            if type(strength) is not int or not 1 <= strength <= self.strength:
                raise Malformed(f"say how much better, from 1 to {self.strength}", where=where)
            return {"better": better, "strength": strength}
        if not isinstance(better, str) or better not in self._undecided():
            raise Malformed("pick one of the candidates or another answer of this question", where=where)
        if strength is not None:
            raise Malformed("only a preferred candidate has a strength", where=where)
        return {"better": better}

    def _undecided(self) -> set[str]:
        return ({TIE} if self.tie else set()) | ({BOTH_BAD} if self.both_bad else set())

    def details(self) -> dict[str, Any]:
        """Return the grades, and which answers there are beside the candidates."""
        return {"strength": self.strength, "tie": self.tie, "both_bad": self.both_bad}

    def conditions(self) -> frozenset[str | int]:
        """Return `candidate`, and `tie` and `both_bad` where they are answers."""
        return frozenset({CANDIDATE} | self._undecided())

    def picked(self, value: Any) -> frozenset[str | int]:
        """Return what was said, any candidate as `candidate`."""
        better = value["better"]
        return frozenset([better if better in (TIE, BOTH_BAD) else CANDIDATE])

    def renamed(self, value: Any, names: Mapping[str, str]) -> Any:
        """Return the preference under other names."""
        better = value["better"]
        return value if better in (TIE, BOTH_BAD) else {**value, "better": names[better]}


def read_preference(body: Mapping[str, Any], around: Surroundings, *, where: str) -> Preference:
    """Return the question behind `body`. Raises `Malformed`."""
    common = read_common(body, around, more={"strength", "tie", "both_bad"}, where=where)
    if not around.has_candidates:
        raise Malformed("a preference needs `candidates` in the schema", where=where)
    return Preference(
        **common,
        strength=whole(body, "strength", where=where, least=1, most=STRONGEST, default=1),
        tie=flag(body, "tie", where=where, default=True),
        both_bad=flag(body, "both_bad", where=where, default=True),
    )
