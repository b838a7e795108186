"""DB-09: references and unique constraints stay inside one tenant."""

from uuid import uuid4

from tenants.isolation.attempts import attempt
from tenants.isolation.catalog import Reference, Table, references, shared_tables, tenant_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-09"
TITLE = "References and unique constraints stay inside one workspace"
PROVES = "No row can point at another customer's row, and no error message tells whether such a row exists."

ALONE = {
    "id": "made by us at random, so it tells of nobody else's rows",
    "n": "counted by the database; no service reads it",
    "origin": "the log's random name",
}
"""Columns that may be unique across tenants, each with its reason."""

Constraint = tuple[str, str, list[str], str | None, bool]


def detect(target: Target) -> Finding:
    """Read every constraint, hold it against the models' references, and try to point across."""
    tally = Tally(ID)
    shared = shared_tables()
    tables = tenant_tables(target)
    composite: set[tuple[str, str]] = set()
    for table in tables:
        for kind, name, columns, parent, valid in _constraints(target, table):
            tally.look()
            if kind == "f":
                inside = columns[0] == "tenant_id" and len(columns) > 1
                if parent in shared:
                    continue
                if not inside:
                    tally.wrong(f"{table.full_name}: {name} refers to {parent} without the tenant")
                elif not valid:
                    tally.wrong(f"{table.full_name}: {name} was never validated")
                else:
                    composite.add((table.name, columns[1]))
            elif columns[0] != "tenant_id" and not (len(columns) == 1 and columns[0] in ALONE):
                tally.wrong(f"{table.full_name}: {name} is unique across workspaces on {', '.join(columns)}")
    for reference in references():
        tally.look()
        if (reference.child, reference.column) not in composite:
            tally.wrong(
                f"{reference.child}.{reference.column} has no composite reference to {reference.parent}"
            )
        else:
            _point_across(target, tally, reference)
    return tally.finding()


def _constraints(target: Target, table: Table) -> list[Constraint]:
    foreign = target.ask(
        """
        SELECT 'f', conname, ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY k(n, i)
                 JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.n ORDER BY k.i),
               (SELECT n.nspname || '.' || p.relname FROM pg_class p JOIN pg_namespace n ON n.oid = p.relnamespace
                 WHERE p.oid = confrelid), convalidated
          FROM pg_constraint WHERE contype = 'f' AND conrelid = %s
        """,
        [table.oid],
    )
    unique = target.ask(
        """
        SELECT 'u', i.indexrelid::regclass::text, ARRAY(SELECT coalesce(a.attname::text, '(expression)')
                 FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(n, o)
                 LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n AND k.n > 0
                 ORDER BY k.o), NULL, i.indisvalid
          FROM pg_index i WHERE i.indisunique AND i.indrelid = %s
        """,
        [table.oid],
    )
    return [(r[0], r[1], r[2], r[3], r[4]) for r in (*foreign, *unique)]


def _point_across(target: Target, tally: Tally, reference: Reference) -> None:
    """Point a row of K1 at a row of K2, and at none: both are refused, and alike."""
    parent = reference.parent if '"' in reference.parent else f'"{reference.parent}"'
    theirs = target.ask(
        f'SELECT "{reference.key}" FROM {parent} WHERE tenant_id = %s LIMIT 1',  # noqa: S608 - from models
        [target.k2.tenant_id],
    )
    if not theirs:
        return
    update = f'UPDATE "{reference.child}" SET "{reference.column}" = %s WHERE tenant_id = %s'  # noqa: S608 - from models
    with target.as_app(target.k1):
        across = attempt(target, update, [theirs[0][0], target.k1.tenant_id])
        absent = attempt(target, update, [uuid4(), target.k1.tenant_id])
    name = f"{reference.child}.{reference.column}"
    if across.rows:
        tally.wrong(f"{name}: {across.rows} rows of one canary now point at a row of the other")
    elif across.state != absent.state:
        tally.wrong(
            f"{name}: SQLSTATE {across.state} for a rival's row, {absent.state} for none: they differ"
        )


def _single(target: Target) -> None:
    target.run(
        "ALTER TABLE tenants_isolationreport ADD CONSTRAINT planted_reference"
        " FOREIGN KEY (asked_by_id) REFERENCES tenants_member (id) NOT VALID"
    )


def _dropped(target: Target) -> None:
    constraint = target.ask(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f'"
        " AND conname LIKE '%%_same_tenant' ORDER BY 2 LIMIT 1"
    )
    if constraint:
        target.run(f'ALTER TABLE {constraint[0][0]} DROP CONSTRAINT "{constraint[0][1]}"')


def _global_unique(target: Target) -> None:
    target.run("CREATE UNIQUE INDEX planted_unique ON tenants_member (role, id)")


PLANTS = (
    Plant("single", "A reference is added that forgets the workspace", _single),
    Plant("dropped", "A reference that keeps rows inside their workspace is removed", _dropped),
    Plant(
        "global-unique",
        "A value may be used once across all workspaces, so a refusal betrays a rival's",
        _global_unique,
    ),
)
