"""Who is acting, for which tenant: the value that the gate makes, and the unit of work that enters it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from psycopg.pq import TransactionStatus

from ringfence.kernel.errors import ContextAlreadyEntered, NoTenantContext, PermissionMissing
from ringfence.kernel.permissions import Permission, Purpose, Role

UNIT_OF_WORK_SECONDS = 30
FRESH_SECONDS = 1.0
TELL = "select set_config('rf.ctx', %s, true)"


class Keyring(Protocol):
    """Seals and opens for one tenant. Exists only inside a context; never hands out a tenant key.

    `field` is the model attribute, for example `Task.payload`: it names table and column.
    `unit` is the shred unit (project or member id) whose data key is used; None means the tenant's own.
    """

    def seal(
        self, plaintext: bytes, *, field: Any, row: UUID, unit: UUID | None = None, version: int = 1
    ) -> bytes:
        """Return the RF1 ciphertext. Raises `Dark` when the tenant's key cannot be used."""

    def open(self, sealed: bytes, *, field: Any, row: UUID, version: int = 1) -> bytes:
        """Return the plaintext. Raises `CannotOpen` for any other row, column, version or tenant; `Dark`."""

    def sealer(self, *, field: Any, unit: UUID | None = None) -> "Sealer":
        """Return a handle on one data key for bulk work in one column; usable for at most 30 s."""

    def browser_key(self, member: UUID, *, key_id: UUID | None = None) -> tuple[UUID, bytes]:
        """Return (id, 32 bytes) under which a member's browser seals their unfinished work.

        Without `key_id` the newest; with it an older one, so that what was sealed before keys changed can
        still be read. Erasing the member's data key ends both. Raises `CannotOpen` for an id that is not a
        key of this member, and `Dark`.
        """

    def blind(self, value: str, *, field: Any) -> bytes:
        """Return the 16-byte blind index of a high-entropy `value` in this column of this tenant."""

    def blinder(self, *, field: Any) -> Callable[[str], bytes]:
        """Return `blind` of one column as a function for loops; use it in the running unit of work only."""


class Sealer(Protocol):
    """One data key and one column, for loops."""

    def seal(self, row: UUID, plaintext: bytes, version: int = 1) -> bytes:
        """Return the RF1 ciphertext of one cell."""

    def open(self, row: UUID, sealed: bytes, version: int = 1) -> bytes:
        """Return the plaintext of one cell sealed under this data key."""


def _nobody_views() -> None:
    """For contexts in which no person acts."""


@dataclass(frozen=True, slots=True)
class TenantContext:
    """One actor, acting for one tenant, after membership and verdict. Only `tenants.gate` makes one."""

    tenant_id: UUID
    public_id: str
    actor_id: UUID
    role: Role | None
    permissions: frozenset[Permission]
    purpose: Purpose
    epoch: int
    keyring: Keyring = field(repr=False)
    token_for: Callable[[int], str] = field(repr=False)
    recheck: Callable[[], None] = field(repr=False)
    before_view: Callable[[], None] = field(default=_nobody_views, repr=False)
    """Called before content is shown to the actor; raises where what they saw elsewhere stands against it."""
    audience: dict[str, str] = field(default_factory=dict, repr=False)
    """Address and agent of the caller, as the log's personal half wants them."""

    ends_at: datetime | None = None
    """When this access ends by itself: of the operator's support, and of nobody else."""

    def require(self, permission: Permission) -> None:
        """Raise `PermissionMissing` unless the actor's role, or token, includes `permission`."""
        if permission not in self.permissions:
            raise PermissionMissing(permission)


@dataclass(slots=True)
class UnitOfWork:
    """What one transaction of one context has done so far."""

    context: TenantContext
    receipts: list[Any] = field(default_factory=list)
    read_at: datetime | None = None
    at_end: Callable[[BaseException | None], None] | None = None
    """Called once the transaction is over, with what undid it, or None; of units that unwrapped a key."""


_unit: ContextVar[UnitOfWork | None] = ContextVar("ringfence_unit", default=None)
_collected: ContextVar[list[Any] | None] = ContextVar("ringfence_collected", default=None)


@contextmanager
def collecting_receipts() -> Iterator[list[Any]]:
    """Yield a list that grows by the receipts of each unit of work that commits inside, in order."""
    collected: list[Any] = []
    token = _collected.set(collected)
    try:
        yield collected
    finally:
        _collected.reset(token)


def _committed(unit: UnitOfWork) -> None:
    if unit.at_end is not None:
        unit.at_end(None)
    collected = _collected.get()
    if collected is not None:
        collected.extend(unit.receipts)


@contextmanager
def acting(context: TenantContext) -> Iterator[UnitOfWork]:
    """Enter `context` for one transaction of at most 30 s. Does not nest: one unit of work, one tenant.

    The first statement tells PostgreSQL who acts; the signed token is bound to this connection's
    backend and dies with the transaction. Raises `ContextAlreadyEntered`.
    """
    if _unit.get() is not None:
        raise ContextAlreadyEntered("a unit of work serves one tenant")
    _ready_connection()
    unit = None
    try:
        with transaction.atomic(durable=True), entered(context) as unit:
            yield unit
    except BaseException as why:
        if unit is not None and unit.at_end is not None:
            unit.at_end(why)
        raise
    _committed(unit)


@contextmanager
def acting_in_pipeline(context: TenantContext) -> Iterator[UnitOfWork]:
    """Enter `context` like `acting`, with statements queued until a result is read.

    For the two requests that a labeler waits for: BEGIN, token and first statement travel together, and so
    do the last statement and COMMIT. An error of a statement shows when a later result is read, or at the
    end. Inside, use cursors and reading ORM queries only: `atomic` and `on_commit` know nothing of it.
    Source: psycopg 3 documentation, "Pipeline mode support".
    """
    # The thread's own object: each look through the proxy costs as much as a small function, 2 µs.
    mine: Any = connections[DEFAULT_DB_ALIAS]
    blocks: list[Any] = mine.atomic_blocks
    if blocks and blocks[-1]._from_testcase:
        # A transaction of the isolation check, which is rolled back whatever happens inside.
        with acting(context) as nested:
            yield nested
        return
    if _unit.get() is not None or mine.in_atomic_block:
        raise ContextAlreadyEntered("a unit of work serves one tenant")
    raw = _ready_connection()
    unit = UnitOfWork(context)
    token = _unit.set(unit)
    try:
        with mine.wrap_database_errors, raw.pipeline():
            raw.execute("BEGIN", prepare=True)
            raw.execute(TELL, [context.token_for(raw.info.backend_pid)], prepare=True)
            yield unit
            raw.execute("COMMIT", prepare=True)
    except BaseException as why:
        # After the pipeline, not inside it: there a rollback is refused as well.
        if not raw.closed and raw.info.transaction_status != TransactionStatus.IDLE:
            raw.execute("ROLLBACK")
        if unit.at_end is not None:
            unit.at_end(why)
        raise
    finally:
        _unit.reset(token)
    _committed(unit)


@contextmanager
def entered(context: TenantContext) -> Iterator[UnitOfWork]:
    """Enter `context` inside a transaction that the caller holds and ends.

    For `acting`, and for the isolation check, which works inside transactions that it rolls back.
    """
    if _unit.get() is not None:
        raise ContextAlreadyEntered("a unit of work serves one tenant")
    tell_postgres(context)
    unit = UnitOfWork(context)
    token = _unit.set(unit)
    try:
        yield unit
    finally:
        _unit.reset(token)


def _ready_connection() -> Any:
    """Return this thread's connection, asked for a sign of life only when it has rested for a second.

    Django would ask once in every request, a round trip each; under load that is a sixth of them.
    """
    mine: Any = connections[DEFAULT_DB_ALIAS]  # its stubs lack what Django 5.2 keeps on it
    now = time.monotonic()
    if now - getattr(mine, "rested_since", 0.0) < FRESH_SECONDS:
        mine.health_check_done = True
    mine.close_if_health_check_failed()
    mine.ensure_connection()
    mine.rested_since = now
    return mine.connection


def tell_postgres(context: TenantContext) -> None:
    """Set the signed context for the current transaction of the default connection."""
    connection.ensure_connection()
    raw = connection.connection
    # In a pipeline BEGIN and this statement travel together: one round trip instead of two.
    with raw.pipeline():
        raw.execute(TELL, [context.token_for(raw.info.backend_pid)], prepare=True)


def current() -> UnitOfWork:
    """Return the unit of work that is running. Raises `NoTenantContext`: there is no value for "all tenants"."""
    unit = _unit.get()
    if unit is None:
        raise NoTenantContext("enter acting(context) before touching tenant rows")
    return unit


def current_tenant_id() -> UUID:
    """Return the acting tenant's id; the default of every `tenant_id` column."""
    return current().context.tenant_id


def in_unit() -> bool:
    """Say whether a unit of work is running."""
    return _unit.get() is not None
