"""The label schema of a project: which fields of an item are shown, and what is asked about it. Pure.

    {"version": 1,
     "item": {"text": "text"},
     "questions": [{"id": "sentiment", "type": "choice", "text": "…", "required": true,
                    "options": [{"id": "pos", "text": "Positive", "key": "1"}, …]}]}

`version` is that of this format. `item` names fields of the item and how each is shown, in order.
A new question type is a module beside `choice` and one entry in `_TYPES`; old schemas stay readable.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.labels.choice import Choice, read_choice
from annotation.labels.errors import Malformed, Unreadable
from annotation.labels.reading import only

FORMAT = 1
MOST_QUESTIONS = 20
MOST_FIELDS = 20
MOST_BYTES = 64 * 1024
SHOWN_AS = frozenset({"text"})

Question = Choice
_TYPES = {"choice": read_choice}


@dataclass(frozen=True, slots=True)
class LabelSchema:
    """A schema that was read and found right."""

    item: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the schema as it is written, with every default filled in."""
        return {
            "version": FORMAT,
            "item": dict(self.item),
            "questions": [question.to_json() for question in self.questions],
        }


def read_schema(body: object) -> LabelSchema:
    """Return the schema behind parsed JSON. Raises `Malformed` with the place and the rule."""
    if not isinstance(body, dict):
        raise Malformed("a label schema is a JSON object")
    only(body, {"version", "item", "questions"}, where="schema")
    if body.get("version") != FORMAT or isinstance(body.get("version"), bool):
        raise Malformed(f"`version` is {FORMAT}", where="version")
    questions = body.get("questions")
    if not isinstance(questions, list) or not 1 <= len(questions) <= MOST_QUESTIONS:
        raise Malformed(f"a schema asks 1 to {MOST_QUESTIONS} questions", where="questions")
    read = tuple(_read_question(question, where=f"questions[{n}]") for n, question in enumerate(questions))
    if len({question.id for question in read}) != len(read):
        raise Malformed("two questions share one id", where="questions")
    schema = LabelSchema(_read_item(body.get("item")), read)
    if len(encode_schema(schema)) > MOST_BYTES:
        raise Malformed(f"a schema has at most {MOST_BYTES // 1024} KiB", where="schema")
    return schema


def encode_schema(schema: LabelSchema) -> bytes:
    """Return the bytes that are sealed."""
    return json.dumps(schema.to_json(), ensure_ascii=False, separators=(",", ":")).encode()


def decode_schema(body: bytes) -> LabelSchema:
    """Return the schema behind opened bytes. Raises `Unreadable`."""
    try:
        return read_schema(json.loads(body))
    except (ValueError, Malformed) as damaged:
        raise Unreadable("a label schema is not in a form known here") from damaged


def _read_item(item: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(item, Mapping) or not 1 <= len(item) <= MOST_FIELDS:
        raise Malformed(f"`item` names 1 to {MOST_FIELDS} fields and how each is shown", where="item")
    for name, shown_as in item.items():
        if not name.strip() or len(name) > 100 or "\0" in name:
            raise Malformed("a field's name has 1 to 100 characters", where="item")
        if shown_as not in SHOWN_AS:
            raise Malformed(f"a field is shown as {' or '.join(sorted(SHOWN_AS))}", where=f"item.{name[:40]}")
    return tuple(item.items())


def _read_question(question: object, *, where: str) -> Question:
    if not isinstance(question, dict):
        raise Malformed("a question is an object with id, type and text", where=where)
    reader = _TYPES.get(str(question.get("type")))
    if reader is None:
        raise Malformed(f"a question's type is {' or '.join(sorted(_TYPES))}", where=f"{where}.type")
    return reader(question, where=where)
