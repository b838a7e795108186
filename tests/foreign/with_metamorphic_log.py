"""Judges cases with metamorphic-log, whose core is Rust; runs in an environment which has nothing of ours.

Reads a JSON list of cases from standard input, writes a JSON list: "" for each accepted, else why not.
"""

import hashlib
import json
import sys
from base64 import b64decode
from typing import Any

import metamorphic_log


def judge(case: dict[str, Any]) -> None:
    note, vkeys = b64decode(case["Note"]).decode(), [case["Vkey"]]
    path = [b64decode(each) for each in case.get("Path", ())]
    match case["Kind"]:
        case "note":
            metamorphic_log.checkpoint_verify(note, vkeys)
        case "inclusion":
            leaf = hashlib.sha256(b"\x00" + b64decode(case["Leaf"])).digest()
            metamorphic_log.checkpoint_verify_inclusion(note, vkeys, case["Index"], leaf, path)
        case "consistency":
            older = b64decode(case["Older"]).decode()
            metamorphic_log.checkpoint_verify_consistency(older, note, vkeys, path)
        case other:
            raise ValueError(f"no such kind of case: {other}")


def answer(case: dict[str, Any]) -> str:
    try:
        judge(case)
    except Exception as refused:
        return f"{type(refused).__name__}: {refused}"
    return ""


if __name__ == "__main__":
    json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
