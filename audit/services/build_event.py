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


@dataclass(frozen=True, slots=True)
class Committed:
    """An event as its leaf commits to it, before anything is sealed; it needs no key."""

    id: UUID
    verb: Verb
    actor_id: UUID
    object_kind: str
    object_id: UUID | None
    at_ms: int
    leaf: leaf.Leaf


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
    return seal_event(
        context, commit_event(context, verb, object_kind=object_kind, object_id=object_id, detail=detail)
    )


def commit_event(
    context: TenantContext,
    verb: Verb,
    *,
    object_kind: str,
    object_id: UUID | None = None,
    detail: Mapping[str, object] | None = None,
) -> Committed:
    """Commit to one event of `context`'s actor, of now, under fresh salts."""
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
    return Committed(
        event_id, verb, context.actor_id, object_kind, object_id, at_ms, leaf.build(core, pii, at_ms)
    )


def seal_event(context: TenantContext, new: Committed) -> Event:
    """Seal the two halves of a committed event with `context`'s keyring. Raises `Dark`."""
    seal = context.keyring.seal
    return Event(
        tenant_id=context.tenant_id,
        id=new.id,
        verb=new.verb,
        actor_id=new.actor_id,
        object_kind=new.object_kind,
        object_id=new.object_id,
        at=datetime.fromtimestamp(new.at_ms / 1000, UTC),
        leaf=new.leaf.encoded,
        core=seal(new.leaf.core_opening, field=Body.core, row=new.id),
        # Under the member's own key, so that one person's half can be erased alone. Who erased something is not
        # erased with them.
        pii=seal(
            new.leaf.pii_opening,
            field=Body.pii,
            row=new.id,
            unit=None if new.verb is Verb.AUDIT_ERASED else new.actor_id,
        ),
        receipt=Receipt(new.id, new.leaf.hash),
    )
