"""Counts per minute what strangers could repeat without end, one log entry a minute: nobody fills the log so."""

import time
from contextlib import suppress

from django.core.cache import cache
from redis.exceptions import RedisError

from audit.verbs import Verb
from tenants.services.platform_log import note

KEPT_MINUTES = 60
"""How far back unwritten minutes are looked for."""
COUNTED = (Verb.LOGIN_FAILED, Verb.REFUSALS_COUNTED)


def count_failure() -> None:
    """Add one failed sign-in to the running minute, and write the minutes that are over."""
    if _add(Verb.LOGIN_FAILED) == 1:
        write_counts()


def count_refusal() -> None:
    """Add one visitor whom the gate did not know or let in. They are refused with or without the count."""
    with suppress(RedisError):
        _add(Verb.REFUSALS_COUNTED)


def write_counts() -> int:
    """Write an entry for each finished minute and kind that has a count; return how many were written.

    Of several processes that meet here, the one whose delete succeeds writes.
    """
    now, written = _minute(), 0
    minutes = {
        _key(verb, minute): (verb, minute) for verb in COUNTED for minute in range(now - KEPT_MINUTES, now)
    }
    for key, count in cache.get_many(list(minutes)).items():
        if cache.delete(key):
            verb, minute = minutes[key]
            note(verb, detail={"count": count, "minute": minute})
            written += 1
    return written


def _add(verb: Verb) -> int:
    key = _key(verb, _minute())
    return 1 if cache.add(key, 1, timeout=(KEPT_MINUTES + 5) * 60) else cache.incr(key)


def _minute() -> int:
    return int(time.time()) // 60


def _key(verb: Verb, minute: int) -> str:
    return f"counted:{verb}:{minute}"
