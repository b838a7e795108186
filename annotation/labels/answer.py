"""One answer: for each question of a schema, what was picked. Pure.

    {"sentiment": "pos"}

Question ids are the names; a question left open, where that is allowed, is absent.
"""

import json
from collections.abc import Mapping
from typing import Any

from annotation.labels.errors import Malformed, Unreadable
from annotation.labels.schema import LabelSchema

Answer = dict[str, Any]


def check_answer(schema: LabelSchema, body: object) -> Answer:
    """Return the answer in the schema's order. Raises `Malformed` with the question's id as the place."""
    if not isinstance(body, Mapping):
        raise Malformed("an answer is a JSON object: question id to value")
    strange = [str(name) for name in body if name not in {q.id for q in schema.questions}]
    if strange:
        raise Malformed("this question is not asked here", where=strange[0][:40])
    answer: Answer = {}
    for question in schema.questions:
        value = body.get(question.id)
        if value is None:
            if question.required:
                raise Malformed("this question needs an answer", where=question.id)
            continue
        answer[question.id] = question.check(value, where=question.id)
    if not answer:
        raise Malformed("an answer to at least one question is needed")
    return answer


def encode_answer(answer: Answer) -> bytes:
    """Return the bytes that are sealed: two equal answers are equal bytes."""
    return json.dumps(answer, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def decode_answer(body: bytes) -> Answer:
    """Return the answer behind opened bytes. Raises `Unreadable`."""
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError) as damaged:
        raise Unreadable("an answer is not in a form known here") from damaged
