"""DB-14: the server is above the floor below which row-level security is known to break."""

from ringfence.kernel.database import below_floor
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-14"
TITLE = "The database server has no known hole in row security"
PROVES = "The version of PostgreSQL in use is one in which the published holes in row security are closed."
SEEDED = False

HOLED = 150018
"""PostgreSQL 15.18, in which CVE-2026-14666 was reproduced."""


def detect(target: Target) -> Finding:
    """Compare the server's own number with the floor of its series."""
    tally = Tally(ID)
    version = target.server_version or int(target.ask("SHOW server_version_num")[0][0])
    tally.look()
    tally.notes.append(f"server_version_num is {version}")
    problem = below_floor(version)
    if problem:
        tally.wrong(problem)
    return tally.finding()


def _old(target: Target) -> None:
    target.server_version = HOLED
    target.undo.callback(setattr, target, "server_version", None)


PLANTS = (Plant("old", "The server says that it is PostgreSQL 15.18", _old),)
