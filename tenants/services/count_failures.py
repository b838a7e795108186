"""Counts failed sign-ins per minute, one log entry for each minute: an attacker must not fill the log."""

import time

from django.core.cache import cache

from audit.verbs import Verb
from tenants.services.platform_log import note

KEPT_MINUTES = 60
"""How far back unwritten minutes are looked for."""


def count_failure() -> None:
    """Add one failed sign-in to the running minute, and write the minutes that are over."""
    minute = _minute()
    key = _key(minute)
    if not cache.add(key, 1, timeout=(KEPT_MINUTES + 5) * 60):
        cache.incr(key)
    else:
        write_counts()


def write_counts() -> int:
    """Write an entry for each finished minute that has failures; return how many were written.

    Of several processes that meet here, the one whose delete succeeds writes.
    """
    now, written = _minute(), 0
    counts = cache.get_many([_key(minute) for minute in range(now - KEPT_MINUTES, now)])
    for key, count in counts.items():
        if cache.delete(key):
            note(Verb.LOGIN_FAILED, detail={"count": count, "minute": int(key.rsplit(":", 1)[1])})
            written += 1
    return written


def _minute() -> int:
    return int(time.time()) // 60


def _key(minute: int) -> str:
    return f"login-failures:{minute}"
