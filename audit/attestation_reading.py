"""Strict reading of a statement's JSON: every name is expected, and every value has one form. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from audit.encoding import HASH_BYTES
from audit.errors import Malformed

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reader:
    """One JSON object and where it stands. Every method raises `Malformed`, naming the place."""

    body: Mapping[str, object]
    where: str

    def only(self, *names: str) -> None:
        """Return if the object has exactly these names."""
        wanted = set(names)
        if missing := sorted(wanted - set(self.body)):
            raise Malformed(f"{self.where}: {missing[0]} is missing")
        if strange := sorted(set(self.body) - wanted):
            raise Malformed(f"{self.where}: {strange[0][:40]!r} is not known here")

    def part(self, name: str, *names: str) -> "Reader":
        """Return the object `name`, with exactly `names` where any are given."""
        return self._part(self._get(name), f"{self.where}.{name}", names)

    def parts(self, name: str, *names: str) -> "list[Reader]":
        """Return a list of objects, each with exactly `names`."""
        found = self._list(name)
        return [self._part(each, f"{self.where}.{name}[{n}]", names) for n, each in enumerate(found)]

    def text(self, name: str) -> str:
        """Return a text."""
        value = self._get(name)
        if not isinstance(value, str):
            raise Malformed(f"{self.where}.{name} is text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self._list(name)
        if not all(isinstance(each, str) for each in found):
            raise Malformed(f"{self.where}.{name} is a list of texts")
        return tuple(str(each) for each in found)

    def one_of(self, name: str, *words: str) -> str:
        """Return one of `words`."""
        value = self.text(name)
        if value not in words:
            raise Malformed(f"{self.where}.{name} is {' or '.join(words)}")
        return value

    def number(self, name: str) -> int:
        """Return a whole number."""
        value = self._get(name)
        if type(value) is not int:
            raise Malformed(f"{self.where}.{name} is a whole number")
        return value

    def number_or_none(self, name: str) -> int | None:
        """Return a whole number, or None where null is written."""
        return None if self._get(name) is None else self.number(name)

    def hex(self, name: str) -> bytes:
        """Return the 32 bytes of a SHA-256 in lowercase hex."""
        value = self.text(name)
        if not _HEX.fullmatch(value):
            raise Malformed(f"{self.where}.{name} is {2 * HASH_BYTES} lowercase hex digits")
        return bytes.fromhex(value)

    def sha256(self, name: str) -> bytes:
        """Return the digest in an in-toto DigestSet that has a SHA-256 and nothing else."""
        return self.part(name, "sha256").hex("sha256")

    def moment(self, name: str) -> datetime:
        """Return an instant in UTC."""
        value = self.text(name)
        if not _MOMENT.fullmatch(value):
            raise Malformed(f"{self.where}.{name} is a time such as 2026-01-31T00:00:00Z")
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise Malformed(f"{self.where}.{name} is no time that there was") from None

    def _get(self, name: str) -> object:
        if name not in self.body:
            raise Malformed(f"{self.where}: {name} is missing")
        return self.body[name]

    def _list(self, name: str) -> list[object]:
        value = self._get(name)
        if not isinstance(value, list):
            raise Malformed(f"{self.where}.{name} is a list")
        return value

    @staticmethod
    def _part(value: object, where: str, names: tuple[str, ...]) -> "Reader":
        if not isinstance(value, dict):
            raise Malformed(f"{where} is an object of named parts")
        reader = Reader(value, where)
        if names:
            reader.only(*names)
        return reader
