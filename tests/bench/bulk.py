"""Rates and memory of import and export of 1 KB texts, one process each, on a cluster of their own.

    python -m tests.bench.bulk [--sizes 1000,100000] [--answered 0.4]

Each step runs in a fresh process with the worker's role, whose peak of resident memory is read at its
end. Printed beside each rate are the processor time of the process and of its PostgreSQL backend, which
other work on the machine does not change, and the share of time that the host took away meanwhile.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

WORDS = b"the quick brown fox jumps over a lazy dog while nine silver bells ring far away "
TEXT_BYTES = 1_000


def main() -> None:
    """Run all steps for each size and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", default="1000,100000", help="numbers of items, such as 1000,100000,1000000"
    )
    parser.add_argument("--answered", type=float, default=0.4, help="share of items with an answer")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--detail", default="{}", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        _step(given.step, json.loads(given.detail))
        return
    from tests.stack import new_stack

    stack = new_stack(durable=True)
    stack.start()
    try:
        print(
            f"{'step':<28}{'items':>10}{'seconds':>10}{'items/s':>10}"
            f"{'python µs':>11}{'postgres µs':>13}{'peak MB':>9}{'steal %':>9}"
        )
        for size in (int(part) for part in given.sizes.split(",")):
            detail: dict[str, object] = {"size": size, "answered": given.answered}
            for step in ("upload", "import", "answer", "export jsonl", "export csv", "download jsonl"):
                detail |= _run(step, detail, stack.environment("rf_worker"))
                if step != "answer":
                    print(
                        f"{step:<28}{size:>10,}{detail['seconds']:>10.2f}{size / float(str(detail['seconds'])):>10,.0f}"
                        f"{float(str(detail['cpu'])) / size * 1e6:>11.1f}"
                        f"{float(str(detail['backend'])) / size * 1e6:>13.1f}"
                        f"{detail['peak']:>9.0f}{detail['steal']:>9.1f}",
                        flush=True,
                    )
    finally:
        stack.stop()


def _run(step: str, detail: dict[str, object], environment: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bulk", "--step", step, "--detail", json.dumps(detail)],
        env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{step}: {done.stderr[-2000:]}")
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def _step(step: str, detail: dict[str, object]) -> None:
    import django

    django.setup()
    from tests.bench import bulk_steps

    size = int(str(detail["size"]))
    before, stolen, began, cpu = _rss(), _stolen(), time.perf_counter(), time.process_time()
    if step == "upload":
        found = bulk_steps.upload(rows(size))
        began += float(found.pop("not_counted"))
    elif step == "import":
        found = bulk_steps.work_import(detail)
    elif step == "answer":
        found = bulk_steps.answer(detail)
    elif step == "download jsonl":
        found = bulk_steps.download(detail)
    else:
        found = bulk_steps.work_export(detail, step.removeprefix("export "))
    seconds = time.perf_counter() - began
    found |= {
        "seconds": seconds,
        "cpu": time.process_time() - cpu,
        "backend": bulk_steps.backend_seconds(),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "before": before,
        "steal": (_stolen() - stolen) / (seconds * (os.cpu_count() or 1)),
    }
    print(json.dumps(found))


def rows(count: int) -> Iterator[bytes]:
    """Yield the file in pieces of 1,000 rows."""
    text = (WORDS * (TEXT_BYTES // len(WORDS) + 1))[: TEXT_BYTES - 30]
    for start in range(0, count, 1_000):
        yield b"".join(
            b'{"id":"item-%08d","text":"%b"}\n' % (n, text) for n in range(start, min(start + 1_000, count))
        )


def _rss() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _stolen() -> float:
    """Return the processor time, in hundredths of a second, that the host has taken away since boot."""
    return float(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8])


if __name__ == "__main__":
    main()
