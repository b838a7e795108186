"""Single choice: one question, two or more options, one of them picked. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.reading import identifier, only, text

MOST_OPTIONS = 50
RESERVED_KEYS = frozenset("sgf?")
"""Keys that mean something on every labeling page: skip, guidelines, flag, help."""

_KEY = re.compile(r"[a-z0-9]", re.ASCII)
_DIGITS = "123456789"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be picked. `key` is the key that picks it, or empty."""

    id: str
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A question whose answer is the id of one option."""

    id: str
    text: str
    required: bool
    options: tuple[Option, ...] = field(default=())

    type = "choice"

    def check(self, value: object, *, where: str) -> str:
        """Return the picked option's id. Raises `Malformed` for anything else."""
        if not isinstance(value, str) or value not in {option.id for option in self.options}:
            raise Malformed("pick one of the options of this question", where=where)
        return value

    def to_json(self) -> dict[str, Any]:
        """Return the question as the label schema writes it."""
        return {
            "id": self.id,
            "type": self.type,
            "text": self.text,
            "options": [{"id": o.id, "text": o.text, "key": o.key} for o in self.options],
            "required": self.required,
        }


def read_choice(body: Mapping[str, Any], *, where: str) -> Choice:
    """Return the question behind `body`. Raises `Malformed`."""
    only(body, {"id", "type", "text", "options", "required"}, where=where)
    required = body.get("required", True)
    if not isinstance(required, bool):
        raise Malformed("`required` is true or false", where=f"{where}.required")
    options = body.get("options")
    if not isinstance(options, list) or not 2 <= len(options) <= MOST_OPTIONS:
        raise Malformed(f"a choice has 2 to {MOST_OPTIONS} options", where=f"{where}.options")
    read: list[Option] = []
    taken = {str(o.get("key")) for o in options if isinstance(o, dict) and o.get("key")}
    digits = iter([d for d in _DIGITS if d not in taken])
    for n, option in enumerate(options):
        read.append(_read_option(option, digits=digits, where=f"{where}.options[{n}]"))
    for what, values in (("id", [o.id for o in read]), ("key", [o.key for o in read if o.key])):
        if len(set(values)) != len(values):
            raise Malformed(f"two options share one {what}", where=f"{where}.options")
    return Choice(identifier(body, where=where), text(body, "text", where=where), required, tuple(read))


def _read_option(option: object, *, digits: Any, where: str) -> Option:
    if not isinstance(option, dict):
        raise Malformed("an option is an object with id and text", where=where)
    only(option, {"id", "text", "key"}, where=where)
    key = option.get("key") or next(digits, "")
    if not isinstance(key, str) or (key and not _KEY.fullmatch(key)):
        raise Malformed("a key is one digit or one small letter", where=f"{where}.key")
    if key in RESERVED_KEYS:
        raise Malformed(f"the key {key} is taken by the labeling page", where=f"{where}.key")
    return Option(identifier(option, where=where), text(option, "text", where=where), key)
