"""Asks both databases whether they answer, each on a short connection of its own."""

from typing import Any

import psycopg
from django.conf import settings

CONNECT_SECONDS = 2
"""The least that libpq takes."""
STATEMENT_MS = 1500


def ask_cell() -> dict[str, float]:
    """Return the age in seconds of each log process's last heartbeat. Raises `psycopg.Error` when nobody answers."""
    with _connect("default") as connection:
        rows = connection.execute(
            "select process, extract(epoch from clock_timestamp() - at)::float8 from audit.heartbeat"
        ).fetchall()
    return {str(process): float(age) for process, age in rows}


def ask_control() -> None:
    """Return when the control database answers. Raises `psycopg.Error`."""
    with _connect("control") as connection:
        connection.execute("select 1")


def _connect(alias: str) -> "psycopg.Connection[tuple[Any, ...]]":
    known = settings.DATABASES[alias]
    return psycopg.connect(
        dbname=known["NAME"],
        user=known["USER"],
        password=known["PASSWORD"],
        host=known["HOST"],
        port=known["PORT"] or None,
        connect_timeout=CONNECT_SECONDS,
        options=f"-c statement_timeout={STATEMENT_MS}",
        autocommit=True,
    )
