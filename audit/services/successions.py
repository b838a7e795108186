"""The logs that the acting tenant's log, and the meta-log, succeed."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ringfence.kernel.context import TenantContext

LINE = """
SELECT origin, standing, promised_size, kept_size, succeeded_at, false FROM audit.successions()
UNION ALL SELECT origin, standing, promised_size, kept_size, succeeded_at, true FROM audit.meta_successions()
 ORDER BY succeeded_at, kept_size
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A log that was given up: what it was held to, what was kept, and when the next one took its place."""

    origin: str
    standing: str
    promised: int
    kept: int
    at: datetime
    meta: bool
    """Whether it is the meta-log's, which all tenants share."""


def successions(context: TenantContext) -> tuple[Step, ...]:
    """Return the steps, oldest first; none for nearly everybody. Inside `acting(context)`."""
    with connection.cursor() as cursor:
        cursor.execute(LINE)
        return tuple(Step(*row) for row in cursor.fetchall())
