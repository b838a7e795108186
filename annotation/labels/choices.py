"""Multiple choice: any number of options within bounds. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.options import Option, read_options
from annotation.labels.question import Question, Surroundings, read_common
from annotation.labels.reading import whole
from annotation.labels.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(Question):
    """A question whose answer is a list of option ids, in the schema's order; `[]` says that none applies."""

    type = "choices"
    options: tuple[Option, ...]
    least: int
    most: int

    def check(self, value: object, subject: Subject, *, where: str) -> list[str]:
        """Return the picked ids in the schema's order."""
        known = {option.id for option in self.options}
        if not isinstance(value, list) or any(not isinstance(one, str) or one not in known for one in value):
            raise Malformed("pick options of this question, as a list", where=where)
        if len(set(value)) != len(value):
            raise Malformed("an option is picked twice", where=where)
        if len(value) < self.least:
            raise Malformed(f"pick at least {self.least}", where=where)
        if len(value) > self.most:
            raise Malformed(f"pick at most {self.most}", where=where)
        return [option.id for option in self.options if option.id in value]

    def details(self) -> dict[str, Any]:
        """Return options and bounds."""
        return {
            "options": [option.to_json() for option in self.options],
            "min": self.least,
            "max": self.most,
        }

    def conditions(self) -> frozenset[str | int]:
        """Return the ids of the options."""
        return frozenset(option.id for option in self.options)

    def picked(self, value: Any) -> frozenset[str | int]:
        """Return the picked ids."""
        return frozenset(value)


def read_choices(body: Mapping[str, Any], around: Surroundings, *, where: str) -> Choices:
    """Return the question behind `body`. Raises `Malformed`."""
    common = read_common(body, around, more={"options", "min", "max"}, where=where, per=True)
    options = read_options(body, least=1, where=where)
    count = len(options)
    least = whole(body, "min", where=where, least=0, most=count, default=0)
    most = whole(body, "max", where=where, least=max(least, 1), most=count, default=count)
    return Choices(**common, options=options, least=least, most=most)
