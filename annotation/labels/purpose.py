"""The purpose of a project: what its answers are for, in five parts that a labeler can judge. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from annotation.labels.errors import Malformed

MOST_TRAINS = 2_000
MOST_SECTOR = 120
MOST_WORDS = 5_000
_PARTS = {"trains", "sector", "defence", "disturbing", "words"}


@dataclass(frozen=True, slots=True)
class Purpose:
    """What the data trains, for which sector, whether for defence, whether it disturbs, and free words."""

    trains: str
    sector: str
    defence: bool
    disturbing: bool
    words: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as the API and the sealed column write it."""
        return asdict(self)


def read_purpose(body: object) -> Purpose:
    """Return the purpose that parsed JSON states. Raises `Malformed`, with `where` naming the part."""
    if not isinstance(body, Mapping):
        raise Malformed("a purpose is an object with its parts", where="purpose")
    if strange := sorted(set(map(str, body)) - _PARTS):
        raise Malformed(f"“{strange[0][:40]}” is not known here", where=strange[0][:40])
    return Purpose(
        trains=_text(body, "trains", MOST_TRAINS),
        sector=_text(body, "sector", MOST_SECTOR),
        defence=_yes_or_no(body, "defence"),
        disturbing=_yes_or_no(body, "disturbing"),
        words=_text(body, "words", MOST_WORDS, empty=True),
    )


def encode_purpose(purpose: Purpose) -> bytes:
    """Return the bytes that are sealed, and whose digest the log holds when they are shown."""
    return json.dumps(purpose.to_json(), ensure_ascii=False, sort_keys=True).encode()


def decode_purpose(encoded: bytes) -> Purpose:
    """Return what `encode_purpose` wrote."""
    return Purpose(**json.loads(encoded))


def _text(body: Mapping[str, Any], name: str, most: int, *, empty: bool = False) -> str:
    value = body.get(name, "" if empty else None)
    if not isinstance(value, str) or len(value) > most or not (empty or value.strip()):
        least = 0 if empty else 1
        raise Malformed(f"`{name}` is a text of {least} to {most:,} characters", where=name)
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Malformed("the text holds a character that cannot be stored", where=name)
    return value.replace("\r\n", "\n").strip()


def _yes_or_no(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool):
        raise Malformed(f"say for `{name}` whether it is so: true or false", where=name)
    return value
