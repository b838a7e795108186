"""Which components answer. Each is asked at the same time, so that one that hangs does not hide another."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.conf import settings
from django.core.cache import cache
from kombu.connection import Connection

from tenants.gate.probe import ask_cell, ask_control
from tenants.liveness import PROCESSES, pulse_key

DEADLINE_SECONDS = 2.5
LATE_SECONDS = 3.5
"""Sequencer, signer and publisher write a heartbeat each second."""
FREE_MIB = 64
MEMO_SECONDS = 0.5
"""The page is public: however often it is asked, the components are asked twice a second."""

UP, DOWN, UNKNOWN = "up", "down", "unknown"

_lock = threading.Lock()
_memo: tuple[float, dict[str, str]] = (0.0, {})
_askers = ThreadPoolExecutor(8, thread_name_prefix="health")


def measure_health() -> dict[str, str]:
    """Return component -> `up`, `down`, or `unknown` where only a component that is down could say."""
    global _memo
    with _lock:
        if time.monotonic() - _memo[0] > MEMO_SECONDS:
            measured = _measure()
            # Counted from the end: a slow answer must not be asked for again at once.
            _memo = (time.monotonic(), measured)
        return dict(_memo[1])


def stopped_of(components: Mapping[str, str]) -> list[str]:
    """Return what is down, in the order of the components."""
    return [name for name, state in components.items() if state == DOWN]


def _measure() -> dict[str, str]:
    questions: dict[str, Callable[[], object]] = {
        "cell": ask_cell,
        "control": ask_control,
        "broker": _ask_broker,
        "cache": _ask_cache,
        "disk": _ask_disk,
    }
    asked: dict[str, Future[object]] = {name: _askers.submit(ask) for name, ask in questions.items()}
    wait(asked.values(), timeout=DEADLINE_SECONDS)
    answers = {name: _answer(future) for name, future in asked.items()}
    out = {name: DOWN if answer is None else UP for name, answer in answers.items()}
    pulses = answers["cache"]
    for process in PROCESSES:
        out[process] = UNKNOWN if not isinstance(pulses, set) else UP if process in pulses else DOWN
    ages = answers["cell"]
    for process in ("sequencer", "signer", "publisher"):
        late = isinstance(ages, dict) and ages.get(process, LATE_SECONDS) >= LATE_SECONDS
        out[process] = UNKNOWN if not isinstance(ages, dict) else DOWN if late else UP
    return out


def _answer(future: "Future[object]") -> object | None:
    """Return what was answered; None when nothing came in time or an error did."""
    if not future.done() or future.exception() is not None:
        future.cancel()
        return None
    answer = future.result()
    return True if answer is None else answer


def _ask_broker() -> None:
    with Connection(settings.BROKER_URL, connect_timeout=1) as connection:  # type: ignore[no-untyped-call]  # kombu
        connection.ensure_connection(max_retries=1, timeout=1)


def _ask_cache() -> set[str]:
    """Write and read one key; return which processes have a pulse."""
    cache.set("health", 1, timeout=10)
    if cache.get("health") != 1:
        raise OSError("the cache forgets")
    keys = {pulse_key(process): process for process in PROCESSES}
    return {keys[key] for key in cache.get_many(list(keys))}


def _ask_disk() -> None:
    free = shutil.disk_usage(settings.VAR).free // 2**20
    if free < FREE_MIB:
        raise OSError("the disk is full")
