"""Lockout by django-axes, counted under pseudonyms: neither its cache keys nor its log lines know an address."""

from collections.abc import Iterator
from contextlib import contextmanager

from axes.handlers.proxy import AxesProxyHandler
from django.http import HttpRequest
from redis.exceptions import RedisError

from audit.verbs import Verb
from tenants.gate.errors import CountersDown, LockedOut
from tenants.services.count_failures import count_failure
from tenants.services.platform_log import note


def refuse_locked_out(request: HttpRequest, name: str) -> None:
    """Raise `LockedOut` while `name`, a pseudonym, has too many failures behind it; `CountersDown` if unknown."""
    with _counters():
        allowed = AxesProxyHandler.is_allowed(request, {"username": name})
    if not allowed:
        raise LockedOut


def count_against(request: HttpRequest, name: str) -> None:
    """Count one failure against `name`. Raises `LockedOut` with the one that is too many, `CountersDown`."""
    with _counters():
        AxesProxyHandler.user_login_failed(__name__, {"username": name}, request)
        count_failure()
        allowed = AxesProxyHandler.is_allowed(request, {"username": name})
    if not allowed:
        note(Verb.LOGIN_LOCKED)
        raise LockedOut


def forgive(name: str) -> None:
    """Forget the failures of `name` after a success. Raises `CountersDown`."""
    with _counters():
        AxesProxyHandler.reset_attempts(username=name)


@contextmanager
def _counters() -> Iterator[None]:
    """Without counters nobody signs in: an attacker who stops the cache must not get unlimited tries."""
    try:
        yield
    except RedisError as down:
        raise CountersDown from down
