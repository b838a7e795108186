"""What the operator has stated about itself to a tenant, and that the tenant has read it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.services.deliver import deliver
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from tenants.models import OperatorConflict


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement, opened for who may see the policy."""

    id: UUID
    opened_at: datetime
    closed_at: datetime | None
    acknowledged_at: datetime | None
    body: dict[str, Any]


def is_stated() -> bool:
    """Say whether a statement is open, inside the unit of work; nothing of it is opened."""
    return OperatorConflict.objects.filter(closed_at=None).exists()


def read_statements(context: TenantContext) -> list[Stated]:
    """Return the statements, newest first, as a delivery. The caller has checked that the actor sees the policy."""
    found = []
    for row in OperatorConflict.objects.order_by("-opened_at")[:100]:
        opened = context.keyring.open(bytes(row.statement), field=OperatorConflict.statement, row=row.id)
        found.append(
            (Stated(row.id, row.opened_at, row.closed_at, row.acknowledged_at, json.loads(opened)), opened)
        )
    if found:
        deliver(
            context,
            Verb.OPERATOR_CONFLICT_DELIVERED,
            object_kind="operator_conflict",
            objects=[(stated.id, hashlib.sha256(opened).digest()) for stated, opened in found],
        )
    return [stated for stated, _ in found]


def acknowledge_conflict(context: TenantContext, *, conflict_id: UUID) -> None:
    """Keep that somebody of the tenant has read a statement. Raises `NotFound`; harmless when it was read before."""
    row = OperatorConflict.objects.select_for_update().filter(id=conflict_id).first()
    if row is None:
        raise NotFound("statement")
    if row.acknowledged_at is not None:
        return
    row.acknowledged_at, row.acknowledged_by_id = timezone.now(), context.actor_id
    row.save(update_fields=["acknowledged_at", "acknowledged_by_id"])
    record(
        context, Verb.OPERATOR_CONFLICT_ACKNOWLEDGED, object_kind="operator_conflict", object_id=conflict_id
    )
