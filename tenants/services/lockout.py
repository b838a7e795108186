"""Lockout by django-axes, counted under pseudonyms: neither its cache keys nor its log lines know an address."""

from axes.handlers.proxy import AxesProxyHandler
from django.http import HttpRequest

from audit.verbs import Verb
from tenants.gate.errors import LockedOut
from tenants.services.count_failures import count_failure
from tenants.services.platform_log import note


def refuse_locked_out(request: HttpRequest, name: str) -> None:
    """Raise `LockedOut` while `name`, a pseudonym, has too many failures behind it."""
    if not AxesProxyHandler.is_allowed(request, {"username": name}):
        raise LockedOut


def count_against(request: HttpRequest, name: str) -> None:
    """Count one failure against `name`. Raises `LockedOut` with the one that is too many."""
    AxesProxyHandler.user_login_failed(__name__, {"username": name}, request)
    count_failure()
    if not AxesProxyHandler.is_allowed(request, {"username": name}):
        note(Verb.LOGIN_LOCKED)
        raise LockedOut


def forgive(name: str) -> None:
    """Forget the failures of `name` after a success."""
    AxesProxyHandler.reset_attempts(username=name)
