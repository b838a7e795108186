"""DB-11: raw SQL as the application, with one tenant's context, reaches nothing of another's."""

from tenants.isolation.attempts import Outcome, attempt, attempt_copy
from tenants.isolation.catalog import Table, insertable, readable, tenant_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-11"
TITLE = "Raw SQL of one workspace reaches no row of another"
PROVES = "Even somebody who can run any SQL as our application reaches the rows of their own workspace only."

VERBS = 8


def detect(target: Target) -> Finding:
    """Try eight verbs on every table as K1, against rows of K2; all is undone."""
    tally = Tally(ID)
    for table in tenant_tables(target):
        theirs = target.ask(
            f"SELECT count(*) FROM {table.sql} WHERE tenant_id = %s",  # noqa: S608 - from the catalog
            [target.k2.tenant_id],
        )[0][0]
        with target.as_app(target.k1):
            own = len(target.ask(f"SELECT tenant_id FROM {table.sql} LIMIT 1"))  # noqa: S608 - from the catalog
            _read(target, tally, table)
            _write(target, tally, table)
        if own and theirs:
            tally.look(VERBS)
        else:
            tally.miss(f"{table.full_name}: the canaries have no row there ({own} and {theirs})", VERBS)
    return tally.finding()


def _read(target: Target, tally: Tally, table: Table) -> None:
    seen = target.ask(
        f"SELECT count(*) FROM {table.sql} WHERE tenant_id <> %s",  # noqa: S608 - from the catalog
        [target.k1.tenant_id],
    )[0][0]
    if seen:
        tally.wrong(f"SELECT on {table.full_name}: {seen} rows of other workspaces")
    _, lines = attempt_copy(target, f"COPY (SELECT tenant_id FROM {table.sql}) TO STDOUT")  # noqa: S608 - from the catalog
    strange = sum(line.strip() != str(target.k1.tenant_id) for line in lines)
    if strange:
        tally.wrong(f"COPY from {table.full_name}: {strange} rows of other workspaces")


def _write(target: Target, tally: Tally, table: Table) -> None:
    name, own, theirs = table.sql, target.k1.tenant_id, target.k2.tenant_id
    columns = [c for c in insertable(target, table) if c in readable(target, table, target.app_role)]
    values = ", ".join(
        {"tenant_id": f"'{theirs}'::uuid", "id": "gen_random_uuid()"}.get(c, f't."{c}"') for c in columns
    )
    listed = ", ".join(f'"{c}"' for c in columns)
    smuggled = f"INSERT INTO {name} ({listed}) SELECT {values} FROM {name} t LIMIT 1"  # noqa: S608 - from the catalog
    merge = f"MERGE INTO {name} t USING (SELECT '{theirs}'::uuid AS tenant_id) s ON t.tenant_id = s.tenant_id"
    tries: dict[str, Outcome] = {
        "INSERT": attempt(target, smuggled),
        "INSERT … ON CONFLICT": attempt(target, f"{smuggled} ON CONFLICT DO NOTHING"),
        "UPDATE": attempt(target, f"UPDATE {name} SET tenant_id = %s WHERE tenant_id <> %s", [own, own]),  # noqa: S608
        "UPDATE of the workspace": attempt(target, f"UPDATE {name} SET tenant_id = %s", [theirs]),  # noqa: S608
        "DELETE": attempt(target, f"DELETE FROM {name} WHERE tenant_id <> %s", [own]),  # noqa: S608
        "MERGE": attempt(target, f"{merge} WHEN MATCHED THEN DELETE"),
        "COPY into": attempt_copy(target, f"COPY {name} (tenant_id) FROM STDIN", f"{theirs}\n")[0],
    }
    for verb, outcome in tries.items():
        if not outcome.harmless:
            what = (
                f"ended with {outcome.state}, past every policy"
                if outcome.state
                else f"touched {outcome.rows} rows"
            )
            tally.wrong(f"{verb} on {table.full_name} {what}")


def _open(target: Target) -> None:
    target.run("CREATE POLICY planted ON tenants_member USING (true)")


def _off(target: Target) -> None:
    target.run("ALTER TABLE tenants_datakey DISABLE ROW LEVEL SECURITY")


def _writable(target: Target) -> None:
    target.run("CREATE POLICY planted ON tenants_profile FOR INSERT WITH CHECK (true)")


PLANTS = (
    Plant("open", "A second rule on the members' table lets every row through", _open),
    Plant("off", "Row security is switched off on the table of wrapped keys", _off),
    Plant("writable", "Anybody may write into another workspace's profile", _writable),
)
