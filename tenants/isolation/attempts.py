"""One statement that should be refused: tried, undone, and told as a value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import DatabaseError, connection

from tenants.isolation.target import Target, undone

REFUSALS = frozenset({"42501", "28000", "0A000"})
"""insufficient_privilege (row policies too), invalid_authorization (the context), and COPY FROM under policies."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a statement: rows it touched, or the SQLSTATE with which it ended."""

    rows: int
    state: str = ""

    @property
    def refused(self) -> bool:
        """Whether a right, a policy or the context stood in the way."""
        return self.state in REFUSALS

    @property
    def harmless(self) -> bool:
        """Whether it was refused, or went through and touched nothing."""
        return self.refused or (not self.state and self.rows <= 0)


def attempt(target: Target, sql: str, params: Sequence[Any] = ()) -> Outcome:
    """Run a statement inside a part of the transaction that is rolled back. Raises when the connection ends."""
    try:
        with undone():
            return Outcome(target.run(sql, params))
    except DatabaseError as error:
        return Outcome(0, state_of(error))


def attempt_copy(target: Target, sql: str, line: str = "") -> tuple[Outcome, list[str]]:
    """Run a COPY in either direction; return the lines that came out."""
    try:
        with undone(), connection.cursor() as cursor, cursor.copy(sql) as copy:
            if line:
                copy.write(line)
                lines: list[str] = []
            else:
                lines = [bytes(block).decode() for block in copy]
        return Outcome(len(lines)), lines
    except (DatabaseError, psycopg.Error) as error:
        # Django does not translate what the driver raises inside COPY.
        return Outcome(0, state_of(error)), []


def state_of(error: DatabaseError | psycopg.Error) -> str:
    """Return the SQLSTATE of an error; raise the error again when it has none, for it says nothing of a wall."""
    state = getattr(error if isinstance(error, psycopg.Error) else error.__cause__, "sqlstate", None)
    if not state:
        raise error
    return str(state)
