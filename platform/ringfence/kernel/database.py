"""Which database a model lives in, the version floor, and the door to the control database."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from ringfence.kernel.errors import ControlOutsideGate

CONTROL_APPS = frozenset({"people"})
BOTH_APPS = frozenset({"contenttypes", "auth"})
# axes counts in the cache; guardian's generic rows carry no tenant, so their tables do not exist at all.
NOWHERE_APPS = frozenset({"axes", "guardian"})

# Below these, CVE-2026-14666 lets a cached plan outlive a change of identity under row-level security.
FLOORS = {15: 150019, 16: 160015, 17: 170011, 18: 180006}

BARRED_STATE, BARRED = "28000", "the policy keeps this actor away"

_control_open: ContextVar[bool] = ContextVar("ringfence_control_open", default=False)
_floor_held: set[str] = set()


@contextmanager
def control_database() -> Iterator[None]:
    """Open the control database for the calling code. For `tenants.gate` alone; a guard test watches."""
    token = _control_open.set(True)
    try:
        yield
    finally:
        _control_open.reset(token)


class CellAndControl:
    """Sends people to `control`, and everything else to the cell. No query crosses over."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        """Return the alias. Raises `ControlOutsideGate`."""
        if model._meta.app_label not in CONTROL_APPS:
            return "default"
        if not _control_open.get():
            raise ControlOutsideGate(f"{model._meta.label} is reached through tenants.gate only")
        return "control"

    db_for_write = db_for_read

    def allow_relation(self, one: models.Model, other: models.Model, **hints: Any) -> bool:
        """Allow references inside one database only."""
        return (one._meta.app_label in CONTROL_APPS) == (other._meta.app_label in CONTROL_APPS)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Say which tables stand where: people in control only, tenants' rows in the cell only."""
        if app_label in NOWHERE_APPS:
            return False
        if app_label in BOTH_APPS:
            return True
        return (app_label in CONTROL_APPS) == (db == "control")


def below_floor(version: int) -> str | None:
    """Return what is wrong with `version` (as in `server_version_num`), or None when it is new enough."""
    major = version // 10_000
    if major > max(FLOORS):
        return None
    floor = FLOORS.get(major)
    if floor is None:
        return f"PostgreSQL {major} is too old; use 15 to {max(FLOORS)}"
    if version >= floor:
        return None
    found, needed = f"{major}.{version % 10_000}", f"{major}.{floor % 10_000}"
    return f"PostgreSQL {found} has CVE-2026-14666, which breaks row-level security; use {needed} or newer"


def hold_version_floor(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Refuse a server below the floor, once for each alias. Receiver of `connection_created`."""
    if connection.vendor != "postgresql":
        raise ImproperlyConfigured("Ringfence runs on PostgreSQL only: no other engine has its row policies")
    if connection.alias in _floor_held:
        return
    problem = below_floor(connection.connection.info.server_version)
    if problem:
        connection.close()
        raise ImproperlyConfigured(problem)
    _floor_held.add(connection.alias)


def is_bar(error: BaseException) -> bool:
    """Say whether PostgreSQL refused because the tenant's policy keeps the actor away (`rf.admitted`)."""
    cause = error.__cause__ or error
    return getattr(cause, "sqlstate", None) == BARRED_STATE and BARRED in str(cause)
