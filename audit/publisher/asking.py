"""Asks one witness to cosign one checkpoint (c2sp.org/tlog-witness), and believes nothing of the answer unseen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.checkpoints import Checkpoint
from audit.encoding import parse_decimal, parse_utf8
from audit.errors import EvidenceRefused, Malformed
from audit.notes import SignatureLine, open_note, split_note
from audit.policy import Witness
from audit.proofs import ConsistencyProof

SIZE_TYPE = "text/x.tlog.size"
MOST_ASKED = 2
"""Once from the size that we remember, and once more from the one that the witness names."""
SKEW_SECONDS = 600
"""How far a witness's clock may be from ours. Freshness rests on the time that it states."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one request."""

    status: int
    content_type: str
    body: bytes


class NoReply(Exception):
    """Nothing came back, or not in time; its text may be shown."""


class NotCosigned(Exception):
    """The witness has not cosigned; the text says why, and may be shown."""


Post = Callable[[str, bytes], Reply]
"""Sends a body to an address, within a time of its own. Raises `NoReply`."""

Prove = Callable[[int], Sequence[bytes]]
"""Returns the proof that the checkpoint's tree extends its first so many leaves, which are more than none."""


@dataclass(frozen=True, slots=True)
class Question:
    """One signed checkpoint that witnesses are to cosign, and the moment of asking."""

    note: bytes
    checkpoint: Checkpoint
    prove: Prove
    now: int

    @classmethod
    def about(cls, note: bytes, prove: Prove, *, now: int) -> "Question":
        """Read the note of our own log. Raises `Malformed`."""
        return cls(note, Checkpoint.parse(split_note(note)[0]), prove, now)

    def body(self, old_size: int) -> bytes:
        """Return the add-checkpoint body from an old size."""
        path = self.prove(old_size) if 0 < old_size < self.checkpoint.size else ()
        return ConsistencyProof(old_size, tuple(path), self.note).to_bytes()


def ask(witness: Witness, question: Question, post: Post, *, old_size: int) -> SignatureLine:
    """Return the line by which `witness` cosigns, verified with the key that the policy names.

    Args:
        old_size: what the witness is thought to have cosigned last; 0 when nothing is known.

    Raises `NotCosigned`: no answer, a refusal, a wrong signature, a time that is not about now.
    """
    if witness.url is None:
        raise NotCosigned("the policy names no address of it")
    address = f"{witness.url.rstrip('/')}/add-checkpoint"
    for _ in range(MOST_ASKED):
        if old_size > question.checkpoint.size:
            raise NotCosigned(
                f"it knows a tree of {old_size} leaves, and was asked about {question.checkpoint.size}"
            )
        try:
            reply = post(address, question.body(old_size))
        except NoReply as silence:
            raise NotCosigned(str(silence)) from silence
        if reply.status == 200:
            return _cosignature(witness, question, reply.body)
        if reply.status != 409:
            raise NotCosigned(f"it answers {reply.status}")
        old_size = _named_size(reply)
    raise NotCosigned("it names another size each time")


def _named_size(reply: Reply) -> int:
    try:
        text = parse_utf8(reply.body)
        if reply.content_type != SIZE_TYPE or not text.endswith("\n"):
            raise Malformed("not a size")
        return parse_decimal(text[:-1])
    except Malformed as reason:
        raise NotCosigned(f"it answers 409 without a size: {reason}") from None


def _cosignature(witness: Witness, question: Question, lines: bytes) -> SignatureLine:
    """Return the one line of the witness's key. Others beside it, by other keys of it or by nobody, are left out."""
    note = question.checkpoint.text.encode() + b"\n" + lines
    try:
        (verified,) = open_note(note, [witness.vkey]).verified
        said = split_note(note)[1]
    except EvidenceRefused as reason:
        raise NotCosigned(f"its answer does not hold: {reason}") from None
    if verified.timestamp is None or abs(verified.timestamp - question.now) > SKEW_SECONDS:
        raise NotCosigned("it states a time that is not now")
    return next(each for each in said if (each.name, each.key_id) == (witness.vkey.name, witness.vkey.key_id))
