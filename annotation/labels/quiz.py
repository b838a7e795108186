"""The quiz of a project's guidelines: single-choice questions that are judged on the server. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from annotation.labels.errors import Malformed

MOST_QUESTIONS = 10
FEWEST_CHOICES, MOST_CHOICES = 2, 6
MOST_TEXT, MOST_CHOICE, MOST_EXPLANATION = 500, 200, 1_000
_PARTS = {"text", "choices", "right", "explanation"}


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """One question; `right` is the place of its one right choice, from 0. `explanation` follows a wrong answer."""

    text: str
    choices: tuple[str, ...]
    right: int = field(repr=False)
    explanation: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return all of it, for managers and for the sealed column."""
        return asdict(self) | {"choices": list(self.choices)}

    def for_labelers(self) -> dict[str, Any]:
        """Return what is shown before it is answered: not which choice is right, nor why."""
        return {"text": self.text, "choices": list(self.choices)}


Quiz = tuple[QuizQuestion, ...]


def read_quiz(body: object) -> Quiz:
    """Return the quiz that parsed JSON states. Raises `Malformed`, with `where` naming the place."""
    if not isinstance(body, Sequence) or isinstance(body, str | bytes) or len(body) > MOST_QUESTIONS:
        raise Malformed(f"a quiz is a list of 0 to {MOST_QUESTIONS} questions", where="quiz")
    return tuple(_question(each, f"quiz[{n}]") for n, each in enumerate(body))


def encode_quiz(quiz: Quiz) -> bytes:
    """Return the bytes that are sealed."""
    return json.dumps([question.to_json() for question in quiz], ensure_ascii=False, sort_keys=True).encode()


def encode_shown(quiz: Quiz) -> bytes:
    """Return the bytes whose digest the log holds when questions are shown to labelers."""
    return json.dumps([q.for_labelers() for q in quiz], ensure_ascii=False, sort_keys=True).encode()


def decode_quiz(encoded: bytes) -> Quiz:
    """Return what `encode_quiz` wrote."""
    return tuple(QuizQuestion(**q | {"choices": tuple(q["choices"])}) for q in json.loads(encoded))


def judge(quiz: Quiz, answers: object) -> list[bool]:
    """Say for each question whether the choice of that place is right.

    Raises `Malformed`, with `where` naming the place, for anything but one choice of each question.
    """
    if not isinstance(answers, Sequence) or isinstance(answers, str | bytes) or len(answers) != len(quiz):
        raise Malformed(f"answer each of the {len(quiz)} questions", where="answers")
    for n, (question, given) in enumerate(zip(quiz, answers, strict=True)):
        if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < len(question.choices):
            raise Malformed(f"choose one answer to question {n + 1}", where=f"answers[{n}]")
    return [question.right == given for question, given in zip(quiz, answers, strict=True)]


def _question(body: object, where: str) -> QuizQuestion:
    if not isinstance(body, Mapping):
        raise Malformed("a question is an object with its parts", where=where)
    if strange := sorted(set(map(str, body)) - _PARTS):
        raise Malformed(f"“{strange[0][:40]}” is not known here", where=f"{where}.{strange[0][:40]}")
    choices = body.get("choices")
    if not isinstance(choices, list | tuple) or not FEWEST_CHOICES <= len(choices) <= MOST_CHOICES:
        raise Malformed(
            f"a question has {FEWEST_CHOICES} to {MOST_CHOICES} choices", where=f"{where}.choices"
        )
    texts = tuple(_text(each, MOST_CHOICE, f"{where}.choices[{n}]") for n, each in enumerate(choices))
    if len(set(texts)) < len(texts):
        raise Malformed("two choices say the same", where=f"{where}.choices")
    right = body.get("right")
    if isinstance(right, bool) or not isinstance(right, int) or not 0 <= right < len(texts):
        raise Malformed("say which one choice is right, by its place from 0", where=f"{where}.right")
    return QuizQuestion(
        _text(body.get("text"), MOST_TEXT, f"{where}.text"),
        texts,
        right,
        _text(body.get("explanation"), MOST_EXPLANATION, f"{where}.explanation"),
    )


def _text(value: object, most: int, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise Malformed(f"this is a text of 1 to {most:,} characters", where=where)
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Malformed("the text holds a character that cannot be stored", where=where)
    return value.replace("\r\n", "\n").strip()
