"""What a bundle brings of time-stamps (RFC 3161): since when a trusted clock knows of the log, and how much of it.

    timestamps/<N>.checkpoint    the meta-log's signed checkpoint of N leaves: what was stamped, byte for byte
    timestamps/<N>.tsr           the authority's answer, as `openssl ts -verify -data ….checkpoint -in ….tsr` takes it
    timestamps/<N>.tlog-proof    that a checkpoint of this log, its extra data, stands below that one
    timestamps/<N>.growth        the path from there to the bundle's checkpoint (c2sp.org/tlog-witness, add-checkpoint)

The meta-log's note needs no key: the token is over it, and what counts is the log's own checkpoint below it. Where a
policy names the meta-log, its key must have signed as well. Pure.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from audit.checkpoints import Checkpoint
from audit.errors import Malformed, ProofRejected
from audit.merkle import check_inclusion, leaf_hash
from audit.meta import parse_leaf, requirement_in
from audit.notes import Vkey, open_note, split_note
from audit.policy import Policy
from audit.proofs import TlogProof
from audit.timestamps.response import Answer, open_answer
from audit.watched import check_led_here

FOLDER: Final = "timestamps/"
NOTE, GROWTH, PROOF, TOKEN = ".checkpoint", ".growth", ".tlog-proof", ".tsr"
PARTS: Final = (NOTE, GROWTH, PROOF, TOKEN)
"""In the order of names."""
MOST_STAMPS: Final = 64
DAYS_KEPT: Final = 31

_NAME: Final = re.compile(r"timestamps/(\d{12})(\.checkpoint|\.growth|\.tlog-proof|\.tsr)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Led:
    """Where one time-stamp leads: to this checkpoint of the log. What the token says is not read yet."""

    meta_size: int
    checkpoint: Checkpoint
    """The log's own."""
    leaf: bytes = field(repr=False)
    """The note that states it."""
    note: bytes = field(repr=False)
    """The meta-log's, which was stamped."""
    token: bytes = field(repr=False)

    @property
    def token_sha256(self) -> str:
        """Return the digest of all the answer's bytes, of which no signature covers some."""
        return hashlib.sha256(self.token).hexdigest()

    def open(self) -> Answer:
        """Return what the token says. Raises `Malformed` and `ProofRejected`; see `open_answer`."""
        return open_answer(self.token, self.note)


@dataclass(frozen=True, slots=True)
class Stamped:
    """One time-stamp's members; the note that was stamped is the one in `proof`."""

    proof: bytes = field(repr=False)
    growth: bytes = field(repr=False)
    token: bytes = field(repr=False)

    def members(self) -> dict[str, bytes]:
        """Return the members by name, in order. Raises `Malformed`."""
        note = TlogProof.parse(self.proof).checkpoint
        size = Checkpoint.parse(split_note(note)[0]).size
        if not 0 <= size < 10**12:
            raise Malformed(f"a bundle cannot name a checkpoint of {size} leaves")
        parts = {NOTE: note, GROWTH: self.growth, PROOF: self.proof, TOKEN: self.token}
        return {f"{FOLDER}{size:012d}{part}": content for part, content in parts.items()}

    def lead(self, own: Policy, meta: Vkey | None, checkpoint: bytes) -> Led:
        """Return to which checkpoint of the log of `checkpoint`, a note that `own` has accepted, this leads.

        Args:
            own: the policy of the log itself.
            meta: the meta-log's key, where the reader knows it.

        Raises `Malformed`, `NoteRejected`, `ProofRejected` and `Equivocation`.
        """
        proof = TlogProof.parse(self.proof)
        if proof.to_bytes() != self.proof or proof.extra is None:
            raise Malformed(
                "the proof to a time-stamp is not the one encoding of a proof that brings its leaf"
            )
        parse_leaf(proof.extra)
        stamped = Checkpoint.parse(split_note(proof.checkpoint)[0])
        if meta is not None:
            open_note(proof.checkpoint, [meta])
            if stamped.origin != meta.name:
                raise ProofRejected("what was stamped is a checkpoint of another log than the meta-log")
        check_inclusion(
            proof.path, index=proof.index, size=stamped.size, leaf=leaf_hash(proof.extra), head=stamped.head
        )
        known = own.open_checkpoint(proof.extra).checkpoint
        check_led_here(f"{FOLDER}{stamped.size:012d}{GROWTH}", self.growth, known, proof.extra, checkpoint)
        return Led(stamped.size, known, proof.extra, proof.checkpoint, self.token)


def stamped_in(members: Mapping[str, memoryview]) -> tuple[Stamped, ...]:
    """Return the time-stamps among a bundle's members. Raises `Malformed` for parts of one, or too many."""
    found: dict[str, dict[str, bytes]] = {}
    for name in members:
        if not name.startswith(FOLDER):
            continue
        if (parts := _NAME.fullmatch(name)) is None:
            raise Malformed(f"{name} is no part of a time-stamp")
        found.setdefault(parts[1], {})[parts[2]] = bytes(members[name])
    if len(found) > MOST_STAMPS:
        raise Malformed(f"a bundle brings at most {MOST_STAMPS} time-stamps")
    stamps = []
    for number, parts_of_it in found.items():
        if missing := set(PARTS) - parts_of_it.keys():
            raise Malformed(f"the bundle has no {FOLDER}{number}{min(missing)}")
        stamp = Stamped(parts_of_it[PROOF], parts_of_it[GROWTH], parts_of_it[TOKEN])
        if stamp.members().get(f"{FOLDER}{number}{NOTE}") != parts_of_it[NOTE]:
            raise ProofRejected(f"{FOLDER}{number}{NOTE} is not what its proof is under")
        stamps.append(stamp)
    return tuple(stamps)


def led_in(stamps: Sequence[Stamped], policy: str, checkpoint: bytes) -> tuple[Led, ...]:
    """Return where time-stamps lead by the bundle's own policy and members. Raises what `Stamped.lead` raises."""
    own, meta = Policy.parse(policy), meta_key_in(policy)
    return tuple(each.lead(own, meta, checkpoint) for each in stamps)


def opened_in(stamps: Sequence[Stamped], policy: str, checkpoint: bytes) -> tuple[Led, ...]:
    """Return the same for whoever writes a bundle: a token that does not hold raises too."""
    led = led_in(stamps, policy, checkpoint)
    for each in led:
        each.open()
    return led


def meta_key_in(policy: str) -> Vkey | None:
    """Return the meta-log's key that a log's policy text names, or None. Raises `Malformed`."""
    named = requirement_in(policy)
    return None if named is None else named.logs[0].vkey


Told = TypeVar("Told")


def chosen(told: Iterable[tuple[datetime, int, Told]]) -> list[Told]:
    """Return those time-stamps that a bundle brings, of all that there are, in the order of time.

    The first over each checkpoint of the log, for a later one says less; of these the last of each day (UTC) of the
    newest 31 days that have one, and before that of each month; 64 at most, the newest.

    Args:
        told: when it is stated, and what stands for the log's checkpoint and grows with it.
    """
    first: dict[int, tuple[datetime, Told]] = {}
    for stated, place, each in sorted(told, key=lambda row: row[:2]):
        first.setdefault(place, (stated, each))
    days: dict[str, tuple[datetime, Told]] = {}
    for stated, each in sorted(first.values(), key=lambda row: row[0]):
        days[f"{stated:%Y-%m-%d}"] = (stated, each)
    newest = list(days.values())[-DAYS_KEPT:]
    months = {f"{stated:%Y-%m}": (stated, each) for stated, each in list(days.values())[:-DAYS_KEPT]}
    return [each for _, each in [*months.values(), *newest]][-MOST_STAMPS:]
