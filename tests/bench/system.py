"""Figures of the whole: start of the demo, memory of each process, isolation check, what a browser measures.

    python -m tests.bench.system --cold          a fresh clone, empty package caches; then all the others
    python -m tests.bench.system --only check    start,memory,check,cells,browser: some of them

A demo is started for it in a folder and at a port of its own, and removed. `cells` times the scan of sealed
cells on a cluster of its own with many of them (`--sealed`), since the demo has few.
"""

import argparse
import json
import os
import re
import signal
import sys
from collections.abc import Callable

from tests.bench import browser
from tests.bench.demo_run import DemoRun
from tests.bench.ground import own_services
from tests.bench.meters import machine_ticks

PARTS = ("start", "browser", "memory", "check", "cells")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cold", action="store_true", help="start in a fresh clone with empty caches")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--sealed", type=int, default=200_000, help="items for the scan of sealed cells")
    options = parser.parse_args()
    asked = set(options.only.split(","))
    if strange := asked - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(strange))}")
    # Whoever ends the bench ends its demo.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print("| what | measured | steal % | load before |\n|---|---|---|---|")
    if asked - {"cells"}:
        demo = DemoRun(cold=options.cold)
        try:
            of_demo(demo, asked, cold=options.cold)
        finally:
            demo.remove()
    if "cells" in asked:
        row("isolation check, scan of sealed cells", lambda: cells(options.sealed))
    return 0


def row(what: str, measured: Callable[[], str]) -> None:
    """Print one row with the machine's state around it."""
    load, before = os.getloadavg()[0], machine_ticks()
    figure, after = measured(), machine_ticks()
    steal = 100 * (after[0] - before[0]) / max(1, after[1] - before[1])
    print(f"| {what} | {figure} | {steal:.1f} | {load:.1f} |", flush=True)


def of_demo(demo: DemoRun, asked: set[str], *, cold: bool) -> None:
    """Measure everything that wants a running demo."""
    name = "`make demo`, fresh clone, empty caches" if cold else "`make demo`, installed, first start"
    row(name, lambda: f"{demo.start():.0f} s")
    if "start" in asked:

        def again() -> str:
            demo.stop()
            return f"{demo.start():.1f} s"

        row("`make demo`, second start", again)
    if "browser" in asked:
        tenant, project = demo.project()
        login, static = demo.people()["start"], demo.repo / "annotation" / "static" / "ui"
        load = os.getloadavg()[0]
        seen = browser.look(demo.layout.base_url, login, tenant, project, static)
        for what, figure in browser.rows(seen):
            print(f"| {what} | {figure} | | {load:.1f} |", flush=True)
    if "check" in asked:
        row("isolation check, whole catalogue", lambda: check(demo))
    if "memory" in asked:
        total = 0.0
        for program, shared_out, processes in demo.memory():
            total += shared_out
            each = " + ".join(f"{size:.0f}" for size in processes if size > 1)
            print(f"| memory of {program} | {shared_out:.0f} MB (PSS); resident {each} | | |", flush=True)
        print(f"| memory of the whole demo | {total:.0f} MB (PSS) | | |", flush=True)


def check(demo: DemoRun) -> str:
    """Return how long the check of the demo took, and what it said."""
    report = json.loads(demo.command("checker", "isolation_check", "--format", "json"))
    return (
        f"{report['seconds']} s, {len(report['checks'])} checks, {report['detected']} of {report['planted']} "
        f"plants found: {report['verdict']}"
    )


def cells(sealed: int) -> str:
    """Return how many sealed cells a second CR-01 scans, in one PostgreSQL backend."""
    with own_services() as stack:
        from tests.bench.tenant import BenchTenant

        BenchTenant().project(sealed)
        said = stack.manage(
            "isolation_check", "--only", "CR-01", "--format", "json", env=stack.environment("rf_checker")
        )
    (found,) = json.loads(said)["checks"]
    scanned = int(re.search(r"(\d+) sealed cells", json.dumps(found))[1])  # type: ignore[index]
    return f"{scanned:,} cells in {found['ms'] / 1000:.1f} s: {scanned / found['ms'] * 1000:,.0f} cells/s"


if __name__ == "__main__":
    sys.exit(main())
