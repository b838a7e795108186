"""LG-04: nobody who serves requests can change or remove what the log holds."""

from tenants.isolation.attempts import attempt
from tenants.isolation.catalog import SERVICE_ROLES, Table, tenant_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "LG-04"
TITLE = "No service can change, remove or empty the log"
PROVES = "What the log says stays said: no service holds the right to change it; the tables refuse even their owner."

RIGHTS = ("UPDATE", "DELETE", "TRUNCATE")
GROWING = frozenset({"entry", "body", "tile", "head", "checkpoint", "erasure"})
"""Tables that only ever grow; the others move on through the log's own functions."""
ROW_BITS, TRUNCATE_BIT = 8 | 16, 32
"""Bits of pg_trigger.tgtype for DELETE with UPDATE, and for TRUNCATE."""


def detect(target: Target) -> Finding:
    """Ask for each right of each service, look at the triggers, then try it as the application."""
    tally = Tally(ID)
    roles = [role for role in (*SERVICE_ROLES, "rf_checker") if role not in target.owners.names]
    tables = [table for table in tenant_tables(target) if table.schema == "audit"]
    for table in tables:
        tally.look(len(roles))
        for role, right in target.ask(
            "SELECT r, p FROM unnest(%s::text[]) r, unnest(%s::text[]) p WHERE has_table_privilege(r, %s::oid, p)"
            " UNION SELECT r, 'UPDATE' FROM unnest(%s::text[]) r WHERE has_any_column_privilege(r, %s::oid, 'UPDATE')",
            [roles, list(RIGHTS), table.oid, roles, table.oid],
        ):
            tally.wrong(f"{role} holds {right} on {table.full_name}")
        _triggers(target, tally, table)
    with target.as_app(target.k1):
        for table in tables:
            for statement in (
                f"UPDATE {table.sql} SET tenant_id = tenant_id",  # noqa: S608 - from the catalog
                f"DELETE FROM {table.sql}",  # noqa: S608 - from the catalog
                f"TRUNCATE {table.sql}",
            ):
                tally.look()
                outcome = attempt(target, statement)
                if not outcome.refused:
                    tally.wrong(
                        f"{statement} was not refused: {outcome.rows} rows, {outcome.state or 'no error'}"
                    )
    return tally.finding()


def _triggers(target: Target, tally: Tally, table: Table) -> None:
    tally.look()
    held = 0
    for (bits,) in target.ask(
        "SELECT tgtype FROM pg_trigger WHERE tgrelid = %s AND NOT tgisinternal AND tgenabled = 'A'",
        [table.oid],
    ):
        held |= bits
    wanted = TRUNCATE_BIT | (ROW_BITS if table.name in GROWING else 0)
    if held & wanted != wanted:
        tally.wrong(f"{table.full_name} lacks a trigger that refuses changes even to its owner")


def _granted(target: Target) -> None:
    target.run("GRANT UPDATE ON audit.entry TO rf_app")


def _removable(target: Target) -> None:
    target.run("GRANT DELETE ON audit.body TO rf_worker")


def _untriggered(target: Target) -> None:
    target.run("ALTER TABLE audit.entry DISABLE TRIGGER refuse_change")


PLANTS = (
    Plant("granted", "The web service may change entries of the log", _granted),
    Plant("removable", "The worker may remove what the log says", _removable),
    Plant("untriggered", "The log's owner may change entries", _untriggered),
)
