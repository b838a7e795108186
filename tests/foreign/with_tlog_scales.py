"""Judges cases with tlog-scales; runs in an environment of its own, which has nothing of ours.

Reads a JSON list of cases from standard input, writes a JSON list: "" for each accepted, else why not.
"""

import hashlib
import json
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint, ConsistencyProof, InclusionProof


def opened(note: str, vkey: str) -> Checkpoint:
    checkpoint = Checkpoint.from_text(b64decode(note).decode())
    key = Vkey.from_string(vkey)
    checkpoint.verify(key)
    if checkpoint.origin != key.name:
        raise ValueError("not a checkpoint of this log")
    return checkpoint


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def judge(case: dict[str, Any]) -> None:
    signed = opened(case["Note"], case["Vkey"])
    path = [b64decode(each) for each in case.get("Path", ())]
    match case["Kind"]:
        case "note":
            return
        case "inclusion":
            proof = InclusionProof(case["Index"], signed.size, path)
            proof.check(leaf_hash(b64decode(case["Leaf"])), signed.root_hash)
        case "consistency":
            older = opened(case["Older"], case["Vkey"])
            ConsistencyProof(older.size, signed.size, path).check(older.root_hash, signed.root_hash)
        case "tiles":
            audit(Path(case["Folder"]), signed)
        case other:
            raise ValueError(f"no such kind of case: {other}")


def audit(folder: Path, signed: Checkpoint) -> None:
    """Read every leaf, and prove each from the tiles."""
    reader = TilesReader(LocalBackend(folder))
    reader.set_size(signed.size)
    if reader.calculate_root_hash() != signed.root_hash:
        raise ValueError("the tiles have another root")
    for index in range(signed.size):
        proof = reader.get_inclusion_proof(index, signed.size)
        proof.check(leaf_hash(reader.get_entry(index)), signed.root_hash)


def answer(case: dict[str, Any]) -> str:
    try:
        judge(case)
    except Exception as refused:
        return f"{type(refused).__name__}: {refused}"
    return ""


if __name__ == "__main__":
    json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
