"""DB-02: row-level security is enabled and forced on every table of tenants, partitions included."""

from tenants.isolation.catalog import tenant_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-02"
TITLE = "Row security is on, and forced on the owner too"
PROVES = (
    "PostgreSQL itself filters the rows of every customer's table, for everybody, whatever our code does."
)
SEEDED = False


def detect(target: Target) -> Finding:
    """Read the two switches of every table; a partition has its own, and its parent's do not count."""
    tally = Tally(ID)
    for table in tenant_tables(target):
        tally.look()
        if not table.enabled:
            tally.wrong(f"{table.full_name}: row security is off")
        elif not table.forced:
            tally.wrong(f"{table.full_name}: row security is not forced, so its owner sees all rows")
    return tally.finding()


def _disabled(target: Target) -> None:
    target.run("ALTER TABLE tenants_member DISABLE ROW LEVEL SECURITY")


def _unforced(target: Target) -> None:
    target.run("ALTER TABLE tenants_member NO FORCE ROW LEVEL SECURITY")


def _partition(target: Target) -> None:
    target.run("CREATE TABLE public.planted_part () INHERITS (tenants_member)")


PLANTS = (
    Plant("disabled", "Row security is switched off on the members' table", _disabled),
    Plant("unforced", "The owner of the members' table is let past row security", _unforced),
    Plant(
        "partition", "A part is attached to the members' table without row security of its own", _partition
    ),
)
