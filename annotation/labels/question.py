"""What all questions have in common: how they are read, when they are asked, what counts as an answer. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict

from annotation.labels.errors import Malformed
from annotation.labels.reading import MOST_HELP, flag, identifier, only, optional_text, text
from annotation.labels.subject import Per, Subject, read_per

CANNOT_ASSESS = {"cannot_assess": True}
"""The answer to a question that allows it, when the labeler cannot tell."""

_COMMON = {"id", "type", "text", "help", "required", "when", "cannot_assess"}


@dataclass(frozen=True, slots=True)
class When:
    """The condition under which a question is asked: an earlier one was answered with one of `values`."""

    question: str
    values: tuple[str | int, ...]


class Common(TypedDict):
    """What every question has, read."""

    id: str
    text: str
    help: str
    required: bool
    when: When | None
    cannot_assess: bool
    per: Per | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(ABC):
    """One question. A type is a subclass in a module of its own, and one entry in `annotation.labels.schema`."""

    type: ClassVar[str]
    id: str
    text: str
    help: str = ""
    required: bool = True
    when: When | None = None
    cannot_assess: bool = False
    per: Per | None = None

    @property
    def needs_item(self) -> bool:
        """Say whether an answer can be checked only with the item at hand."""
        return self.per is not None and bool(self.per.messages)

    @abstractmethod
    def check(self, value: object, subject: Subject, *, where: str) -> Any:
        """Return one answer in the one form that is stored. Raises `Malformed`."""

    @abstractmethod
    def details(self) -> dict[str, Any]:
        """Return what only this type has, as the label schema writes it."""

    def conditions(self) -> frozenset[str | int]:
        """Return what a later question's `when` may wait for; nothing where no answer can be waited for."""
        return frozenset()

    def picked(self, value: Any) -> frozenset[str | int]:
        """Return which of `conditions` a checked answer meets."""
        return frozenset()

    def renamed(self, value: Any, names: Mapping[str, str]) -> Any:
        """Return a checked answer with candidates called by other names, in their order."""
        return value

    def is_open(self, value: object) -> bool:
        """Say whether a value is no answer yet."""
        return value is None or (self.per is not None and value == {})

    def to_json(self) -> dict[str, Any]:
        """Return the question as the label schema writes it, defaults filled in."""
        body: dict[str, Any] = {"id": self.id, "type": self.type, "text": self.text}
        if self.help:
            body["help"] = self.help
        body |= self.details()
        body |= {"required": self.required, "cannot_assess": self.cannot_assess}
        if self.when:
            body["when"] = {"question": self.when.question, "is": list(self.when.values)}
        if self.per:
            body["per"] = self.per.to_json()
        return body


def accept(question: Question, value: object, subject: Subject) -> Any:
    """Return a whole answer to a question in the form that is stored. Raises `Malformed`."""
    where = question.id
    if is_cannot_assess(value):
        if not question.cannot_assess:
            raise Malformed("“cannot assess” is no answer to this question", where=where)
        return dict(CANNOT_ASSESS)
    if question.per is None:
        return question.check(value, subject, where=where)
    targets = _targets(question, question.per, subject)
    if not isinstance(value, Mapping):
        raise Malformed("this question takes an answer for each of its parts", where=where)
    strange = [str(name)[:40] for name in value if name not in targets]
    if strange:
        raise Malformed(f"this question is not asked about “{strange[0]}”", where=where)
    given = {name: value[name] for name in targets if value.get(name) is not None}
    if question.required and len(given) < len(targets):
        missing = next(name for name in targets if name not in given)
        raise Malformed(f"this question needs an answer for “{missing}” too", where=where)
    return {name: question.check(one, subject, where=where) for name, one in given.items()}


def must_be_answered(question: Question, subject: Subject) -> bool:
    """Say whether an answer without this question is refused; one about nothing in this item is never asked."""
    return question.required and (question.per is None or bool(_targets(question, question.per, subject)))


def is_asked(question: Question, answer: Mapping[str, Any], earlier: Mapping[str, Question]) -> bool:
    """Say whether a question is asked, given the checked answers before it.

    A question that was not asked itself has no answer, and so meets no condition.
    """
    if question.when is None:
        return True
    value = answer.get(question.when.question)
    if value is None or is_cannot_assess(value):
        return False
    before = earlier[question.when.question]
    values = value.values() if before.per else [value]
    return any(not before.picked(one).isdisjoint(question.when.values) for one in values)


def rename(question: Question, value: Any, names: Mapping[str, str]) -> Any:
    """Return a whole checked answer with candidates called by other names; the rest as it is."""
    if is_cannot_assess(value):
        return value
    if question.per is not None and not question.per.messages:
        return {names[target]: one for target, one in value.items()}
    return question.renamed(value, names)


def is_cannot_assess(value: object) -> bool:
    """Say whether a value is `{"cannot_assess": true}`."""
    return isinstance(value, Mapping) and value.keys() == {"cannot_assess"} and value["cannot_assess"] is True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a question may refer to: the item's fields and how they are shown, candidates, earlier questions."""

    item: Mapping[str, str]
    has_candidates: bool
    earlier: Mapping[str, Question]

    def fields_shown_as(self, shown_as: str) -> set[str]:
        """Return the names of the item's fields that are shown in one way."""
        return {name for name, kind in self.item.items() if kind == shown_as}


def read_common(
    body: Mapping[str, Any], around: Surroundings, *, more: set[str], where: str, per: bool = False
) -> Common:
    """Return what every question has; `more` names what this type has beside it. Raises `Malformed`."""
    only(body, _COMMON | more | ({"per"} if per else set()), where=where)
    return Common(
        id=identifier(body, where=where),
        text=text(body, "text", where=where),
        help=optional_text(body, "help", where=where, most=MOST_HELP),
        required=flag(body, "required", where=where, default=True),
        when=_read_when(body["when"], around, where=f"{where}.when")
        if body.get("when") is not None
        else None,
        cannot_assess=flag(body, "cannot_assess", where=where, default=False),
        per=read_per(
            body["per"],
            chats=around.fields_shown_as("chat"),
            has_candidates=around.has_candidates,
            where=f"{where}.per",
        )
        if body.get("per") is not None
        else None,
    )


def _read_when(body: object, around: Surroundings, *, where: str) -> When:
    if not isinstance(body, dict):
        raise Malformed("`when` is an object with `question` and `is`", where=where)
    only(body, {"question", "is"}, where=where)
    before = around.earlier.get(body["question"]) if isinstance(body.get("question"), str) else None
    if before is None:
        raise Malformed("`question` is the id of an earlier question", where=f"{where}.question")
    known = before.conditions()
    if not known:
        raise Malformed(f"nothing can depend on a question of type {before.type}", where=f"{where}.question")
    values = body.get("is")
    if not isinstance(values, list) or not values:
        raise Malformed("`is` lists one or more answers of that question", where=f"{where}.is")
    for value in values:
        # A truth value would pass for the number 0 or 1.
        if type(value) not in (str, int) or value not in known:
            raise Malformed(
                f"“{str(value)[:40]}” is no answer of the question {before.id}", where=f"{where}.is"
            )
    if len(set(values)) != len(values):
        raise Malformed("an answer is listed twice", where=f"{where}.is")
    return When(before.id, tuple(values))


def _targets(question: Question, per: Per, subject: Subject) -> tuple[str, ...]:
    try:
        targets = per.targets(subject)
    except Malformed as unfit:
        raise Malformed(str(unfit), where=question.id) from unfit
    if not targets and not per.messages:
        raise Malformed("this cannot be answered: the item has no candidates that fit", where=question.id)
    return targets
