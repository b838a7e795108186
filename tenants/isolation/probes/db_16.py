"""DB-16: the rows that exist are the rows that tenants see, together and no more."""

from collections import Counter
from uuid import UUID

from audit.meta import META_LOG
from audit.work import WORK_LOG
from tenants.isolation.catalog import tenant_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-16"
TITLE = "Every row belongs to a workspace, and that workspace sees it"
PROVES = "There are exactly as many rows as all workspaces see together: none is lost, shared or nobody's."


def detect(target: Target) -> Finding:
    """Count each table's rows by tenant, then as each tenant, in one snapshot."""
    tally = Tally(ID)
    tables = tenant_tables(target)
    census: dict[str, Counter[UUID]] = {}
    for table in tables:
        rows = target.ask(f"SELECT tenant_id, count(*) FROM {table.sql} GROUP BY 1")  # noqa: S608 - from the catalog
        census[table.full_name] = Counter({row[0]: row[1] for row in rows})
    asked: set[UUID] = set()
    union = " UNION ALL ".join(
        f"SELECT '{t.full_name}', (SELECT count(*) FROM (SELECT tenant_id FROM {t.sql}) t)"  # noqa: S608 - from the catalog
        for t in tables
    )
    for context in target.tenants():
        asked.add(context.tenant_id)
        with target.as_app(context):
            seen = target.ask(union)
        for name, count in seen:
            tally.look()
            there = census[name][context.tenant_id]
            if count != there:
                tally.wrong(
                    f"{name}: {there} rows of this workspace exist, and it sees {count}", context.tenant_id
                )
    for name, counts in census.items():
        for tenant_id in counts.keys() - asked:
            tally.look()
            # Work log and meta-log are no workspace's, and stand in the log's own tables alone.
            ours = tenant_id in (WORK_LOG, META_LOG) and name.startswith("audit.")
            if tenant_id not in target.known and not ours:
                tally.wrong(f"{name}: {counts[tenant_id]} rows of a workspace that never was", tenant_id)
    return tally.finding()


def _orphan(target: Target) -> None:
    # Rows change hands as their owner would do it, past the policies.
    target.run("ALTER TABLE tenants_isolationreport NO FORCE ROW LEVEL SECURITY")
    target.run("UPDATE tenants_isolationreport SET tenant_id = gen_random_uuid()")


def _shared(target: Target) -> None:
    target.run("CREATE POLICY planted ON tenants_profile FOR SELECT USING (true)")


def _hidden(target: Target) -> None:
    target.run("CREATE POLICY planted ON tenants_member AS RESTRICTIVE TO rf_app USING (role <> 'labeler')")


PLANTS = (
    Plant("orphan", "Reports are given to a workspace that does not exist", _orphan),
    Plant("shared", "Every workspace sees every other one's profile", _shared),
    Plant("hidden", "A workspace does not see its own labelers", _hidden),
)
