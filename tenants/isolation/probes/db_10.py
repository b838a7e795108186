"""DB-10: services hold no right that goes round the policies."""

from tenants.isolation.catalog import SCHEMAS, SERVICE_ROLES, all_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-10"
TITLE = "No service may empty, refer to, or attach code to a table"
PROVES = "Rights that row security does not guard, such as emptying a whole table, are held by no service."
SEEDED = False

UNGUARDED = ("TRUNCATE", "REFERENCES", "TRIGGER")


def detect(target: Target) -> Finding:
    """Ask PostgreSQL for each right of each role on each table and schema, and for rights given in advance."""
    tally = Tally(ID)
    roles = [role for role in (*SERVICE_ROLES, "rf_checker") if role not in target.owners.names]
    tables = all_tables(target)
    tally.look(len(roles) * len(tables))
    if not tables:
        tally.miss("there are no tables")
    held = target.ask(
        "SELECT r, c.oid::regclass::text, p FROM unnest(%s::text[]) r, unnest(%s::text[]) p, pg_class c"
        " WHERE c.oid = ANY(%s::oid[]) AND has_table_privilege(r, c.oid, p)",
        [roles, list(UNGUARDED), [table.oid for table in tables]],
    )
    for role, table_name, right in held:
        tally.wrong(f"{role} holds {right} on {table_name}")
    for role, schema in target.ask(
        "SELECT r, s FROM unnest(%s::text[]) r, unnest(%s::text[]) s WHERE has_schema_privilege(r, s, 'CREATE')",
        [roles, list(SCHEMAS)],
    ):
        tally.wrong(f"{role} may create objects in schema {schema}")
    tally.look(len(roles) * len(SCHEMAS))
    for grantee, right, kind in target.ask(
        "SELECT CASE a.grantee WHEN 0 THEN 'public' ELSE a.grantee::regrole::text END, a.privilege_type,"
        " d.defaclobjtype::text FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE a.grantee <> d.defaclrole"
    ):
        tally.look()
        if kind == "r" and (grantee == "public" or (grantee in roles and right in UNGUARDED)):
            tally.wrong(f"tables made later give {right} to {grantee}")
        elif kind == "f" and grantee == "public":
            tally.wrong("functions made later may be called by everybody")
    return tally.finding()


def _truncate(target: Target) -> None:
    target.run("GRANT TRUNCATE ON tenants_member TO rf_app")


def _create(target: Target) -> None:
    target.run("GRANT CREATE ON SCHEMA public TO rf_worker")


def _in_advance(target: Target) -> None:
    target.run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT TRUNCATE ON TABLES TO rf_app")


PLANTS = (
    Plant("truncate", "The web service may empty the members' table of all workspaces", _truncate),
    Plant("create", "The worker may create tables of its own", _create),
    Plant("in-advance", "Every table made later may be emptied by the web service", _in_advance),
)
