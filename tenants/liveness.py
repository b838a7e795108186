"""The pulse of worker, checker and beat: a key in the cache, written each second, gone 10 s after the last."""

import threading
from contextlib import suppress
from typing import Any

from celery.signals import beat_init, worker_ready
from django.core.cache import cache

PULSE_SECONDS = 1.0
LIFE_SECONDS = 10
"""Ten beats: a process that a busy machine holds up for some seconds is not dead."""
CHECKER_QUEUE = "checker"
PROCESSES = ("worker", "checker", "beat")


def pulse_key(process: str) -> str:
    """Return the cache key under which a process says that it lives."""
    return f"pulse:{process}"


@worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]  # celery has no types
def worker_lives(sender: Any, **kwargs: Any) -> None:
    """Start the pulse of a worker; what it is called depends on the queue that it serves."""
    start_pulse("checker" if CHECKER_QUEUE in sender.app.amqp.queues.consume_from else "worker")


@beat_init.connect(weak=False)  # type: ignore[untyped-decorator]  # celery has no types
def beat_lives(sender: Any, **kwargs: Any) -> None:
    """Start the pulse of the scheduler."""
    start_pulse("beat")


def start_pulse(process: str) -> threading.Event:
    """Write the pulse of `process` until the returned event is set or the process ends."""
    stop = threading.Event()
    threading.Thread(target=_beat, args=(pulse_key(process), stop), name="pulse", daemon=True).start()
    return stop


def _beat(key: str, stop: threading.Event) -> None:
    while True:
        # A dead cache is the health page's finding, and the pulse returns with it.
        with suppress(Exception):
            cache.set(key, 1, timeout=LIFE_SECONDS)
        if stop.wait(PULSE_SECONDS):
            return
