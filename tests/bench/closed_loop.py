"""A closed loop of labelers, each taking an item and answering it, one after another; what it measured."""

import random
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from tests.bench.meters import Meter, quantile

MOST_REFUSALS = 20


class Refused(Exception):
    """The server did not do what was asked; says what it said."""


class Labeler(Protocol):
    """One person at one connection."""

    def answer(self) -> tuple[float, float] | None:
        """Take one item and answer it; return the ms of both requests, None when nothing is left.

        Raises `Refused`.
        """


@dataclass
class Figures:
    """One run. Latencies and processor times in ms, the latter for one completed answer."""

    side: str
    tasks: int
    labelers: int
    round: int = 0
    answers: int = 0
    seconds: float = 0.0
    per_second: float = 0.0
    next_ms: list[float] = field(default_factory=list)
    submit_ms: list[float] = field(default_factory=list)
    cpu_ms: dict[str, float] = field(default_factory=dict)
    client_cpu_ms: float = 0.0
    steal: float = 0.0
    load: float = 0.0
    refusals: list[str] = field(default_factory=list)
    ran_out: bool = False
    """The run ended early: somebody had nothing left to answer."""

    @property
    def server_cpu_ms(self) -> float:
        """Processor time of all server processes, PostgreSQL included, for one answer."""
        return sum(self.cpu_ms.values())

    def as_json(self) -> dict[str, Any]:
        """Return the figures, latencies as quantiles."""
        plain = asdict(self)
        for name in ("next_ms", "submit_ms"):
            values = getattr(self, name)
            plain[name] = {f"p{p}": round(quantile(values, p), 2) for p in (50, 95, 99)}
        plain["cpu_ms"] = {name: round(value, 3) for name, value in self.cpu_ms.items()}
        plain["server_cpu_ms"] = round(self.server_cpu_ms, 3)
        return {name: round(v, 3) if isinstance(v, float) else v for name, v in plain.items()}


def run_loop(
    figures: Figures,
    labelers: Sequence[Labeler],
    servers: Mapping[str, int],
    *,
    seconds: float,
    warm: float,
    pause: float = 0.0,
) -> Figures:
    """Let all labelers work for `warm` and then `seconds`; count what ends inside the second part.

    With `pause` each rests for 0.5 to 1.5 times as many seconds after an answer, as people do; without,
    the next request follows at once. Ends early when one of them has nothing left.
    """
    over, done, lock = threading.Event(), list[tuple[float, float, float]](), threading.Lock()

    def work(labeler: Labeler, seed: int) -> None:
        chance = random.Random(seed)
        if pause:
            over.wait(chance.uniform(0, pause))
        while not over.is_set():
            try:
                took = labeler.answer()
            except Refused as refusal:
                with lock:
                    figures.refusals.append(str(refusal))
                    if len(figures.refusals) > MOST_REFUSALS:
                        over.set()
                continue
            except BaseException:
                over.set()
                raise
            if took is None:
                figures.ran_out = True
                over.set()
                return
            with lock:
                done.append((time.perf_counter(), *took))
            if pause:
                over.wait(pause * chance.uniform(0.5, 1.5))

    meter = Meter(servers)
    with ThreadPoolExecutor(len(labelers)) as pool:
        threads = [pool.submit(work, labeler, n) for n, labeler in enumerate(labelers)]
        over.wait(warm)
        meter.start()
        over.wait(seconds)
        meter.stop()
        over.set()
        for thread in threads:
            thread.result(300)
    counted = [each for each in done if meter.began <= each[0] <= meter.began + meter.seconds]
    figures.answers, figures.seconds = len(counted), meter.seconds
    figures.per_second = figures.answers / meter.seconds
    figures.next_ms = [each[1] for each in counted]
    figures.submit_ms = [each[2] for each in counted]
    each = 1000 / max(1, figures.answers)
    figures.cpu_ms = {name: each * spent for name, spent in meter.cpu.items()}
    figures.client_cpu_ms = each * meter.client
    figures.steal, figures.load = meter.steal, meter.load
    return figures


HEAD = (
    "| tasks | labelers | side | answers/s (range) | next ms p50 / p95 / p99 | submit ms | processor ms for an answer"
    " | generator ms | steal % | load before |\n|---|---|---|---|---|---|---|---|---|---|"
)


def table_row(runs: Sequence[Figures]) -> str:
    """Return one row for the rounds of one side at one size: medians, latencies over all answers."""
    first = runs[0]
    rates = [run.per_second for run in runs]
    names = sorted({name for run in runs for name in run.cpu_ms})
    parts = " + ".join(
        f"{name} {statistics.median(run.cpu_ms.get(name, 0.0) for run in runs):.2f}" for name in names
    )
    total = statistics.median(run.server_cpu_ms for run in runs)
    return (
        f"| {first.tasks:,} | {first.labelers} | {first.side} | {statistics.median(rates):.1f} "
        f"({min(rates):.1f} to {max(rates):.1f}) | {_three([v for r in runs for v in r.next_ms])} "
        f"| {_three([v for r in runs for v in r.submit_ms])} | {total:.2f} = {parts} "
        f"| {statistics.median(run.client_cpu_ms for run in runs):.2f} "
        f"| {', '.join(f'{run.steal:.1f}' for run in runs)} | {', '.join(f'{run.load:.1f}' for run in runs)} |"
    )


def _three(values: Sequence[float]) -> str:
    return " / ".join(f"{quantile(values, p):.1f}" for p in (50, 95, 99)) if len(values) > 1 else "-"
