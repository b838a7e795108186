"""Options that can be picked, and the keys that pick them. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from annotation.labels.errors import Malformed
from annotation.labels.reading import identifier, only, text

MOST_OPTIONS = 50
RESERVED_KEYS = frozenset("sgfuhrjk?[]")
"""Keys that mean something on every labeling page, Enter and Escape beside them.

Skip, guidelines, flag, undo, history, redo, down, up, help, and the questions before and after.
"""

KEYS = "1234567890" + "".join(
    letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in RESERVED_KEYS
)
"""What an option without a key of its own gets, in this order."""

_KEY = re.compile(r"[a-z0-9]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be picked. `key` is the key that picks it, or empty when all are taken."""

    id: str
    text: str
    key: str

    def to_json(self) -> dict[str, Any]:
        """Return the option as the label schema writes it."""
        return {"id": self.id, "text": self.text, "key": self.key}


def read_options(body: Mapping[str, Any], *, least: int, where: str) -> tuple[Option, ...]:
    """Return `body["options"]`, `least` to 50 of them, each with a key. Raises `Malformed`."""
    options = body.get("options")
    if not isinstance(options, list) or not least <= len(options) <= MOST_OPTIONS:
        raise Malformed(f"there are {least} to {MOST_OPTIONS} options", where=f"{where}.options")
    taken = {str(o.get("key")) for o in options if isinstance(o, dict) and o.get("key")}
    free = iter([key for key in KEYS if key not in taken])
    read = [_read(option, free, where=f"{where}.options[{n}]") for n, option in enumerate(options)]
    differ("id", [o.id for o in read], where=f"{where}.options")
    differ("key", [o.key for o in read if o.key], where=f"{where}.options")
    return tuple(read)


def differ(what: str, values: Iterable[str], *, where: str) -> None:
    """Raise `Malformed` when two options share an id or a key."""
    listed = list(values)
    if len(set(listed)) != len(listed):
        raise Malformed(f"two options share one {what}", where=where)


def without_reserved_keys(question: Any) -> Any:
    """Return a stored question whose options lost keys that were reserved after it was published."""
    if not isinstance(question, dict) or not isinstance(question.get("options"), list):
        return question
    options = [
        {**option, "key": ""} if isinstance(option, dict) and option.get("key") in RESERVED_KEYS else option
        for option in question["options"]
    ]
    return {**question, "options": options}


def _read(option: object, free: Iterator[str], *, where: str) -> Option:
    if not isinstance(option, dict):
        raise Malformed("an option is an object with id and text", where=where)
    only(option, {"id", "text", "key"}, where=where)
    key = option.get("key") or next(free, "")
    if not isinstance(key, str) or (key and key not in RESERVED_KEYS and not _KEY.fullmatch(key)):
        raise Malformed("a key is one digit or one small letter", where=f"{where}.key")
    if key in RESERVED_KEYS:
        raise Malformed(f"the key {key} is taken by the labeling page", where=f"{where}.key")
    return Option(identifier(option, where=where), text(option, "text", where=where), key)
