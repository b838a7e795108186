"""The label schema of a project: what of an item is shown, and what is asked about it. Pure.

    {"version": 1,
     "item": {"prompt": "markdown"},
     "candidates": {"of": ["response_a", "response_b"], "as": "markdown"},
     "questions": [{"id": "better", "type": "preference", "text": "…", "strength": 3}, …]}

`version` is that of this format. `item` names fields of the item and how each is shown, in order;
`candidates` names what is compared. A new question type is a module beside `choice` and one entry in
`_TYPES`; old schemas stay readable.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from annotation.labels.candidates import Candidates, read_candidates
from annotation.labels.choice import read_choice
from annotation.labels.choices import read_choices
from annotation.labels.encoding import to_bytes
from annotation.labels.errors import Malformed, Unreadable
from annotation.labels.options import without_reserved_keys
from annotation.labels.preference import COMPARED, Preference, read_preference
from annotation.labels.question import Question, Surroundings
from annotation.labels.ranking import read_ranking
from annotation.labels.rating import read_rating
from annotation.labels.reading import field_name, only
from annotation.labels.spans import read_spans
from annotation.labels.taxonomy import read_taxonomy
from annotation.labels.written import read_written

FORMAT = 1
MOST_QUESTIONS = 20
MOST_FIELDS = 20
MOST_BYTES = 64 * 1024
SHOWN_AS = frozenset({"chat", "markdown", "text"})

_SEED = "seed"
_TYPES: dict[str, Callable[..., Question]] = {
    "choice": read_choice,
    "choices": read_choices,
    "preference": read_preference,
    "ranking": read_ranking,
    "rating": read_rating,
    "spans": read_spans,
    "taxonomy": read_taxonomy,
    "text": read_written,
}


@dataclass(frozen=True, slots=True)
class LabelSchema:
    """A schema that was read and found right.

    `seed` is the secret behind the order of candidates. It is sealed with the schema and leaves the
    server in no other form; a schema that was only read has none.
    """

    item: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]
    candidates: Candidates | None = None
    seed: bytes = field(default=b"", repr=False)

    @property
    def needs_item(self) -> bool:
        """Say whether an answer can be checked only with the item at hand."""
        listed = self.candidates is not None and self.candidates.in_a_list
        return listed or any(question.needs_item for question in self.questions)

    def to_json(self) -> dict[str, Any]:
        """Return the schema as it is written, with every default filled in."""
        body: dict[str, Any] = {"version": FORMAT, "item": dict(self.item)}
        if self.candidates:
            body["candidates"] = self.candidates.to_json()
        return body | {"questions": [question.to_json() for question in self.questions]}

    def for_labelers(self) -> dict[str, Any]:
        """Return the schema as labelers get it: without the source names of what they compare."""
        body = self.to_json()
        if self.candidates:
            body["candidates"] = {"as": self.candidates.shown_as}
        return body


def read_schema(body: object) -> LabelSchema:
    """Return the schema behind parsed JSON. Raises `Malformed` with the place and the rule."""
    if not isinstance(body, dict):
        raise Malformed("a label schema is a JSON object")
    only(body, {"version", "item", "candidates", "questions"}, where="schema")
    if body.get("version") != FORMAT or isinstance(body.get("version"), bool):
        raise Malformed(f"`version` is {FORMAT}", where="version")
    item = _read_item(body.get("item"))
    candidates = None
    if body.get("candidates") is not None:
        candidates = read_candidates(body["candidates"], item)
    questions = _read_questions(body.get("questions"), item, candidates)
    if candidates and any(isinstance(question, Preference) for question in questions):
        if candidates.count not in (None, COMPARED):
            raise Malformed(
                f"a preference compares {COMPARED} candidates; rank more of them", where="candidates.of"
            )
        candidates = replace(candidates, count=COMPARED)
    schema = LabelSchema(tuple(item.items()), questions, candidates)
    if len(encode_schema(schema)) > MOST_BYTES:
        raise Malformed(f"a schema has at most {MOST_BYTES // 1024} KiB", where="schema")
    return schema


def encode_schema(schema: LabelSchema) -> bytes:
    """Return the bytes that are sealed, the seed among them."""
    body = schema.to_json()
    return to_bytes({**body, _SEED: schema.seed.hex()} if schema.seed else body)


def decode_schema(body: bytes) -> LabelSchema:
    """Return the schema behind opened bytes. Raises `Unreadable`."""
    try:
        stored = json.loads(body)
        if not isinstance(stored, dict):
            raise Unreadable("a label schema is not in a form known here")
        seed = bytes.fromhex(stored.pop(_SEED, ""))
        questions = stored.get("questions")
        if isinstance(questions, list):
            stored["questions"] = [without_reserved_keys(question) for question in questions]
        return replace(read_schema(stored), seed=seed)
    except (ValueError, TypeError, Malformed) as damaged:
        raise Unreadable("a label schema is not in a form known here") from damaged


def _read_item(item: object) -> dict[str, str]:
    if not isinstance(item, Mapping) or not 1 <= len(item) <= MOST_FIELDS:
        raise Malformed(f"`item` names 1 to {MOST_FIELDS} fields and how each is shown", where="item")
    for name, shown_as in item.items():
        field_name(name, where="item")
        if not isinstance(shown_as, str) or shown_as not in SHOWN_AS:
            raise Malformed(f"a field is shown as {', '.join(sorted(SHOWN_AS))}", where=f"item.{name[:40]}")
    return dict(item)


def _read_questions(
    questions: object, item: Mapping[str, str], candidates: Candidates | None
) -> tuple[Question, ...]:
    if not isinstance(questions, list) or not 1 <= len(questions) <= MOST_QUESTIONS:
        raise Malformed(f"a schema asks 1 to {MOST_QUESTIONS} questions", where="questions")
    read: dict[str, Question] = {}
    for n, body in enumerate(questions):
        around = Surroundings(item, candidates is not None, read)
        question = _read_question(body, around, where=f"questions[{n}]")
        if question.id in read:
            raise Malformed("two questions share one id", where="questions")
        read[question.id] = question
    return tuple(read.values())


def _read_question(question: object, around: Surroundings, *, where: str) -> Question:
    if not isinstance(question, dict):
        raise Malformed("a question is an object with id, type and text", where=where)
    reader = _TYPES.get(str(question.get("type")))
    if reader is None:
        raise Malformed(f"a question's type is {', '.join(sorted(_TYPES))}", where=f"{where}.type")
    return reader(question, around, where=where)
