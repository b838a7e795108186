"""Reading JSON of a label schema strictly: known names only, ids that are ids, texts that are texts. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from annotation.labels.errors import Malformed

MOST_TEXT = 500
"""Characters of a question or an option."""

MOST_HELP = 2_000
MOST_FIELD_NAME = 100

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)


def only(body: Mapping[str, Any], known: set[str], *, where: str) -> None:
    """Raise `Malformed` when `body` has a name that is not in `known`: a slip must not pass for a choice."""
    strange = sorted(set(body) - known)
    if strange:
        raise Malformed(f"“{strange[0][:40]}” is not known here", where=where)


def identifier(body: Mapping[str, Any], *, where: str) -> str:
    """Return `body["id"]`: 1 to 40 letters, digits, `_`, `.` or `-`. Raises `Malformed`."""
    value = body.get("id")
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise Malformed(
            "an id has 1 to 40 letters, digits, “_”, “.” or “-”, and begins with a letter or digit",
            where=f"{where}.id",
        )
    return value


def text(body: Mapping[str, Any], name: str, *, where: str, most: int = MOST_TEXT) -> str:
    """Return a text of 1 to `most` characters, with its spaces as they are. Raises `Malformed`."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise Malformed(f"`{name}` is a text of 1 to {most:,} characters", where=f"{where}.{name}")
    if unstorable(value):
        raise Malformed("the text holds a character that cannot be stored", where=f"{where}.{name}")
    return value


def optional_text(body: Mapping[str, Any], name: str, *, where: str, most: int = MOST_TEXT) -> str:
    """Return the text, or an empty one where there is none. Raises `Malformed`."""
    return text(body, name, where=where, most=most) if body.get(name) not in (None, "") else ""


def flag(body: Mapping[str, Any], name: str, *, where: str, default: bool) -> bool:
    """Return a truth value. Raises `Malformed`."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise Malformed(f"`{name}` is true or false", where=f"{where}.{name}")
    return value


def whole(body: Mapping[str, Any], name: str, *, where: str, least: int, most: int, default: int) -> int:
    """Return a whole number from `least` to `most`. Raises `Malformed`."""
    value = body.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise Malformed(f"`{name}` is a whole number from {least:,} to {most:,}", where=f"{where}.{name}")
    return value


def field_name(value: object, *, where: str) -> str:
    """Return the name of an item's field. Raises `Malformed`."""
    if not isinstance(value, str) or not value.strip() or len(value) > MOST_FIELD_NAME or unstorable(value):
        raise Malformed(f"a field's name has 1 to {MOST_FIELD_NAME} characters", where=where)
    return value


def unstorable(value: str) -> bool:
    """Say whether a text of ours (not of an item) holds NUL or half a surrogate pair."""
    return "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
