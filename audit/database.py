"""How the log's own processes reach PostgreSQL: plain psycopg, without Django's connection or ORM."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import make_conninfo

from ringfence.kernel.database import below_floor

CONNECT_SECONDS = 5

Database = psycopg.Connection[tuple[Any, ...]]
Refusal = psycopg.DatabaseError
"""What a statement that PostgreSQL refuses raises; `sqlstate` says why."""


def connect() -> Database:
    """Return an autocommitting connection to the cell, under this process's role.

    A commit returns when it is durable, whatever the server's default: the signer signs what it
    can read. Raises psycopg.OperationalError, or ImproperlyConfigured for a server that is too old.
    """
    at = settings.DATABASES["default"]
    options = f"{at['OPTIONS'].get('options', '')} -c synchronous_commit=on -c statement_timeout=60s"
    database = psycopg.connect(
        dbname=at["NAME"],
        user=at["USER"],
        password=at["PASSWORD"],
        host=at["HOST"],
        port=at["PORT"],
        options=options.strip(),
        connect_timeout=CONNECT_SECONDS,
        prepare_threshold=1,
        autocommit=True,
    )
    problem = below_floor(database.info.server_version)
    if problem:
        database.close()
        raise ImproperlyConfigured(problem)
    return database


def connect_by(url: str) -> Database:
    """Return an autocommitting connection to the cell as whoever `url` names. Raises psycopg.OperationalError."""
    conninfo = make_conninfo(url, dbname=settings.DATABASES["default"]["NAME"])
    return psycopg.connect(conninfo, autocommit=True, connect_timeout=CONNECT_SECONDS)
