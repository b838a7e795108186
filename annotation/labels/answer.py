"""One answer: for each question of a schema, what was answered. Pure.

    {"sentiment": "pos", "reason": "It says so."}

Question ids are the names; a question left open, where that is allowed, or not asked is absent. Stored is
the answer in source names and, where candidates were compared, the order in which they were shown:

    {"answer": {"better": {"better": "response_b"}}, "shown": ["response_b", "response_a"]}
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotation.labels.candidates import letters
from annotation.labels.encoding import to_bytes
from annotation.labels.errors import Malformed, Unreadable
from annotation.labels.question import Question, accept, is_asked, must_be_answered
from annotation.labels.schema import LabelSchema
from annotation.labels.subject import Subject

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer in source names, and the source names of A, B, …; nothing where nothing was compared."""

    answer: Answer = field(repr=False)
    shown: tuple[str, ...] = field(default=(), repr=False)


def check_answer(
    schema: LabelSchema,
    fields: Mapping[str, Any] | None,
    body: object,
    *,
    names: Sequence[str] | None = None,
) -> Answer:
    """Return the answer in the schema's order and in the one form that is stored.

    Args:
        schema: what was asked.
        fields: the item's own fields; None is enough unless `schema.needs_item`.
        body: parsed JSON, question id to value.
        names: what the answer calls the candidates; without it A, B, … as labelers do.

    Raises:
        Malformed: with the question's id as the place.
    """
    if not isinstance(body, Mapping):
        raise Malformed("an answer is a JSON object: question id to value")
    known = {question.id: question for question in schema.questions}
    strange = [str(name) for name in body if name not in known]
    if strange:
        raise Malformed("this question is not asked here", where=strange[0][:40])
    subject = _subject(schema, fields, names)
    answer: Answer = {}
    for question in schema.questions:
        value = body.get(question.id)
        if _is_left_out(question, value, answer, known, subject):
            continue
        answer[question.id] = accept(question, value, subject)
    if not answer:
        raise Malformed("an answer to at least one question is needed")
    return answer


def encode_answer(answer: Mapping[str, Any], shown: Sequence[str] = ()) -> bytes:
    """Return the bytes that are sealed: two equal answers are equal bytes.

    They begin with `{"answer":{`, which no answer of the older form does: exports rely on it.
    """
    return to_bytes({"answer": answer, "shown": list(shown)} if shown else {"answer": answer}, sort_keys=True)


def decode_answer(body: bytes) -> StoredAnswer:
    """Return the answer behind opened bytes. Raises `Unreadable`.

    The older form is the bare answer; its values are all texts, so it cannot be taken for the newer one.
    """
    try:
        stored = dict(json.loads(body))
        if isinstance(stored.get("answer"), dict) and stored.keys() <= {"answer", "shown"}:
            return StoredAnswer(stored["answer"], tuple(stored.get("shown", ())))
    except (ValueError, TypeError) as damaged:
        raise Unreadable("an answer is not in a form known here") from damaged
    return StoredAnswer(stored)


def _subject(schema: LabelSchema, fields: Mapping[str, Any] | None, names: Sequence[str] | None) -> Subject:
    if fields is None and schema.needs_item:
        raise TypeError("answers to this schema are checked against their item")
    if schema.candidates is None:
        return Subject(fields or {})
    sources = schema.candidates.sources(fields)
    return Subject(fields or {}, letters(len(sources)) if names is None else tuple(names))


def _is_left_out(
    question: Question,
    value: object,
    answer: Answer,
    known: Mapping[str, Question],
    subject: Subject,
) -> bool:
    """Say whether a question stays out of the answer. Raises `Malformed` when it may not, or must."""
    left_open = question.is_open(value)
    if not is_asked(question, answer, known):
        if not left_open:
            raise Malformed("this question is not asked after the answers before it", where=question.id)
        return True
    if left_open and must_be_answered(question, subject):
        raise Malformed("this question needs an answer", where=question.id)
    return left_open
