"""The pin: what a customer keeps, from the first day, to judge every later bundle by."""

from collections.abc import Mapping
from dataclasses import dataclass

from audit.encoding import parse_utf8
from audit.errors import Malformed, NoteRejected
from audit.meta import POLICY_MARK, requirement_in
from audit.policy import Policy, SignedCheckpoint

PIN_HEADER = "# ringfence-audit-pin/1\n"
CHECKPOINT_MARK = "--- checkpoint\n"
MAX_PIN_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Pin:
    """A policy and the newest checkpoint its owner has seen and found good.

        # ringfence-audit-pin/1
        <tlog-policy text>
        --- checkpoint
        <signed checkpoint>

    The header is a comment to tlog-policy, so everything above the mark is a policy file. What it requires of the
    meta-log stands in it as comments too (`audit.meta`): `meta`.
    """

    policy: Policy
    checkpoint: bytes
    signed: SignedCheckpoint
    meta: Policy | None = None

    @classmethod
    def parse(cls, data: bytes) -> "Pin":
        """Read a pin file; raises `Malformed`, also if its checkpoint fails its own policy."""
        if len(data) > MAX_PIN_BYTES:
            raise Malformed(f"a pin may have at most {MAX_PIN_BYTES} bytes")
        text = parse_utf8(data)
        policy_text, mark, note = text.partition("\n" + CHECKPOINT_MARK)
        if not text.startswith(PIN_HEADER) or not mark:
            raise Malformed("not a pin file")
        policy, checkpoint = Policy.parse(policy_text + "\n"), note.encode()
        meta = requirement_in(policy_text)
        try:
            return cls(policy, checkpoint, policy.open_checkpoint(checkpoint), meta)
        except NoteRejected as reason:
            raise Malformed(f"the pin does not hold by itself: {reason}") from reason


def succeeded_pin(data: bytes, *, keys: Mapping[str, str], checkpoint: bytes) -> bytes:
    """Return a pin file that names the logs' keys `keys[old]` where it named `old` (vkeys), with another checkpoint.

    The meta-log's key is among them where that was succeeded. What the pin wants of witnesses stays. Raises `Malformed`
    where the checkpoint does not satisfy the policy.
    """
    policy, _, _ = parse_utf8(data).removeprefix(PIN_HEADER).partition("\n" + CHECKPOINT_MARK)
    lines = []
    for line in policy.split("\n"):
        mark = POLICY_MARK if line.startswith(POLICY_MARK) else ""
        words = line.removeprefix(mark).split()
        named = words[:1] == ["log"] and words[1:2] and words[1] in keys
        lines.append(mark + " ".join(["log", keys[words[1]], *words[2:]]) if named else line)
    return write_pin("\n".join(lines) + "\n", checkpoint)


def write_pin(policy: str, checkpoint: bytes) -> bytes:
    """Return the pin file for a tlog-policy text and a signed checkpoint that satisfies it."""
    pin = f"{PIN_HEADER}{policy}{CHECKPOINT_MARK}".encode() + checkpoint
    Pin.parse(pin)
    return pin
