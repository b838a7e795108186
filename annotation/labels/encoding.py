"""JSON as bytes that any reader takes, for whatever text JSON can hold. Pure.

A JSON string may hold half a surrogate pair, as an escape; UTF-8 cannot hold it. Such a half is written
as the escape that it came as, everything else as it is.
"""

import json
import re
from typing import Any

_HALVES = re.compile("[\ud800-\udfff]")


def writable(text: str) -> str:
    """Return a text that UTF-8 can hold: U+FFFD in place of each half of a surrogate pair."""
    return _HALVES.sub("\ufffd", text)


def to_bytes(value: Any, *, sort_keys: bool = False) -> bytes:
    """Return compact JSON in UTF-8. Equal values with sorted keys are equal bytes."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"), allow_nan=False)
    # Halves of pairs are all that UTF-8 refuses, and they stand inside strings only, where Python's
    # `\udXXX` is JSON's escape too.
    return text.encode(errors="backslashreplace")
