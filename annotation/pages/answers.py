"""Answers in words, for managers who read them."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from annotation.labels.encoding import writable
from annotation.labels.question import Question, is_cannot_assess
from annotation.labels.schema import LabelSchema


def in_words(schema: LabelSchema | None, answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (question, answer) pairs, in the order of the questions; as JSON where the schema is gone."""
    asked = {question.id: question for question in schema.questions} if schema else {}
    order = [*(name for name in asked if name in answer), *(name for name in answer if name not in asked)]
    return [
        (
            writable(asked[name].text if name in asked else name),
            writable(_of_question(asked[name], answer[name]) if name in asked else _json(answer[name])),
        )
        for name in order
    ]


def _of_question(question: Question, value: Any) -> str:
    if question.per is None or is_cannot_assess(value):
        return _one(question, value)
    if not question.per.messages:
        return "\n".join(f"{target}: {_one(question, one)}" for target, one in value.items())
    return "\n".join(
        _("message {n}: {answer}").format(n=int(target) + 1, answer=_one(question, one))
        for target, one in value.items()
    )


def _one(question: Question, value: Any) -> str:
    if is_cannot_assess(value):
        return _("cannot be assessed")
    try:
        return _BY_TYPE.get(question.type, _as_it_is)(question, value)
    except (KeyError, TypeError, IndexError):
        return _json(value)


def _picked(question: Question, value: Any) -> str:
    texts = _texts(question)
    values: list[str] = value if isinstance(value, list) else [value]
    return ", ".join(texts.get(one, one) for one in values) or _("none of them")


def _paths(question: Question, value: Any) -> str:
    texts = _texts(question)
    paths = value if value and isinstance(value[0], list) else [value]
    return "\n".join(" › ".join(texts.get(step, step) for step in path) for path in paths)


def _spans(question: Question, value: Any) -> str:
    texts = _texts(question)
    marks = (f"“{span['quote']}”: {texts.get(span['label'], span['label'])}" for span in value)
    return "\n".join(marks) or _("nothing marked")


def _preference(question: Question, value: Any) -> str:
    named = {"tie": _("a tie"), "both_bad": _("both are bad")}
    better = value["better"]
    if better in named:
        return named[better]
    most = question.details().get("strength", 1)
    if most < 2 or "strength" not in value:
        return _("{name} is better").format(name=better)
    return _("{name} is better, by {n} of {most}").format(name=better, n=value["strength"], most=most)


def _ranking(question: Question, value: Any) -> str:
    return " > ".join(" = ".join(group) for group in value)


def _rating(question: Question, value: Any) -> str:
    return _("{n} on a scale to {most}").format(n=value, most=question.details()["max"])


def _as_it_is(question: Question, value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


_BY_TYPE = {
    "choice": _picked,
    "choices": _picked,
    "taxonomy": _paths,
    "spans": _spans,
    "preference": _preference,
    "ranking": _ranking,
    "rating": _rating,
}


def _texts(question: Question) -> dict[str, str]:
    """Return the text of each option, of a tree's too."""

    def walk(options: list[dict[str, Any]]) -> dict[str, str]:
        found: dict[str, str] = {}
        for option in options:
            found[option["id"]] = option["text"]
            found |= walk(option.get("options", []))
        return found

    return walk(question.details().get("options", []))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
