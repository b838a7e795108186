"""Reading JSON of a label schema strictly: known names only, ids that are ids, texts that are texts. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from annotation.labels.errors import Malformed

MOST_TEXT = 500
"""Characters of a question or an option."""

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


def text(body: Mapping[str, Any], name: str, *, where: str) -> str:
    """Return a text of 1 to 500 characters, with its spaces as they are. Raises `Malformed`."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > MOST_TEXT:
        raise Malformed(f"`{name}` is a text of 1 to {MOST_TEXT} characters", where=f"{where}.{name}")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Malformed("the text holds a character that cannot be stored", where=f"{where}.{name}")
    return value
