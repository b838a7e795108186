"""What a witness says to a checkpoint that it is asked to cosign (c2sp.org/tlog-witness): a pure function.

In this order: 400 for a body that does not parse, 404 for a log that it does not know, 403 for a checkpoint that no
trusted key signed, or one of them wrongly, 400 for an old size beyond the new one, 409 with the size it knows for
any other old size, and 422 for a tree that does not extend the one it has cosigned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.checkpoints import Checkpoint
from audit.errors import Malformed, NoteRejected, ProofRejected
from audit.merkle import EMPTY_HEAD, check_consistency
from audit.notes import Note, SignatureLine, SignatureType, Vkey, open_note, split_note
from audit.proofs import ConsistencyProof

SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Seen:
    """The largest tree of one log that was cosigned, and when. A log that was never seen has the empty tree."""

    size: int = 0
    root: bytes = EMPTY_HEAD
    seconds: int = 0


NOTHING = Seen()


class Refused(Exception):
    """The witness does not cosign; `status`, `content_type` and `body` are its answer."""

    def __init__(self, status: int, why: str, *, content_type: str = TEXT_TYPE) -> None:
        super().__init__(why)
        self.status, self.content_type, self.body = status, content_type, f"{why}\n".encode()


@dataclass(frozen=True, slots=True)
class Submission:
    """A signed checkpoint of a known log, not yet held against what was cosigned before."""

    checkpoint: Checkpoint
    text: str
    lines: tuple[SignatureLine, ...]
    old_size: int
    path: tuple[bytes, ...]


def read_submission(body: bytes, trusted: Mapping[str, Sequence[Vkey]]) -> Submission:
    """Return what a log submits. Raises `Refused`.

    Args:
        trusted: the keys of each origin; `lines` keeps what they signed, and nothing else that stands in the note.
    """
    try:
        proof = ConsistencyProof.parse(body)
        text, lines = split_note(proof.checkpoint)
        checkpoint = Checkpoint.parse(text)
    except Malformed as reason:
        raise Refused(400, str(reason)) from None
    keys = trusted.get(checkpoint.origin)
    if not keys:
        raise Refused(404, "this log is not known here")
    note = _opened(proof.checkpoint, keys)
    if proof.old_size > checkpoint.size:
        raise Refused(400, "the old size is beyond the new one")
    known = {(each.vkey.name, each.vkey.key_id) for each in note.verified}
    signed = tuple(dict.fromkeys(line for line in lines if (line.name, line.key_id) in known))
    return Submission(checkpoint, text, signed, proof.old_size, proof.path)


def check_growth(submitted: Submission, seen: Seen) -> None:
    """Return if what is submitted extends what was `seen`. Raises `Refused`."""
    if submitted.old_size != seen.size:
        raise Refused(409, str(seen.size), content_type=SIZE_TYPE)
    new = submitted.checkpoint
    if new.size == 0 and new.head != EMPTY_HEAD:
        raise Refused(422, "the empty tree has another root")
    try:
        check_consistency(
            submitted.path, old_size=seen.size, old_head=seen.root, new_size=new.size, new_head=new.head
        )
    except ProofRejected as reason:
        raise Refused(422, str(reason)) from None


def trusted_logs(vkeys: Sequence[str]) -> dict[str, list[Vkey]]:
    """Return the keys of each origin from their text forms: a log's key has its origin for a name.

    Raises `Malformed`, also for a key that is no log's.
    """
    trusted: dict[str, list[Vkey]] = {}
    for text in vkeys:
        vkey = Vkey.parse(text)
        if vkey.type is not SignatureType.ED25519:
            raise Malformed(f"the key of {vkey.name!r} is not for signing checkpoints")
        trusted.setdefault(vkey.name, []).append(vkey)
    return trusted


def _opened(checkpoint: bytes, keys: Sequence[Vkey]) -> Note:
    try:
        return open_note(checkpoint, keys)
    except NoteRejected as reason:
        raise Refused(403, str(reason)) from None
    except Malformed as reason:
        raise Refused(400, str(reason)) from None
