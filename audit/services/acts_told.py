"""Asks logs of any tenant, as the checker, whether they tell of somebody. Two answers, and no event."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

TELLS = "SELECT audit.tells_of(%s, %s, %s)"
ACTED = "SELECT audit.acted_between(%s, %s, %s, %s)"


class ActsTold:
    """The question in two forms. Role rf_checker; any other is refused by PostgreSQL."""

    def holds(self, tenant_id: UUID, actor_id: UUID, events: Sequence[UUID]) -> bool:
        """Say whether each of these events is in the tenant's log, or on its way, as one of this actor's."""
        with connection.cursor() as cursor:
            cursor.execute(TELLS, [tenant_id, actor_id, list(events)])
            return bool(cursor.fetchone()[0])

    def acted(self, tenant_id: UUID, actor_id: UUID, since: datetime, until: datetime) -> bool:
        """Say whether the tenant's log tells of anything that this actor did from `since` to `until`."""
        with connection.cursor() as cursor:
            cursor.execute(ACTED, [tenant_id, actor_id, since, until])
            return bool(cursor.fetchone()[0])
