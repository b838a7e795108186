"""One item as it is sealed: the customer's id for it, and its fields. Pure."""

import json
from dataclasses import dataclass, field
from typing import Any

from annotation.labels.errors import Unreadable


@dataclass(frozen=True, slots=True)
class Item:
    """What a labeler sees (`fields`), under the id that the customer knows it by."""

    external_id: str | None
    fields: dict[str, Any] = field(repr=False)


def encode_item(item: Item) -> bytes:
    """Return the bytes that are sealed: compact UTF-8 JSON `{"id": …, "item": {…}}`. Text is not normalised.

    A lone surrogate, which JSON allows and UTF-8 does not, is kept as its escape.
    """
    body = {"id": item.external_id, "item": item.fields}
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError:
        return json.dumps(body, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode()


def decode_item(sealed_bytes: bytes) -> Item:
    """Return the item behind opened bytes. Raises `Unreadable` for what `encode_item` cannot have written."""
    try:
        body = json.loads(sealed_bytes)
        return Item(body["id"], dict(body["item"]))
    except (ValueError, KeyError, TypeError) as malformed:
        raise Unreadable("an item is not in a form known here") from malformed
