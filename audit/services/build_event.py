"""Builds one event: what is committed, what is sealed, and the row that a transaction inserts."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from audit import leaf
from audit.models import Body
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7

INSERT_PENDING: Final = """
INSERT INTO audit.pending
    (tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
"""A statement of one's own inserts the same columns, in the transaction of the change."""


@dataclass(frozen=True, slots=True)
class Event:
    """The column values of one row of `audit.pending`, and the receipt to give for it."""

    tenant_id: UUID
    id: UUID
    verb: Verb
    actor_id: UUID
    object_kind: str
    object_id: UUID | None
    at: datetime
    leaf: bytes
    core: bytes = field(repr=False)
    pii: bytes = field(repr=False)
    receipt: Receipt

    @property
    def row(self) -> tuple[UUID | str | bytes | datetime | None, ...]:
        """The parameters of `INSERT_PENDING`."""
        return (
            self.tenant_id, self.id, self.verb.value, self.actor_id, self.object_kind, self.object_id,
            self.at, self.leaf, self.core, self.pii,
        )  # fmt: skip


def build_event(
    context: TenantContext,
    verb: Verb,
    *,
    object_kind: str,
    object_id: UUID | None = None,
    detail: Mapping[str, object] | None = None,
) -> Event:
    """Commit to one event and seal its two halves, without touching the database.

    Verb, actor, object and time stand in clear beside the ciphertexts, and inside the commitment.
    `detail` is plain JSON (no floats) and sealed. A keyring that has no open data key for this
    purpose asks the database for it; so call this inside `acting()`. Raises `Dark`.
    """
    event_id = uuid7()
    at_ms = time.time_ns() // 1_000_000
    core: dict[str, object] = {
        "event": str(event_id),
        "verb": verb.value,
        "object_kind": object_kind,
        "purpose": context.purpose.value,
    }
    if object_id is not None:
        core["object"] = str(object_id)
    if detail:
        core["detail"] = detail
    pii: dict[str, object] = {"actor": str(context.actor_id), **context.audience}
    if context.role is not None:
        pii["role"] = context.role.value
    new = leaf.build(core, pii, at_ms)
    seal = context.keyring.seal
    return Event(
        tenant_id=context.tenant_id,
        id=event_id,
        verb=verb,
        actor_id=context.actor_id,
        object_kind=object_kind,
        object_id=object_id,
        at=datetime.fromtimestamp(at_ms / 1000, UTC),
        leaf=new.encoded,
        core=seal(new.core_opening, field=Body.core, row=event_id),
        # Under the member's own key, so that one person's half can be erased alone. Who erased something is not
        # erased with them.
        pii=seal(
            new.pii_opening,
            field=Body.pii,
            row=event_id,
            unit=None if verb is Verb.AUDIT_ERASED else context.actor_id,
        ),
        receipt=Receipt(event_id, new.hash),
    )
