"""Reads DER (ITU-T X.690), as much of it as a time-stamp needs, and takes no other encoding. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from audit.errors import Malformed

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
OID: Final = 0x06
UTF8_STRING: Final = 0x0C
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

MOST_BYTES: Final = 1 << 24
_TIME: Final = re.compile(r"(\d{14})(?:\.(\d{0,8}[1-9]))?Z", re.ASCII)


def context(number: int, *, constructed: bool = True) -> int:
    """Return the tag of a context-specific member, `[number]` in a grammar."""
    return (0xA0 if constructed else 0x80) | number


@dataclass(frozen=True, slots=True)
class Value:
    """One encoded value: its tag, its content, and the bytes of both as they stood."""

    tag: int
    content: bytes = field(repr=False)
    encoded: bytes = field(repr=False)

    def members(self) -> "Members":
        """Return the values inside, to be taken in order. Raises `Malformed`."""
        return Members(list(_values(self.content)))

    def integer(self) -> int:
        """Return an INTEGER. Raises `Malformed`, also for one that is longer than it needs to be."""
        content = _of(self, INTEGER)
        if not content or (
            len(content) > 1 and content[0] in (0, 255) and content[0] >> 7 == content[1] >> 7
        ):
            raise Malformed("a number is not in its one encoding")
        return int.from_bytes(content, "big", signed=True)

    def octets(self) -> bytes:
        """Return an OCTET STRING. Raises `Malformed`."""
        return _of(self, OCTET_STRING)

    def oid(self) -> str:
        """Return an OBJECT IDENTIFIER with dots. Raises `Malformed`."""
        content = _of(self, OID)
        numbers: list[int] = []
        number, begun = 0, False
        for byte in content:
            if not begun and byte == 0x80:
                raise Malformed("an object identifier is not in its one encoding")
            number, begun = number << 7 | byte & 0x7F, True
            if not byte & 0x80:
                numbers.append(number)
                number, begun = 0, False
        if begun or not numbers:
            raise Malformed("an object identifier is cut off")
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))

    def time(self) -> datetime:
        """Return a GeneralizedTime in UTC, as RFC 3161, 2.4.2 restricts it. Raises `Malformed`."""
        found = _TIME.fullmatch(_of(self, GENERALIZED_TIME).decode("ascii", "replace"))
        if found is None:
            raise Malformed("a time is not in its one encoding")
        try:
            # strptime takes fewer digits than are there for some fields; these are fourteen.
            whole = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            raise Malformed("there is no such time") from None
        return whole + timedelta(microseconds=int((found[2] or "0").ljust(6, "0")[:6]))


class Members:
    """The values of a sequence, taken one after the other: what is left in the end does not belong."""

    def __init__(self, values: list[Value]) -> None:
        self._values = values

    def take(self, tag: int) -> Value:
        """Return the next value, which has this tag. Raises `Malformed`."""
        if not self._values or self._values[0].tag != tag:
            raise Malformed("a value is missing, or of another kind than it should be")
        return self._values.pop(0)

    def take_if(self, tag: int) -> Value | None:
        """Return the next value if it has this tag."""
        return self._values.pop(0) if self._values and self._values[0].tag == tag else None

    def rest(self) -> list[Value]:
        """Return all that is left."""
        values, self._values = self._values, []
        return values

    def end(self) -> None:
        """Return if nothing is left; raises `Malformed`."""
        if self._values:
            raise Malformed("there is more in a value than belongs there")


def parse(data: bytes) -> Value:
    """Return the one value that `data` is. Raises `Malformed` for anything else, and for any other encoding of it."""
    found = list(_values(data))
    if len(found) != 1:
        raise Malformed("not one DER value")
    return found[0]


def _values(data: bytes) -> Iterator[Value]:
    at = 0
    while at < len(data):
        tag, start = data[at], at + 2
        if tag & 0x1F == 0x1F or start > len(data):
            raise Malformed("a tag of DER is not known here, or is cut off")
        length = data[at + 1]
        if length & 0x80:
            count = length & 0x7F
            start += count
            length = int.from_bytes(data[at + 2 : start], "big")
            # Indefinite, longer than it needs to be, or beyond anything that is read here.
            if not count or count > 3 or start > len(data) or length < 0x80 or length >> 8 * (count - 1) == 0:
                raise Malformed("a length of DER is not in its one encoding")
        if start + length > len(data) or length > MOST_BYTES:
            raise Malformed("a value of DER is cut off")
        yield Value(tag, data[start : start + length], data[at : start + length])
        at = start + length


def _of(value: Value, tag: int) -> bytes:
    if value.tag != tag:
        raise Malformed("a value of DER is of another kind than it should be")
    return value.content
