"""DB-05: the application works as the expected role, which owns nothing."""

from tenants.isolation.catalog import LOGIN_ROLES, tenant_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.probes.db_04 import BOOTSTRAP_SUPERUSER
from tenants.isolation.target import Target

ID = "DB-05"
TITLE = "The application works as a role that owns nothing"
PROVES = (
    "Our services reach the customers' rows as ordinary users of the database, never as owners of the tables."
)


def detect(target: Target) -> Finding:
    """Ask who the application is, who owns each table, and who else is connected to this database."""
    tally = Tally(ID)
    with target.as_app(target.k1):
        role, powerful = target.ask(
            "SELECT current_user::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )[0]
    tally.look()
    if role not in {"rf_app", "rf_worker"} or powerful:
        tally.wrong(f"the application works as {role}, not as rf_app")
    for table in tenant_tables(target):
        tally.look()
        expected = target.owners.log if table.schema == "audit" else target.owners.tables
        if table.owner != expected:
            tally.wrong(f"{table.full_name} belongs to {table.owner}, not to {expected}")
        elif table.owner == role:
            tally.wrong(f"{table.full_name} belongs to {role}, the role that works with it")
    for user, founder, count in target.ask(
        "SELECT usename::text, usesysid = %s, count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1, 2",
        [BOOTSTRAP_SUPERUSER],
    ):
        tally.look()
        if founder:
            tally.notes.append(f"an administrator is connected as {user} ({count} sessions)")
        elif user not in LOGIN_ROLES:
            tally.wrong(f"{count} sessions of {user}, which is none of our services, are connected")
    return tally.finding()


def _as_owner(target: Target) -> None:
    before = target.app_role
    target.app_role = target.owners.tables
    target.undo.callback(setattr, target, "app_role", before)


def _owned(target: Target) -> None:
    target.run("GRANT CREATE ON SCHEMA public TO rf_app")
    target.run("ALTER TABLE tenants_profile OWNER TO rf_app")


PLANTS = (
    Plant("as-owner", "The application connects as the owner of the tables", _as_owner),
    Plant("owned", "A table is handed to the role that works with it", _owned),
)
