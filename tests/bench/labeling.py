"""Labeling throughput, latency and processor time, against Label Studio in the same run.

    python3 -m venv PEER && PEER/bin/pip install label-studio uwsgi
    python -m tests.bench.labeling --peer PEER/bin/python --json-out labeling.json

Texts of one kilobyte, one question with three answers; every labeler takes an item, answers it, and takes the
next one at once, on a connection (ours) or a request (the peer's server closes) of their own. Both sides stand
on one PostgreSQL cluster of ours with its own settings, durable; in each round one follows the other, and who
goes first alternates. Ours runs with sequencer and signer: after each run the log must have grown by exactly
the events that the clients were told of, all under a checkpoint, and at the end the whole log is recomputed.

Without `--peer` (or RINGFENCE_BENCH_PEER) only our side is measured. `--million` adds our next item at 1 M;
`--paced 200` adds so many labelers who rest about five seconds after each answer.

A shared machine distorts times. Processor time for an answer is read from /proc for the server processes, so
that other work changes it little; the load generator's own is printed beside it. Each run's steal and the load
average before it stand in the table.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.closed_loop import HEAD, Figures, table_row
from tests.bench.ground import own_services
from tests.bench.meters import quantile
from tests.bench.ours import Ours, services
from tests.bench.peer import Peer

PAUSE_SECONDS = 5.0
MILLION = 1_000_000
WARM_TASKS, WARM_SECONDS = 200, 8.0


def main() -> int:
    """Measure and print."""
    options = arguments()
    with own_services() as stack, services(stack) as (port, pids):
        ours = Ours(stack, port, pids)
        peer = Peer(stack, options.peer, max(options.labelers)) if options.peer else None
        try:
            Bench(ours, peer, options).everything()
            leaves = ours.recompute()
            print(f"\nlog recomputed: {leaves:,} leaves, every one under a signed checkpoint", flush=True)
        finally:
            ours.close()
            if peer is not None:
                peer.close()
    return 0


class Bench:
    """The rounds, and what they gave."""

    def __init__(self, ours: Ours, peer: Peer | None, options: argparse.Namespace) -> None:
        self._ours, self._peer, self._options = ours, peer, options
        self._runs: list[Figures] = []
        self._pages: list[dict[str, Any]] = []

    def everything(self) -> None:
        """Run what was asked for. The JSON is written after every step, so that a broken run keeps its part."""
        options = self._options
        for side in self._sides():
            # Each of its processes loads the application at its first request.
            side.run(WARM_TASKS, 4, 2.0, warm=WARM_SECONDS)
        for tasks in options.tasks:
            for labelers in options.labelers:
                self._rounds(tasks, labelers)
            self._list_pages(tasks)
            self._print(tasks)
        if options.million:
            for labelers in options.labelers:
                self._one(self._ours, MILLION, labelers, 0, options.seconds)
            self._list_pages(MILLION, peer=False)
            self._print(MILLION)
        if options.paced:
            tasks = max(options.tasks)
            run = self._ours.run(
                tasks, options.paced, 2 * options.seconds, warm=PAUSE_SECONDS, pause=PAUSE_SECONDS
            )
            self._keep(run)
            print(table_row([run]), flush=True)

    def _rounds(self, tasks: int, labelers: int) -> None:
        sides = self._sides()
        for number in range(self._options.rounds):
            for side in sides if number % 2 == 0 else reversed(sides):
                self._one(side, tasks, labelers, number, self._options.seconds)

    def _sides(self) -> list[Ours | Peer]:
        return [self._ours, *([self._peer] if self._peer else [])]

    def _one(self, side: Ours | Peer, tasks: int, labelers: int, number: int, seconds: float) -> None:
        run = side.run(tasks, labelers, seconds)
        run.round = number
        self._keep(run)
        print(
            f"  {run.side}, {tasks:,} tasks, {labelers} labelers, round {number + 1}: {run.per_second:.1f}/s, "
            f"{run.server_cpu_ms:.2f} ms of processor, steal {run.steal:.1f} %, load {run.load:.1f}"
            f"{', ran out' if run.ran_out else ''}{f', {len(run.refusals)} refused' if run.refusals else ''}",
            file=sys.stderr,
            flush=True,
        )

    def _list_pages(self, tasks: int, *, peer: bool = True) -> None:
        for side in (self._ours, self._peer if peer else None):
            if side is not None:
                load = os.getloadavg()[0]
                for name, times in side.pages(tasks).items():
                    cuts = {f"p{p}": round(quantile(times, p), 1) for p in (50, 95)}
                    self._pages.append(
                        {"side": side.name, "tasks": tasks, "page": name, "load": load, **cuts}
                    )
        self._write()

    def _keep(self, run: Figures) -> None:
        self._runs.append(run)
        self._write()

    def _print(self, tasks: int) -> None:
        """Print the table of one size, medians over the rounds, and the ratios to the peer."""
        print(f"\n{HEAD}")
        for labelers in self._options.labelers:
            of = [run for run in self._runs if (run.tasks, run.labelers) == (tasks, labelers)]
            sides = {name: [run for run in of if run.side == name] for name in (Ours.name, Peer.name)}
            for runs in sides.values():
                if runs:
                    print(table_row(runs))
            if all(sides.values()):
                print(ratio(tasks, labelers, *sides.values()))
        for page in (page for page in self._pages if page["tasks"] == tasks):
            print(
                f"list page of 100, {page['side']}, {page['page']}: p50 {page['p50']} ms, p95 {page['p95']} ms, "
                f"load {page['load']:.1f}"
            )
        sys.stdout.flush()

    def _write(self) -> None:
        if self._options.json_out is None:
            return
        peer = self._peer
        found = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "machine": {"processors": os.cpu_count(), "python": platform.python_version()},
            "seconds": self._options.seconds,
            "peer": peer
            and {"version": peer.version, "served_by": peer.served_by, "given_to_two": peer.twice},
            "runs": [run.as_json() for run in self._runs],
            "pages": self._pages,
            "imports": {side.name: side.imports for side in self._sides()},
        }
        self._options.json_out.write_text(json.dumps(found, indent=1) + "\n")


def ratio(tasks: int, labelers: int, ours: Sequence[Figures], theirs: Sequence[Figures]) -> str:
    """Return one line: how many times the peer, round by round, by throughput and by processor time."""
    by_rate = [a.per_second / b.per_second for a, b in zip(ours, theirs, strict=True) if b.per_second]
    by_cpu = [b.server_cpu_ms / a.server_cpu_ms for a, b in zip(ours, theirs, strict=True) if a.server_cpu_ms]
    rates, cpus = (", ".join(f"{each:.0f}" for each in found) for found in (by_rate, by_cpu))
    return f"| {tasks:,} | {labelers} | times the peer | {rates} | by processor time: {cpus} | | | | | |"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    numbers = lambda text: [int(part) for part in text.split(",")]  # noqa: E731 - a type for argparse
    parser.add_argument("--tasks", type=numbers, default=[1_000, 10_000, 100_000])
    parser.add_argument("--labelers", type=numbers, default=[1, 4, 16])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--million", action="store_true", help="also our side with 1 M items")
    parser.add_argument("--paced", type=int, default=0, help="also so many labelers at a human pace")
    parser.add_argument(
        "--peer",
        type=Path,
        default=Path(os.environ["RINGFENCE_BENCH_PEER"]) if os.environ.get("RINGFENCE_BENCH_PEER") else None,
        help="a Python with label-studio; also RINGFENCE_BENCH_PEER",
    )
    parser.add_argument("--json-out", type=Path)
    options = parser.parse_args()
    if options.peer is not None and not options.peer.exists():
        parser.error(f"there is no {options.peer}")
    return options


if __name__ == "__main__":
    sys.exit(main())
