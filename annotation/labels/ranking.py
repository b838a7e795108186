"""All candidates from best to worst, with ties where allowed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.question import Question, Surroundings, read_common
from annotation.labels.reading import flag
from annotation.labels.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking(Question):
    """A question whose answer is a list of groups, best first; candidates of one group are equally good."""

    type = "ranking"
    ties: bool

    def check(self, value: object, subject: Subject, *, where: str) -> list[list[str]]:
        """Return the groups, each in the candidates' order."""
        if not subject.names:
            raise Malformed("this cannot be answered: the item has no candidates that fit", where=where)
        if not isinstance(value, list) or any(not isinstance(group, list) or not group for group in value):
            raise Malformed("the answer is a list of groups of candidates, best first", where=where)
        ranked = [name for group in value for name in group]
        if any(not isinstance(name, str) or name not in subject.names for name in ranked):
            raise Malformed("only the candidates of this item are ranked", where=where)
        if len(set(ranked)) != len(ranked) or len(ranked) != len(subject.names):
            raise Malformed("each candidate is ranked once", where=where)
        if not self.ties and len(value) != len(ranked):
            raise Malformed("this question allows no ties", where=where)
        return [[name for name in subject.names if name in group] for group in value]

    def details(self) -> dict[str, Any]:
        """Return whether candidates may be equally good."""
        return {"ties": self.ties}

    def renamed(self, value: Any, names: Mapping[str, str]) -> Any:
        """Return the groups under other names, each in the order in which `names` lists them."""
        place = {name: n for n, name in enumerate(names.values())}
        # Sorted, so that equal answers are equal bytes whatever order the candidates were shown in.
        return [sorted((names[name] for name in group), key=place.__getitem__) for group in value]


def read_ranking(body: Mapping[str, Any], around: Surroundings, *, where: str) -> Ranking:
    """Return the question behind `body`. Raises `Malformed`."""
    common = read_common(body, around, more={"ties"}, where=where)
    if not around.has_candidates:
        raise Malformed("a ranking needs `candidates` in the schema", where=where)
    return Ranking(**common, ties=flag(body, "ties", where=where, default=True))
