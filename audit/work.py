"""The leaf of the work log, and the receipt file that a labeler keeps. Pure.

The leaf has the form of every log's leaf, and commits to other things under other tags:

    {"c":<commitment to the work>,"p":<commitment to the person>,"t":<POSIX milliseconds>,"v":1}

*work* is `{"active_ms":…,"answer":<base64 SHA-256 of the stored answer>,"entry":<id>}`; *person* is
`{"person":<member id>}`. Nothing names a tenant, a project or an item. An opening is a salt of 32
random bytes and that JSON; the salts go to the labeler alone, so that nobody else can tell what,
how long or who.

    ringfence-work-receipt/1
    work <base64 opening>
    person <base64 opening>          may be left out: then the file shows the work and not by whom
                                     an empty line
    <c2sp.org/tlog-proof, whose extra data is the leaf>
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from audit import leaf as leaves
from audit.encoding import parse_base64, parse_hash, parse_utf8, to_base64
from audit.errors import Malformed, ProofRejected
from audit.proofs import TlogProof

WORK_LOG: Final = UUID("00000000-0000-8000-8000-776f726b6c6f")
"""Stands where a tenant's id stands in the log's tables. No tenant has it: theirs are UUIDv7."""

HEADER = "ringfence-work-receipt/1"
MOST_OPENING_BYTES = 1024
MOST_FILE_BYTES = 1_200_000
LONGEST_MS = 7 * 24 * 3600 * 1000


class Part(StrEnum):
    """The two things that a work leaf commits to; each can be shown without the other."""

    WORK = "work"
    PERSON = "person"


_TAGS = {part: f"ringfence/work/v1/{part}".encode() + b"\x00" for part in Part}


@dataclass(frozen=True, slots=True)
class WorkOpenings:
    """The two openings of one leaf, each with its salt. They go to the labeler and to nobody else."""

    work: bytes = field(repr=False)
    person: bytes = field(repr=False)

    def to_json(self) -> dict[str, str]:
        """Return them in base64, by name."""
        return {"work": to_base64(self.work), "person": to_base64(self.person)}


@dataclass(frozen=True, slots=True)
class WorkLeaf:
    """A new leaf and what opens it."""

    encoded: bytes
    openings: WorkOpenings


@dataclass(frozen=True, slots=True)
class Work:
    """What an opened leaf says was done: which answer, and in how much active time."""

    entry: UUID
    answer: bytes
    active_ms: int


def build_leaf(*, entry: UUID, answer: bytes, active_ms: int, person: UUID, at_ms: int) -> WorkLeaf:
    """Commit to one answer (the SHA-256 of its stored bytes), its active time and who gave it."""
    work = _opening({"active_ms": active_ms, "answer": to_base64(answer), "entry": str(entry)})
    whose = _opening({"person": str(person)})
    encoded = leaves.encode(_commit(Part.WORK, work), _commit(Part.PERSON, whose), at_ms)
    return WorkLeaf(encoded, WorkOpenings(work, whose))


def build_statement(facts: Mapping[str, object], at_ms: int) -> bytes:
    """Return the leaf of an entry about the log itself: both halves commit to `facts` under salts of 32 zero bytes.

    So whoever knows the facts can tell that the entry states them. The log's first entry is one of these
    (`audit/schema/40_work_log.sql`), and the first one after a succession (`audit.succession`).
    """
    opening = bytes(leaves.SALT_BYTES) + leaves.canonical_json(facts)
    return leaves.encode(_commit(Part.WORK, opening), _commit(Part.PERSON, opening), at_ms)


def open_work(leaf: bytes, opening: bytes) -> Work:
    """Return the work that `leaf` commits to. Raises `ProofRejected` for another opening, `Malformed`."""
    said = _opened(leaf, Part.WORK, opening)
    if said.keys() != {"active_ms", "answer", "entry"}:
        raise Malformed("the work of a receipt names entry, answer and active time")
    active = said["active_ms"]
    if type(active) is not int or not 0 <= active <= LONGEST_MS:
        raise Malformed("an active time is a number of milliseconds, of at most a week")
    if not isinstance(said["answer"], str):
        raise Malformed("the digest of an answer is text")
    return Work(_uuid(said["entry"]), parse_hash(said["answer"]), active)


def open_person(leaf: bytes, opening: bytes) -> UUID:
    """Return who did the work that `leaf` commits to. Raises `ProofRejected` or `Malformed`."""
    said = _opened(leaf, Part.PERSON, opening)
    if said.keys() != {"person"}:
        raise Malformed("the person of a receipt is one id")
    return _uuid(said["person"])


@dataclass(frozen=True, slots=True)
class WorkReceipt:
    """The file: what was committed to, opened, and the proof that the work log holds it."""

    work: bytes = field(repr=False)
    person: bytes | None = field(repr=False)
    proof: TlogProof

    @property
    def leaf(self) -> bytes:
        """The leaf, as the proof carries it; good only once the proof was checked."""
        return self.proof.extra or b""

    @classmethod
    def parse(cls, data: bytes) -> "WorkReceipt":
        """Read the file; raises `Malformed` for any other encoding of it. Nothing is verified yet."""
        if len(data) > MOST_FILE_BYTES:
            raise Malformed(f"a work receipt may have at most {MOST_FILE_BYTES} bytes")
        head, empty_line, rest = bytes(data).partition(b"\n\n")
        lines = parse_utf8(head).split("\n")
        if lines[0] != HEADER or not empty_line:
            raise Malformed(f"a work receipt begins with {HEADER!r}")
        if len(lines) not in (2, 3) or not lines[1].startswith("work "):
            raise Malformed("a work receipt opens the work, and may open the person")
        person = None
        if len(lines) == 3:
            if not lines[2].startswith("person "):
                raise Malformed("a work receipt opens the work, and may open the person")
            person = parse_base64(lines[2].removeprefix("person "))
        receipt = cls(parse_base64(lines[1].removeprefix("work ")), person, TlogProof.parse(rest))
        if receipt.to_bytes() != data:
            raise Malformed("not the one encoding of a work receipt")
        return receipt

    def to_bytes(self) -> bytes:
        """Write the file."""
        lines = [HEADER, f"work {to_base64(self.work)}"]
        if self.person is not None:
            lines.append(f"person {to_base64(self.person)}")
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.proof.to_bytes()


def _opening(content: Mapping[str, object]) -> bytes:
    return secrets.token_bytes(leaves.SALT_BYTES) + leaves.canonical_json(content)


def _commit(part: Part, opening: bytes) -> bytes:
    salt, content = opening[: leaves.SALT_BYTES], opening[leaves.SALT_BYTES :]
    return hmac.digest(salt, _TAGS[part] + content, hashlib.sha256)


def _opened(leaf: bytes, part: Part, opening: bytes) -> dict[str, Any]:
    parsed = leaves.parse(leaf)
    committed = parsed.core if part is Part.WORK else parsed.pii
    if not leaves.SALT_BYTES < len(opening) <= MOST_OPENING_BYTES:
        raise Malformed("an opening has a salt and a content")
    if not hmac.compare_digest(_commit(part, opening), committed):
        raise ProofRejected(f"the {part} shown is not what the log's entry commits to")
    return leaves.parse_canonical_json(opening[leaves.SALT_BYTES :])


def _uuid(value: object) -> UUID:
    try:
        found = UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise Malformed("not an id") from None
    if str(found) != value:
        raise Malformed("an id is written in lower case with hyphens")
    return found
