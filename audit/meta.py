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
from audit.policy import Policy

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
