"""What a log says of the one that it succeeds: a note under both keys, and the file that leads a pin across it.

    ringfence.audit/succession/v1
    <origin of the old log>
    <vkey of the new log>
    <standing: behind, forked or keyless>
    promised <size> <root>      the newest head that the old log was held to
    kept <size> <root>          the head that the new log goes on from

The text can be no checkpoint (its second line is no number), so a log's key signs it without saying anything of a tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.encoding import parse_base64, parse_decimal, parse_hash, parse_utf8, to_base64
from audit.errors import Malformed, NoteRejected
from audit.notes import Vkey, open_note, split_note
from audit.proofs import ConsistencyProof

TITLE = "ringfence.audit/succession/v1"
HEADER = "ringfence.audit/succession-file/v1"
KEYLESS = "keyless"
STANDINGS = {
    "behind": "events that were promised are gone",
    "forked": "other events stand where the promised ones stood",
    KEYLESS: "its signing key is lost",
}
"""How a log stood that was succeeded, and what that means."""
MAX_STATEMENTS = 100
MAX_FILE_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Head:
    """A size and its root of 32 bytes."""

    size: int
    root: bytes

    def line(self, word: str) -> str:
        """Return the line of a statement."""
        return f"{word} {self.size} {to_base64(self.root)}"

    @classmethod
    def parse(cls, line: str, word: str) -> "Head":
        """Read the line; raises `Malformed`."""
        words = line.split(" ")
        if len(words) != 3 or words[0] != word:
            raise Malformed(f"a succession says {word!r}, a size and a root")
        return cls(parse_decimal(words[1]), parse_hash(words[2]))


@dataclass(frozen=True, slots=True)
class Succession:
    """That the log of `vkey` goes on from `kept`, in place of the log `origin`, which was held to `promised`."""

    origin: str
    vkey: Vkey
    standing: str
    promised: Head
    kept: Head

    @property
    def text(self) -> str:
        """The text that both logs sign."""
        lines = (TITLE, self.origin, str(self.vkey), self.standing)
        return "".join(
            f"{line}\n" for line in (*lines, self.promised.line("promised"), self.kept.line("kept"))
        )

    @classmethod
    def parse(cls, text: str) -> "Succession":
        """Read the text; raises `Malformed`."""
        lines = text.split("\n")
        if len(lines) != 7 or lines[0] != TITLE or lines[-1]:
            raise Malformed("not a succession")
        _, origin, vkey, standing, promised, kept, _ = lines
        if not origin or standing not in STANDINGS:
            raise Malformed("a succession names the old log, and how it stood")
        said = cls(
            origin, Vkey.parse(vkey), standing, Head.parse(promised, "promised"), Head.parse(kept, "kept")
        )
        if said.vkey.name == origin or said.text != text:
            raise Malformed("a log does not succeed itself, and says so in one way only")
        return said


def succession_facts(origin: str, standing: str, promised: Head, kept: Head) -> dict[str, object]:
    """Return what the first entry after a succession says of it: all but the new log's key, which is made later."""
    return {
        "kept": kept.size,
        "promised": promised.size,
        "promised_root": to_base64(promised.root),
        "standing": standing,
        "succeeds": origin,
    }


def open_succession(note: bytes, old: Vkey | None) -> Succession:
    """Return what a note says that the new log's key has signed, and the old log's, unless the note says it is lost.

    `old` is None where nobody knows the old log's key. Raises `Malformed`, and `NoteRejected` for a signature that is
    missing or wrong, and for a note about another log.
    """
    said = Succession.parse(split_note(note)[0])
    if old is not None and said.origin != old.name:
        raise NoteRejected(f"the note is of a succession of {said.origin!r}, not of {old.name!r}")
    open_note(note, [said.vkey])
    if old is not None and said.standing != KEYLESS:
        open_note(note, [old])
    return said


@dataclass(frozen=True, slots=True)
class SuccessionFile:
    """The notes from a pin's log on to the newest one, oldest first, and the growth since the pin.

        ringfence.audit/succession-file/v1
        note <base64 of a note>          one for each succession of the log
        meta <base64 of a note>          one for each of the meta-log, which the pin's witnesses watch
        growth <base64 of a consistency proof>

    There is at least one of either. `growth` is the body of tlog-witness's `add-checkpoint`, from the size that was
    asked for; that its old root is the pinned one is what it proves.
    """

    notes: tuple[bytes, ...]
    growth: ConsistencyProof
    metas: tuple[bytes, ...] = ()

    def to_bytes(self) -> bytes:
        """Write the file."""
        notes = "".join(f"note {to_base64(note)}\n" for note in self.notes)
        notes += "".join(f"meta {to_base64(note)}\n" for note in self.metas)
        return f"{HEADER}\n{notes}growth {to_base64(self.growth.to_bytes())}\n".encode()

    @classmethod
    def parse(cls, data: bytes) -> "SuccessionFile":
        """Read the file; raises `Malformed`. Nothing is verified yet."""
        if len(data) > MAX_FILE_BYTES:
            raise Malformed(f"a succession may have at most {MAX_FILE_BYTES} bytes")
        lines = parse_utf8(data).split("\n")
        if len(lines) < 4 or lines[0] != HEADER or lines[-1]:
            raise Malformed("not a succession")
        del lines[0], lines[-1]
        if len(lines) > MAX_STATEMENTS + 1:
            raise Malformed(f"a succession has at most {MAX_STATEMENTS} notes")
        first = sum(line.startswith("note ") for line in lines)
        notes, metas = _values(lines[:first], "note"), _values(lines[first:-1], "meta")
        found = cls(notes, ConsistencyProof.parse(_values(lines[-1:], "growth")[0]), metas)
        if found.to_bytes() != data:
            raise Malformed("not the one encoding of a succession")
        return found


def _values(lines: Sequence[str], word: str) -> tuple[bytes, ...]:
    if any(not line.startswith(f"{word} ") for line in lines):
        raise Malformed(f"a line of a succession begins with {word!r}")
    return tuple(parse_base64(line.removeprefix(f"{word} ")) for line in lines)
