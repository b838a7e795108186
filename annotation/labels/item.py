"""One item as it is sealed: the customer's own JSON object, byte for byte as it was imported. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from annotation.labels.candidates import letters
from annotation.labels.chat import chat_problem, shown_chat
from annotation.labels.encoding import to_bytes, writable
from annotation.labels.errors import Unreadable
from annotation.labels.order import Order, shown_order
from annotation.labels.schema import LabelSchema
from annotation.labels.spans import Spans


@dataclass(frozen=True, slots=True)
class Item:
    """The fields of an item, and the id that the customer knows it by: its field `id`, if it has one."""

    external_id: str | None
    fields: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShownItem:
    """What one labeler sees of an item.

    Attributes:
        fields: the fields that the schema shows, in its order; one that is missing or does not fit is None.
        candidates: what is compared, as A, B, …; None where nothing is, or where it does not fit.
        problem: what keeps the item from fitting the schema, a sentence, or None.
        order: the source names of A, B, …; never leaves the server.
    """

    fields: dict[str, Any] = field(repr=False)
    candidates: dict[str, str] | None = field(repr=False)
    problem: str | None
    order: Order = field(repr=False)


def encode_item(fields: Mapping[str, Any]) -> bytes:
    """Return the bytes of an item that we write ourselves; an imported one keeps the bytes of its file."""
    return to_bytes(fields)


def encode_shown(shown: ShownItem) -> bytes:
    """Return the bytes whose digest a delivery records: the fields, and what is compared beside them."""
    if shown.candidates is None:
        return to_bytes(shown.fields)
    return to_bytes({"item": shown.fields, "candidates": shown.candidates})


def decode_item(payload: bytes) -> Item:
    """Return the item behind opened bytes. Raises `Unreadable`."""
    try:
        fields = dict(json.loads(payload))
    except (ValueError, TypeError) as damaged:
        raise Unreadable("an item is not in a form known here") from damaged
    own = fields.get("id")
    return Item(None if own is None or own == "" else str(own), fields)


def show_item(schema: LabelSchema, item: Item, *, task_id: UUID, labeler_id: UUID) -> ShownItem:
    """Return what this labeler sees, the candidates in their own order and without source names."""
    problem = fitting(schema)(item.fields) or None
    if schema.candidates is None:
        return ShownItem(only_shown(schema, item), None, problem, ())
    if schema.candidates.problem(item.fields):
        return ShownItem(only_shown(schema, item), None, problem, ())
    contents = schema.candidates.contents(item.fields)
    order = shown_order(schema, tuple(contents), task_id=task_id, labeler_id=labeler_id)
    named = {letter: contents[source] for letter, source in zip(letters(len(order)), order, strict=True)}
    return ShownItem(only_shown(schema, item), named, problem, order)


def only_shown(schema: LabelSchema, item: Item) -> dict[str, Any]:
    """Return the fields that a labeler sees, in the schema's order; one that the item lacks is None.

    The rest stays: an item may carry what a labeler must not see, an expected answer for one.
    """
    return {name: _shown(item.fields.get(name), shown_as) for name, shown_as in schema.item}


def fitting(schema: LabelSchema) -> Callable[[Mapping[str, Any]], str]:
    """Return the function that says why an item's fields do not fit the schema: a sentence, or nothing.

    It quotes nothing of the item. For fields shown as text it costs one look-up each.
    """
    plain = tuple(name for name, shown_as in schema.item if shown_as != "chat")
    chats = tuple(name for name, shown_as in schema.item if shown_as == "chat")
    marked = tuple({question.of for question in schema.questions if isinstance(question, Spans)})
    candidates = schema.candidates

    def problem(fields: Mapping[str, Any]) -> str:
        for name in plain:
            if fields.get(name) is None:
                return f"The field “{name}” is missing."
        for name in marked:
            if type(fields[name]) is not str:
                return f"The field “{name}” is no text, so nothing can be marked in it."
        for name in chats:
            if fields.get(name) is None:
                return f"The field “{name}” is missing."
            wrong = chat_problem(fields[name])
            if wrong:
                return f"The field “{name}” {wrong}."
        return candidates.problem(fields) if candidates else ""

    return problem


def as_text(value: object) -> str:
    """Return a field's value as text for a page: text as it is, anything else as JSON, nothing as nothing.

    HTML is UTF-8 and cannot hold half a surrogate pair: U+FFFD stands for one, here and nowhere else.
    """
    if value is None:
        return ""
    return writable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _shown(value: Any, shown_as: str) -> Any:
    if shown_as != "chat":
        return value
    return None if chat_problem(value) else shown_chat(value)
