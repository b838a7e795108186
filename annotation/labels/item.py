"""One item as it is sealed: the customer's own JSON object, byte for byte as it was imported. Pure."""

import json
from dataclasses import dataclass, field
from typing import Any

from annotation.labels.errors import Unreadable
from annotation.labels.schema import LabelSchema


@dataclass(frozen=True, slots=True)
class Item:
    """The fields of an item, and the id that the customer knows it by: its field `id`, if it has one."""

    external_id: str | None
    fields: dict[str, Any] = field(repr=False)


def encode_item(fields: dict[str, Any]) -> bytes:
    """Return the bytes of an item that we write ourselves; an imported one keeps the bytes of its file."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def decode_item(payload: bytes) -> Item:
    """Return the item behind opened bytes. Raises `Unreadable`."""
    try:
        fields = dict(json.loads(payload))
    except (ValueError, TypeError) as damaged:
        raise Unreadable("an item is not in a form known here") from damaged
    own = fields.get("id")
    return Item(None if own is None or own == "" else str(own), fields)


def only_shown(schema: LabelSchema, item: Item) -> dict[str, Any]:
    """Return the fields that a labeler sees, in the schema's order; one that the item lacks is None.

    The rest stays: an item may carry what a labeler must not see, an expected answer for one.
    """
    return {name: item.fields.get(name) for name, _ in schema.item}


def as_text(value: object) -> str:
    """Return a field's value as text: text as it is, anything else as JSON, nothing as nothing."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
