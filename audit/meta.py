"""The meta-log: one log over all logs. Its leaf is a log's signed checkpoint, byte for byte. Pure.

    <origin>             audit.<platform>/t/<32 random hex>: no name of anybody
    <size>
    <base64 root>
                         an empty line
    — <origin> <base64 of key id and signature>

Witnesses cosign the meta-log alone. That a checkpoint of a log stands in a cosigned tree of it is shown by one
tlog-proof, whose extra data is the leaf, under the meta-log's own policy.
"""

from typing import Final
from uuid import UUID

from audit.checkpoints import Checkpoint
from audit.errors import Malformed
from audit.notes import split_note
from audit.policy import NO_QUORUM, Policy, Witness

META_LOG: Final = UUID("00000000-0000-8000-8000-00006d657461")
"""Stands where a tenant's id stands in the log's tables. No tenant has it: theirs are UUIDv7."""

MOST_LEAF_BYTES = 4_096


def parse_leaf(leaf: bytes) -> Checkpoint:
    """Return the checkpoint that a leaf of the meta-log is; raises `Malformed`. Its signature is not verified."""
    if len(leaf) > MOST_LEAF_BYTES:
        raise Malformed(f"a leaf of the meta-log has at most {MOST_LEAF_BYTES} bytes")
    text, lines = split_note(leaf)
    checkpoint = Checkpoint.parse(text)
    if checkpoint.extensions or checkpoint.size == 0 or [line.name for line in lines] != [checkpoint.origin]:
        raise Malformed("a leaf of the meta-log is a checkpoint with one line, by its log")
    return checkpoint


def meta_policy(vkey: str, witnesses: str) -> Policy:
    """Return the policy for the meta-log's checkpoints; raises `Malformed`.

    Args:
        vkey: the meta-log's key.
        witnesses: a tlog-policy text that names witnesses and a quorum, and may name this log's key and no other.
    """
    policy = Policy.parse(witnesses)
    if not policy.logs:
        return Policy.parse(f"log {vkey}\n{witnesses}")
    if [str(log.vkey) for log in policy.logs] != [vkey]:
        raise Malformed("the witnesses' policy names another log than the meta-log")
    return policy


POLICY_MARK = "#meta "
"""Begins each line of the meta-log's policy inside a log's own one, to which it is a comment: readers that know of no
meta-log read the log's policy as ever."""

DAY_SECONDS = 86_400


def wanted_of(policy: Policy) -> int:
    """Return how many witnesses the operator's policy wants, where its quorum can be said by a number; else all."""
    group = policy.groups.get(policy.quorum)
    if group is not None and set(group.members) <= set(policy.witnesses):
        return group.threshold
    return 1 if policy.quorum in policy.witnesses else len(policy.witnesses)


def requirement(vkey: str, policy: Policy, wanted: int) -> str:
    """Return the tlog-policy text by which `wanted` of the policy's witnesses must have cosigned the meta-log."""
    lines = [f"log {vkey}"]
    group = "witnesses"
    while group in policy.witnesses:
        group += "_"
    for name, witness in policy.witnesses.items():
        # An address that only the operator's machine can reach helps no customer.
        url = f" {witness.url}" if witness.url and witness.url.startswith("https://") else ""
        lines.append(f"witness {name} {witness.vkey}{url}")
    count = min(wanted, len(policy.witnesses))
    return "\n".join([*lines, f"group {group} {count} {' '.join(policy.witnesses)}", f"quorum {group}", ""])


def with_requirement(policy: str, meta: str) -> str:
    """Return a log's policy text with the meta-log's inside."""
    return policy + "".join(f"{POLICY_MARK}{line}\n" for line in meta.splitlines())


def requirement_in(policy: str) -> Policy | None:
    """Return the meta-log's policy inside a log's policy text, or None. Raises `Malformed`."""
    lines = [line.removeprefix(POLICY_MARK) for line in policy.split("\n") if line.startswith(POLICY_MARK)]
    if not lines:
        return None
    meta = Policy.parse("".join(f"{line}\n" for line in lines))
    if len(meta.logs) != 1 or not meta.witnesses or meta.quorum == NO_QUORUM:
        raise Malformed("the meta-log's policy names one log, and a quorum of witnesses")
    return meta


def witness_id(witness: Witness) -> str:
    """Return the text by which the database knows a witness's key."""
    return f"{witness.vkey.name}+{witness.vkey.key_id.hex()}"
