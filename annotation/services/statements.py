"""Runs the queue's own statements on the unit of work's connection, with names instead of places."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import connection


def rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(short(statement), values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def binary_rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return all rows in binary: as text, each byte of a sealed cell would travel as two and be decoded here."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.cursor(binary=True) as cursor:
        cursor.execute(short(statement), values, prepare=True)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def one(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Return the first row of a statement, or None."""
    with connection.cursor() as cursor:
        cursor.execute(short(statement), values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def run(statement: str, values: Mapping[str, Any]) -> None:
    """Run a statement that returns nothing."""
    with connection.cursor() as cursor:
        cursor.execute(short(statement), values)


@lru_cache(maxsize=128)
def short(statement: str) -> str:
    """Return a statement without the blanks that are there for people; what stands in quotes is kept.

    psycopg remembers how it has split a statement only up to 4,096 characters; a longer one is split again
    at every execution, about a tenth of the time of a request that takes. Raises ValueError for a comment, which would
    swallow what follows it.
    """
    if "--" in statement:
        raise ValueError("a comment stands beside a statement, not in it")
    parts = statement.split("'")
    for n in range(0, len(parts), 2):
        parts[n] = re.sub(r" ?([(),]) ?", r"\1", re.sub(r"\s+", " ", parts[n]))
    return "'".join(parts).strip()
