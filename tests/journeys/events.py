"""What a proof bundle tells: its events, read by the verifier's own eyes."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from audit.pins import Pin
from audit.verify.judge import Verdict, judge


def events_of(bundle: bytes, pin: bytes) -> Iterator[dict[str, Any]]:
    """Yield the core of each event of a bundle that holds under the pin. Raises AssertionError if it does not."""
    report = judge(bundle, Pin.parse(pin))
    assert report.verdict is Verdict.GOOD, report.why_not_anchored
    for event in report.events():
        yield {"index": event.index, **(event.core or {})}


def counted(bundle: bytes, pin: bytes) -> Counter[str]:
    """Return how often each verb stands in the log."""
    return Counter(str(event["verb"]) for event in events_of(bundle, pin))
