"""Single choice: one question, two or more options, one of them picked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.options import Option, read_options
from annotation.labels.question import Question, Surroundings, read_common
from annotation.labels.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Question):
    """A question whose answer is the id of one option."""

    type = "choice"
    options: tuple[Option, ...]

    def check(self, value: object, subject: Subject, *, where: str) -> str:
        """Return the picked option's id."""
        if not isinstance(value, str) or all(option.id != value for option in self.options):
            raise Malformed("pick one of the options of this question", where=where)
        return value

    def details(self) -> dict[str, Any]:
        """Return the options."""
        return {"options": [option.to_json() for option in self.options]}

    def conditions(self) -> frozenset[str | int]:
        """Return the ids of the options."""
        return frozenset(option.id for option in self.options)

    def picked(self, value: Any) -> frozenset[str | int]:
        """Return the picked id."""
        return frozenset([value])


def read_choice(body: Mapping[str, Any], around: Surroundings, *, where: str) -> Choice:
    """Return the question behind `body`. Raises `Malformed`."""
    common = read_common(body, around, more={"options"}, where=where, per=True)
    return Choice(**common, options=read_options(body, least=2, where=where))
