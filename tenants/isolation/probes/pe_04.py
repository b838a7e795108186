"""PE-04: rights on objects, and every other reference, join rows of one tenant."""

from django.apps import apps
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from ringfence.kernel.models import TenantModel
from tenants.isolation.catalog import Reference, references
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target
from tenants.models import Member

ID = "PE-04"
TITLE = "Rights and references join rows of one workspace"
PROVES = (
    "Nobody holds a right on another customer's project, and no record points across the wall or at nothing."
)

GENERIC = ("guardian_userobjectpermission", "guardian_groupobjectpermission")


def detect(target: Target) -> Finding:
    """Follow every reference of every row, as the checker, and compare both ends' tenants."""
    tally = Tally(ID)
    for each in references():
        child, parent = f'"{each.child}"', f'"{each.parent}"'
        count = target.ask(f"SELECT count(tenant_id) FROM {child}")[0][0]  # noqa: S608 - from models
        if count:
            tally.look()
        else:
            tally.miss(f"{each.child} has no row whose {each.column} could be followed")
        for tenant_id, other, value in target.ask(
            f'SELECT c.tenant_id, p.tenant_id, c."{each.column}" FROM {child} c'  # noqa: S608 - from models
            f' LEFT JOIN {parent} p ON p."{each.key}" = c."{each.column}"'
            f' WHERE c."{each.column}" IS NOT NULL AND p.tenant_id IS DISTINCT FROM c.tenant_id LIMIT 20'
        ):
            where = "a row of another workspace" if other else "no row"
            tally.wrong(f"{each.child}.{each.column} = {value} points at {where}", tenant_id)
    for model in apps.get_models():
        if (
            issubclass(model, UserObjectPermissionBase | GroupObjectPermissionBase)
            and not model._meta.abstract
        ):
            if issubclass(model, TenantModel):
                continue
            table = model._meta.db_table
            tally.look()
            if target.ask("SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"])[0][0]:
                tally.wrong(f"{table} exists: rights in it carry no workspace")
    return tally.finding()


def _right(target: Target) -> Reference:
    """Return the reference from a right on an object to the member who holds it."""
    for model in apps.get_models():
        if issubclass(model, UserObjectPermissionBase) and issubclass(model, TenantModel):
            table = model._meta.db_table
            return next(r for r in references() if r.child == table and r.parent == Member._meta.db_table)
    raise LookupError("no model of rights on objects is installed")


def _across(target: Target) -> None:
    right = _right(target)
    theirs = target.rows(target.k2)[Member].pk
    target.run(f'ALTER TABLE "{right.child}" DROP CONSTRAINT "{right.child}_{right.column}_same_tenant"')
    with target.as_app(target.k1):
        target.run(f'UPDATE "{right.child}" SET "{right.column}" = %s', [theirs])  # noqa: S608 - from models


def _orphan(target: Target) -> None:
    right = _right(target)
    target.run(f'ALTER TABLE "{right.child}" DROP CONSTRAINT "{right.child}_{right.column}_same_tenant"')
    with target.as_app(target.k1):
        target.run(f'UPDATE "{right.child}" SET "{right.column}" = gen_random_uuid()')  # noqa: S608 - from models


PLANTS = (
    Plant("across", "A member of one workspace is given a right on a project of another", _across),
    Plant("orphan", "A right is left behind for a member who does not exist", _orphan),
)
