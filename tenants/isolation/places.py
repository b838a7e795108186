"""Targets: the live cell for the checker's own process, the shadow for the process that it starts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Purpose
from tenants.gate.canaries import known_tenants
from tenants.gate.service import canary_contexts, every_tenant
from tenants.isolation.target import LIVE_OWNERS, SHADOW_OWNERS, Target

CHECKER = "rf_checker"


class CannotRun(Exception):
    """The check has nothing to work on or with; the text says what to do."""


def live_target(subject: TenantContext | None = None) -> Target:
    """Return the cell that serves customers. Raises `CannotRun`."""
    if _who()[0] != CHECKER:
        raise CannotRun("the isolation check runs as the checker: use its environment (role rf_checker)")
    return Target("live", _two_canaries(), _everybody, known_tenants(), owners=LIVE_OWNERS, subject=subject)


def shadow_target() -> Target:
    """Return the shadow, where walls are taken down. Raises `CannotRun` anywhere else."""
    user, owner = _who()
    if user != CHECKER or owner != CHECKER:
        raise CannotRun(
            "this is not the shadow: its owner is the checker, and nobody else's walls are planted"
        )
    canaries = _two_canaries()
    return Target(
        "shadow",
        canaries,
        lambda: iter(canaries),
        frozenset(context.tenant_id for context in canaries),
        owners=SHADOW_OWNERS,
    )


def shadow_environment() -> dict[str, str]:
    """Return the environment of the shadow's process: the shadow in the cell's place, and its own context key.

    Raises `CannotRun` in a process that does not hold them.
    """
    url, key = os.environ.get("RINGFENCE_SHADOW_URL"), settings.SHADOW_KEY_FILE
    if not url or not key:
        raise CannotRun(
            "no shadow: set RINGFENCE_SHADOW_URL and RINGFENCE_SHADOW_KEY_FILE, as the checker has them"
        )
    values = dict(os.environ)
    del values["RINGFENCE_SHADOW_URL"]
    # What is rehearsed there sends nothing to anybody; without any address the library would try one of its own.
    return values | {
        "RINGFENCE_CELL_URL": url,
        "RINGFENCE_CONTEXT_KEY_FILE": str(key),
        "BROKER_URL": "memory://",
    }


@contextmanager
def working_as_app() -> Iterator[None]:
    """Work under the application's role for a while, in a process that logs in as the checker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = 'rf_checker'")
        checker = cursor.fetchone()[0]
        if checker:
            cursor.execute("SET ROLE rf_app")
    try:
        yield
    finally:
        if checker:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")


def _who() -> tuple[str, str]:
    """Return (our role, the owner of this database)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user::text, datdba::regrole::text FROM pg_database WHERE datname = current_database()"
        )
        user, owner = cursor.fetchone()
    return user, owner


def _two_canaries() -> tuple[TenantContext, TenantContext]:
    found = canary_contexts()
    if len(found) < 2:
        raise CannotRun("there are no canary tenants: run `manage.py create_canaries` once")
    return found[0], found[1]


def _everybody() -> Iterator[TenantContext]:
    return every_tenant(Purpose.JOB)
