"""Append, proof and verification over growing logs, a thousand leaves to ten million; and a log audited whole.

    python -m tests.bench.audit --most 10000000 --json-out audit.json

Pure: no services, one process, tiles in memory. A leaf is an event's, of its usual size. *Append* is what the
sequencer computes: leaf hashes, frontier and tiles, in batches of 4,000. *Proof* reads tiles as the service does,
each once, and counts them. *Verify* is what a customer's verifier does with a .tlog-proof file under a policy of the
log's key and two Ed25519 witnesses of whom both are needed. *Whole* recomputes every leaf, tile and root from entry
bundles. `audit_log` has the figures with PostgreSQL and the processes around it.
"""

import argparse
import json
import os
import platform
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.checkpoints import Checkpoint
from audit.cosigners import Cosigner
from audit.frontier import Frontier
from audit.merkle import check_consistency, consistency_path_from, inclusion_path_from, leaf_hash
from audit.notes import sign_note
from audit.policy import Policy
from audit.proofs import TlogProof
from audit.tiles import TILE_WIDTH, Edge, build_entry_bundle, node_reader, parse_entry_bundle
from ringfence.crypto.signing import NoteSigner

BATCH = 4_000
TRIALS = 200
AUDITED_MOST = 1_000_000
ORIGIN = "audit.example/t/" + "0" * 32


@dataclass
class Log:
    """A log of made-up events: its tiles by level, and what is needed to append."""

    frontier: Frontier = field(default_factory=Frontier)
    edge: Edge = field(default_factory=Edge)
    levels: list[bytearray] = field(default_factory=list)
    read_tiles: int = 0

    def grow(self, size: int) -> None:
        """Append up to `size` events."""
        while self.frontier.size < size:
            first = self.frontier.size
            hashes = [leaf_hash(made_leaf(n)) for n in range(first, min(first + BATCH, size))]
            self.frontier = self.frontier.append(hashes)
            self.edge, full = self.edge.append(hashes)
            for tile in full:
                while len(self.levels) <= tile.level:
                    self.levels.append(bytearray())
                self.levels[tile.level] += tile.hashes

    def read(self) -> Callable[[int, int], bytes]:
        """Return a reader of nodes that counts the tiles which it reads."""
        partial = {(tile.level, tile.index): tile.hashes for tile in self.edge.partial_tiles}

        def read_tile(level: int, index: int, width: int) -> bytes:
            self.read_tiles += 1
            at = index * TILE_WIDTH * 32
            return partial.get((level, index)) or bytes(self.levels[level][at : at + TILE_WIDTH * 32])

        return node_reader(read_tile, size=self.frontier.size)


def made_leaf(n: int) -> bytes:
    """Return a leaf as long as an event's: two commitments and a time."""
    return b'{"c":"%s","p":"%s","t":%d,"v":1}' % (b"A" * 43 + b"=", b"B" * 43 + b"=", 1_790_000_000_000 + n)


class Signers:
    """The log's key and two witnesses, both of whom the policy needs."""

    def __init__(self) -> None:
        self._log = NoteSigner(ORIGIN, bytes(31) + b"\1")
        self._witnesses = [
            Cosigner.ed25519(f"witness.example/{n}", bytes(31) + bytes([2 + n])) for n in range(2)
        ]
        named = [f"witness w{n} {each.vkey}\n" for n, each in enumerate(self._witnesses)]
        self.policy = Policy.parse(
            f"log {self._log.vkey}\n{''.join(named)}group both all w0 w1\nquorum both\n"
        )

    def note(self, size: int, head: bytes) -> bytes:
        """Return the cosigned checkpoint."""
        return sign_note(Checkpoint(ORIGIN, size, head).text, [self._log, *self._witnesses])


def main() -> None:
    """Measure each size, print a line for each, and write all of them where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=10_000_000)
    parser.add_argument("--json-out", type=Path)
    options = parser.parse_args()
    log, signers, rows = Log(), Signers(), list[dict[str, Any]]()
    size = 1_000
    while size <= options.most:
        rows.append(measured(log, signers, size))
        print(json.dumps(rows[-1]), flush=True)
        size *= 10
    if options.json_out:
        options.json_out.write_text(json.dumps({
            "rows": rows, "python": platform.python_version(), "machine": platform.processor() or platform.machine(),
            "load": os.getloadavg()[0], "command": " ".join(sys.argv),
        }, indent=1))  # fmt: skip


def measured(log: Log, signers: Signers, size: int) -> dict[str, Any]:
    """Grow the log to `size`, and return its figures."""
    old, old_head, began = log.frontier.size, log.frontier.head, time.process_time()
    log.grow(size)
    append = (size - old) / (time.process_time() - began)
    note, draw = signers.note(size, log.frontier.head), random.Random(size)
    proving, verifying, sizes, tiles = list[float](), list[float](), list[int](), list[int]()
    for index in [draw.randrange(size) for _ in range(TRIALS)]:
        log.read_tiles, began = 0, time.perf_counter()
        path = inclusion_path_from(log.read(), index=index, size=size)
        file = TlogProof(index, tuple(path), note).to_bytes()
        proving.append(time.perf_counter() - began)
        tiles.append(log.read_tiles)
        sizes.append(len(file))
        began = time.perf_counter()
        TlogProof.parse(file).check(made_leaf(index), signers.policy)
        verifying.append(time.perf_counter() - began)
    growing = list[float]()
    if old:
        for _ in range(20):
            began = time.perf_counter()
            path = consistency_path_from(log.read(), old_size=old, new_size=size)
            check_consistency(
                path, old_size=old, old_head=old_head, new_size=size, new_head=log.frontier.head
            )
            growing.append(time.perf_counter() - began)
    stored = sum(len(level) for level in log.levels) + len(log.edge.to_bytes())
    return {
        "leaves": size,
        "append_per_s": round(append),
        "proof_p50_ms": _ms(proving, 50), "proof_p95_ms": _ms(proving, 95), "proof_tiles_most": max(tiles),
        "proof_bytes_most": max(sizes),
        "verify_p50_ms": _ms(verifying, 50), "verify_p95_ms": _ms(verifying, 95),
        "consistency_p95_ms": _ms(growing, 95) if growing else None,
        "tree_bytes_per_event": round(stored / size, 2),
        "leaf_bytes": len(made_leaf(0)),
        **(whole(log, size) if size <= AUDITED_MOST else {}),
    }  # fmt: skip


def whole(log: Log, size: int) -> dict[str, Any]:
    """Recompute every leaf, tile and root from entry bundles, as a full audit does."""
    bundles = [
        build_entry_bundle([made_leaf(n) for n in range(at, min(at + TILE_WIDTH, size))])
        for at in range(0, size, TILE_WIDTH)
    ]
    began = time.perf_counter()
    frontier, edge = Frontier(), Edge()
    for bundle in bundles:
        hashes = [leaf_hash(each) for each in parse_entry_bundle(bundle)]
        frontier = frontier.append(hashes)
        edge, _ = edge.append(hashes)
    seconds = time.perf_counter() - began
    if frontier.head != log.frontier.head:
        raise SystemExit("the log audited whole has another root")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"audit_s": round(seconds, 2), "memory_mib": round(most)}


def _ms(times: list[float], percent: int) -> float:
    return round(statistics.quantiles(times, n=100)[percent - 1] * 1000, 2)


if __name__ == "__main__":
    main()
