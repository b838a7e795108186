"""A forger's best: the whole log told anew without one event, consistent in itself, under keys of their own."""

import io
import json

from audit import leaf
from audit.bundle import Entry, parse_body_line, write_whole_log
from audit.checkpoints import Checkpoint
from audit.leaf import SALT_BYTES
from audit.merkle import leaf_hash, tree_head
from audit.notes import sign_note
from tests.unit.audit.making import Signer, members_of

KEY = b"\x0f" * 32


def forge(bundle: bytes, *, without: str) -> bytes:
    """Return a whole log of the same name in which the last event with the verb `without` never happened."""
    members = members_of(bundle)
    origin = members["checkpoint"].decode().splitlines()[0]
    told = []
    for name in sorted(members):
        if name.startswith("bodies/"):
            for line in members[name].splitlines():
                _, halves = parse_body_line(line)
                told.append({str(half): json.loads(opening[SALT_BYTES:]) for half, opening in halves.items()})
    del told[max(place for place, event in enumerate(told) if event["core"]["verb"] == without)]
    entries = []
    for index, event in enumerate(told):
        made = leaf.build(event["core"], event["pii"], 1_700_000_000_000 + index)
        entries.append(Entry(index, made.encoded, made.core_opening, made.pii_opening))
    signer = Signer(origin, KEY)
    hashes = [leaf_hash(entry.leaf) for entry in entries]
    out = io.BytesIO()
    write_whole_log(
        out,
        policy=f"log {signer.vkey}\nquorum none\n",
        checkpoint=sign_note(Checkpoint(origin, len(hashes), tree_head(hashes)).text, [signer]),
        entries=entries,
    )
    return out.getvalue()
