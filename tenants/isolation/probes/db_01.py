"""DB-01: every table and every model is classified."""

from django.core.checks import CheckMessage

from ringfence.kernel import checks
from ringfence.kernel.models import TenantModel
from ringfence.kernel.registry import CANARIES
from tenants.isolation.catalog import SCHEMAS, all_tables, shared_tables, tenant_models
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-01"
TITLE = "Every table says whose rows it holds"
PROVES = "No table can hold a customer's rows without saying which customer each row belongs to."
SEEDED = False


def detect(target: Target) -> Finding:
    """Hold PostgreSQL's list of tables against the shared ones, and the models against their declarations."""
    tally = Tally(ID)
    shared = shared_tables()
    for table in all_tables(target):
        tally.look()
        if table.full_name in shared and table.schema in SCHEMAS:
            continue
        if table.kind not in "rp":
            tally.wrong(
                f"{table.full_name} is a view or a foreign table; nobody has said whose rows it shows"
            )
        elif not table.tenant_column:
            tally.wrong(f"{table.full_name} has no tenant_id and is not declared shared")
        elif table.tenant_column != "uuid":
            tally.wrong(f"{table.full_name}: tenant_id is {table.tenant_column}, not uuid NOT NULL")
    tally.look(len(tenant_models()))
    problems: list[CheckMessage] = [
        *checks.every_model_is_isolated(None),
        *checks.every_tenant_model_has_a_canary(None),
    ]
    for problem in problems:
        tally.wrong(str(problem.msg))
    return tally.finding()


def _unclassified(target: Target) -> None:
    target.run("CREATE TABLE public.planted_notes (id uuid PRIMARY KEY, body text)")


def _nullable(target: Target) -> None:
    target.run("ALTER TABLE tenants_profile ALTER tenant_id DROP NOT NULL")


def _undeclared_model(target: Target) -> None:
    model = next(iter(CANARIES))
    factory = CANARIES.pop(model)
    assert issubclass(model, TenantModel)  # noqa: S101 - canaries are of tenants' models

    def back() -> None:
        CANARIES[model] = factory

    target.undo.callback(back)


PLANTS = (
    Plant("unclassified", "A table is created that nobody has classified", _unclassified),
    Plant("nullable", "Rows of one table may belong to nobody", _nullable),
    Plant("undeclared", "A kind of record loses its declaration for this check", _undeclared_model),
)
