"""Trust policies (c2sp.org/tlog-policy): which logs and how many witnesses a customer trusts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit.checkpoints import Checkpoint
from audit.encoding import parse_decimal
from audit.errors import Malformed, NoteRejected
from audit.notes import COSIGNATURES, Note, SignatureType, VerifiedSignature, Vkey, open_note

MAX_POLICY_CHARACTERS = 262_144
NO_QUORUM = "none"

# The text allows tab, line feed and printable octets; whatever is not ASCII is opaque.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_BLANKS = re.compile("[ \t]+")


@dataclass(frozen=True, slots=True)
class LogKey:
    """A log whose checkpoints are accepted; its key's name is the log's origin."""

    vkey: Vkey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness under the name that the policy's groups use."""

    name: str
    vkey: Vkey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A set of witnesses and groups of which `threshold` members must have cosigned."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that satisfies a policy, and the note that carries it."""

    checkpoint: Checkpoint
    note: Note
    cosigners: tuple[VerifiedSignature, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs and witnesses by public key, and the quorum that a checkpoint must reach."""

    logs: tuple[LogKey, ...]
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read the text form; raises `Malformed`, also for one public key in two statements."""
        return _PolicyReader().read(text)

    @property
    def vkeys(self) -> tuple[Vkey, ...]:
        """Every key that the policy names, logs first."""
        witnesses = (witness.vkey for witness in self.witnesses.values())
        return (*(log.vkey for log in self.logs), *witnesses)

    def open_checkpoint(self, data: bytes) -> SignedCheckpoint:
        """Return the checkpoint in a note that a listed log signed and the quorum cosigned.

        Raises `Malformed` or `NoteRejected`.
        """
        note = open_note(data, self.vkeys)
        checkpoint = Checkpoint.parse(note.text)
        verified = {signature.vkey for signature in note.verified}
        if not any(log.vkey in verified and log.vkey.name == checkpoint.origin for log in self.logs):
            raise NoteRejected(f"no log of the policy has signed as {checkpoint.origin!r}")
        self._require_quorum(verified)
        witnesses = {witness.vkey for witness in self.witnesses.values()}
        cosigners = tuple(signature for signature in note.verified if signature.vkey in witnesses)
        return SignedCheckpoint(checkpoint, note, cosigners)

    def _require_quorum(self, verified: Iterable[Vkey]) -> None:
        signed = set(verified)
        reached = {name for name, witness in self.witnesses.items() if witness.vkey in signed}
        # Members are defined before their group, so one pass in order of definition is enough.
        for group in self.groups.values():
            if sum(member in reached for member in group.members) >= group.threshold:
                reached.add(group.name)
        if self.quorum != NO_QUORUM and self.quorum not in reached:
            raise NoteRejected(f"the witnesses do not reach the quorum {self.quorum!r}")


class _PolicyReader:
    """Reads one policy, statement by statement; names are defined before they are used."""

    def __init__(self) -> None:
        self.logs: list[LogKey] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self.members: set[str] = set()

    def read(self, text: str) -> Policy:
        if len(text) > MAX_POLICY_CHARACTERS:
            raise Malformed(f"a policy may have at most {MAX_POLICY_CHARACTERS} characters")
        if text and not text.endswith("\n"):
            raise Malformed("a policy ends with a line feed")
        if _FORBIDDEN.search(text):
            raise Malformed("a policy holds a control character")
        for line in text.split("\n"):
            statement = line.strip(" \t")
            if statement and not statement.startswith("#"):
                self._statement(_BLANKS.split(statement))
        if self.quorum is None:
            raise Malformed("a policy has exactly one quorum")
        return Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum)

    def _statement(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._log(Vkey.parse(vkey), url)
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._witness(name, Vkey.parse(vkey), url)
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, tuple(members))
            case ["quorum", name] if self.quorum is None:
                self._require_defined(name, none_allowed=True)
                self.quorum = name
            case _:
                raise Malformed(f"not a policy statement: {' '.join(words)[:80]!r}")

    def _log(self, vkey: Vkey, url: list[str]) -> None:
        if vkey.type is not SignatureType.ED25519:
            raise Malformed(f"the key of log {vkey.name!r} is not for signing checkpoints")
        self._require_new_key(vkey)
        self.logs.append(LogKey(vkey, *url))

    def _witness(self, name: str, vkey: Vkey, url: list[str]) -> None:
        self._require_free(name)
        if vkey.type not in COSIGNATURES:
            raise Malformed(f"the key of witness {name!r} is not for cosigning")
        self._require_new_key(vkey)
        self.witnesses[name] = Witness(name, vkey, *url)

    def _group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        self._require_free(name)
        for member in members:
            self._require_defined(member, none_allowed=False)
            if member in self.members:
                raise Malformed(f"{member!r} is a member twice")
            self.members.add(member)
        words = {"any": 1, "all": len(members)}
        count = words[threshold] if threshold in words else parse_decimal(threshold)
        if not 1 <= count <= len(members):
            raise Malformed(f"group {name!r} cannot reach a threshold of {count}")
        self.groups[name] = Group(name, count, members)

    def _require_new_key(self, vkey: Vkey) -> None:
        # One key under two names would count twice towards the quorum, and a log does not witness itself.
        listed = [log.vkey for log in self.logs] + [witness.vkey for witness in self.witnesses.values()]
        if any(each.public_key == vkey.public_key for each in listed):
            raise Malformed(f"the key of {vkey.name!r} is listed twice")

    def _require_free(self, name: str) -> None:
        if name == NO_QUORUM or name in self.witnesses or name in self.groups:
            raise Malformed(f"the name {name!r} is taken")

    def _require_defined(self, name: str, *, none_allowed: bool) -> None:
        if not (name in self.witnesses or name in self.groups or (none_allowed and name == NO_QUORUM)):
            raise Malformed(f"the name {name!r} is not defined")
