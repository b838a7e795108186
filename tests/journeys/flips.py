"""Flips bytes of a bundle and judges each time, in as many processes as the machine has processors."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from audit.errors import Equivocation, EvidenceRefused, Malformed
from audit.pins import Pin
from audit.verify.judge import judge

BATCH = 200

_bundle: bytearray = bytearray()
_pin: Pin | None = None


def verdict_of(content: bytes, pin: bytes | None) -> int:
    """Return the verifier's exit code."""
    return _judged(content, Pin.parse(pin) if pin else None)


def _judged(content: bytes, pin: Pin | None) -> int:
    try:
        return int(judge(content, pin).verdict)
    except Malformed:
        return 2
    except Equivocation:
        return 3
    except EvidenceRefused:
        return 1


def flip_each(
    bundle: bytes, pin: bytes, places: Sequence[int], *, mask: int, seconds: float
) -> tuple[int, dict[int, int]]:
    """Flip the bits of `mask` in one byte after the other, each in the otherwise intact bundle.

    Returns how many places were tried before the time was over, and place -> exit code for those at
    which the verifier said neither 1 nor 2.
    """
    until = time.monotonic() + seconds
    batches = [places[i : i + BATCH] for i in range(0, len(places), BATCH)]
    tried, passed = 0, {}
    # Spawned, not forked: the test run has threads and connections of its own.
    with ProcessPoolExecutor(
        os.cpu_count(), multiprocessing.get_context("spawn"), initializer=_prepare, initargs=(bundle, pin)
    ) as pool:
        for done, found in pool.map(_flip, batches, [mask] * len(batches), [until] * len(batches)):
            tried += done
            passed |= found
    return tried, passed


def _prepare(bundle: bytes, pin: bytes) -> None:
    global _bundle, _pin
    _bundle, _pin = bytearray(bundle), Pin.parse(pin)


def _flip(places: Sequence[int], mask: int, until: float) -> tuple[int, dict[int, int]]:
    passed = {}
    for tried, place in enumerate(places):
        # `until` is of the parent's clock, which all processes of a machine share on Linux.
        if time.monotonic() > until:
            return tried, passed
        _bundle[place] ^= mask
        code = _judged(bytes(_bundle), _pin)
        _bundle[place] ^= mask
        if code not in (1, 2):
            passed[place] = code
    return len(places), passed
