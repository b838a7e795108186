"""Watches which sealed cells this process opens, and which events are built meanwhile."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Model

from audit import leaf
from ringfence.kernel.context import TenantContext
from ringfence.kernel.models import SealedField, TenantForeignKey
from ringfence.kernel.permissions import Role
from tenants.isolation.target import Target
from tenants.keys.keyring import BoundSealer, TenantKeyring
from tenants.models import Member

WAITING = "SELECT id FROM audit.pending WHERE tenant_id = %s"


@dataclass(frozen=True, slots=True)
class Opening:
    """One cell that was opened."""

    cell: SealedField
    row: UUID

    @property
    def column(self) -> str:
        """Table and column, as `annotation_task.payload`."""
        return f"{self.cell.model._meta.db_table}.{self.cell.column}"


@dataclass(slots=True)
class Watched:
    """What was opened, and what events were built, in any thread of this process."""

    opened: set[Opening] = field(default_factory=set)
    built: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def watching_openings() -> Iterator[Watched]:
    """Watch until the end of the block."""
    seen = Watched()
    one, many, build = TenantKeyring.open, BoundSealer.open, leaf.build

    def open_one(self: TenantKeyring, sealed: bytes, *, field: Any, row: UUID, version: int = 1) -> bytes:
        seen.opened.add(Opening(getattr(field, "field", field), row))
        return one(self, sealed, field=field, row=row, version=version)

    def open_many(self: BoundSealer, row: UUID, sealed: bytes, version: int = 1) -> bytes:
        seen.opened.add(Opening(getattr(self._field, "field", self._field), row))
        return many(self, row, sealed, version)

    def build_leaf(core: dict[str, Any], *more: Any, **named: Any) -> Any:
        seen.built.append(core)
        return build(core, *more, **named)

    with ExitStack() as back:
        for owner, name, watched in (
            (TenantKeyring, "open", open_one), (BoundSealer, "open", open_many), (leaf, "build", build_leaf)
        ):  # fmt: skip
            back.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, watched)
        yield seen


def told(target: Target, context: TenantContext, built: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of the built events that are in the tenant's log, or on their way into it."""
    there = {str(row[0]) for row in target.ask(WAITING, [context.tenant_id])}
    return [core for core in built if core.get("event") in there]


def named(openings: Iterable[Opening]) -> dict[Opening, frozenset[str]]:
    """Return, by opening, the ids by which an event may name it: its own, and those of what it is a part of.

    Inside a unit of work of its tenant; one statement for each model.
    """
    by_model: dict[type[Model], list[Opening]] = {}
    for opening in openings:
        by_model.setdefault(opening.cell.model, []).append(opening)
    found: dict[Opening, frozenset[str]] = {}
    for model, opened in by_model.items():
        parents = [
            str(each.attname)
            for each in model._meta.concrete_fields
            if isinstance(each, TenantForeignKey) or each.name == "project_id"
        ]
        ids: dict[UUID, set[str]] = {each.row: {str(each.row)} for each in opened}
        rows = model._base_manager.filter(pk__in=list(ids))
        for key, *row in rows.values_list("pk", *parents) if parents else ():
            ids[key] |= {str(each) for each in row if each is not None}
        found |= {each: frozenset(ids[each.row]) for each in opened}
    return found


def names_of(opening: Opening) -> frozenset[str]:
    """Return what `named` does, for one."""
    return named([opening])[opening]


def members_with(target: Target, role: Role) -> frozenset[UUID]:
    """Return the ids of the attacking canary's members who have a role."""
    with target.as_app(target.k1):
        return frozenset(Member.objects.filter(role=role).values_list("id", flat=True))
