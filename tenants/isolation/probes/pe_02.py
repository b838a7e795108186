"""PE-02: every manager of every model stays inside the acting tenant, with row security out of the way."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from ringfence.kernel.context import entered
from ringfence.kernel.errors import NoTenantContext
from ringfence.kernel.models import TenantManager, TenantModel
from tenants.isolation.catalog import tenant_models
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target, undone
from tenants.models import Member

ID = "PE-02"
TITLE = "Every query our code can write stays inside its workspace"
PROVES = "Even with the database's own wall out of the way, our code has no way to ask for another customer's rows."


def detect(target: Target) -> Finding:
    """Ask each manager as the checker, whom the policies let count all rows: only the manager filters here."""
    tally = Tally(ID)
    own = {target.k1.tenant_id}
    for label, manager in _managers(target):
        with undone(), entered(target.k1):
            seen = set(manager.order_by().values_list("tenant_id", flat=True))
        if seen - own:
            tally.look()
            tally.wrong(f"{label} returns rows of {len(seen - own)} other workspaces")
        elif seen:
            tally.look()
        else:
            tally.miss(f"{label}: the canary has no row there")
        tally.look()
        try:
            with undone():
                manager.order_by().values_list("tenant_id", flat=True).first()
        except NoTenantContext:
            continue
        tally.wrong(f"{label} answers outside every context")
    for label, manager in _related(target):
        with undone(), entered(target.k1):
            seen = set(manager.order_by().values_list("tenant_id", flat=True))
        tally.look()
        if seen - own:
            tally.wrong(f"{label} returns rows of {len(seen - own)} other workspaces")
    return tally.finding()


def _managers(target: Target) -> Iterator[tuple[str, Any]]:
    for model in tenant_models():
        named = {manager.name: manager for manager in model._meta.managers}
        named |= {"_base_manager": model._base_manager, "_default_manager": model._default_manager}
        for name, manager in named.items():
            yield f"{model._meta.label}.{name}", manager
    for model, manager in target.extra_managers:
        yield f"{model._meta.label}.(added)", manager


def _related(target: Target) -> Iterator[tuple[str, Any]]:
    for model in tenant_models():
        row = target.rows(target.k1).get(model)
        for relation in model._meta.related_objects:
            accessor = relation.get_accessor_name()
            inside = issubclass(relation.related_model, TenantModel)
            if row is None or accessor is None or relation.one_to_one or not inside:
                continue
            with entered(target.k1):
                manager = getattr(row, accessor)
            yield f"{model._meta.label}.{accessor}", manager


def _unscoped(target: Target) -> None:
    manager: models.Manager[Member] = models.Manager()
    manager.model = Member
    before = target.extra_managers
    target.extra_managers = [*before, (Member, manager)]
    target.undo.callback(setattr, target, "extra_managers", before)


def _unfiltered(target: Target) -> None:
    before = TenantManager.get_queryset
    TenantManager.get_queryset = models.Manager.get_queryset  # type: ignore[method-assign]  # the plant
    target.undo.callback(setattr, TenantManager, "get_queryset", before)


PLANTS = (
    Plant("unscoped", "A developer adds a way to ask for members that forgets the workspace", _unscoped),
    Plant("unfiltered", "Our code stops filtering its queries by workspace", _unfiltered),
)
