"""Checkpoints (c2sp.org/tlog-checkpoint): the origin, size and root that a log signs."""

from dataclasses import dataclass

from audit.encoding import parse_decimal, parse_hash, require_encodable, to_base64
from audit.errors import Malformed


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of one log at one size: `<origin>LF<size>LF<base64 root>LF`, then extensions.

    Size and root belong together: whoever checks a proof takes both from one checkpoint.
    """

    origin: str
    size: int
    head: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a note; raises `Malformed` unless it is the one encoding."""
        if not text.endswith("\n"):
            raise Malformed("a checkpoint ends with a line feed")
        if any(mark < " " and mark != "\n" for mark in text):
            raise Malformed("a checkpoint holds a control character")
        require_encodable(text)
        # Not splitlines(), which also splits on U+2028 and others.
        lines = text[:-1].split("\n")
        if len(lines) < 3 or not all(lines):
            raise Malformed("a checkpoint has an origin, a size and a root, and no empty line")
        origin, size, head, *extensions = lines
        return cls(origin, parse_decimal(size), parse_hash(head), tuple(extensions))

    @property
    def text(self) -> str:
        """The bytes to sign, as text."""
        lines = (self.origin, str(self.size), to_base64(self.head), *self.extensions)
        return "".join(f"{line}\n" for line in lines)
