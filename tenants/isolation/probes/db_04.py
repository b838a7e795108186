"""DB-04: no role can pass by row-level security."""

from tenants.isolation.catalog import LOGIN_ROLES, MEMBERSHIPS
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import LIVE_OWNERS, Target

ID = "DB-04"
TITLE = "No role can pass by row security"
PROVES = (
    "None of the logins our services use, and no other login of the server, is above the customers' walls."
)
SEEDED = False

BOOTSTRAP_SUPERUSER = 10
"""PostgreSQL's fixed oid of the role that made the cluster (pg_authid.dat)."""

ABOVE_POLICIES = frozenset(
    {
        "pg_read_all_data", "pg_write_all_data", "pg_read_server_files", "pg_write_server_files",
        "pg_execute_server_program", "pg_read_all_stats", "pg_monitor", "pg_maintain", "pg_signal_backend",
    }
)  # fmt: skip
POWERS = (
    ("rolsuper", "is a superuser"),
    ("rolbypassrls", "has BYPASSRLS"),
    ("rolreplication", "may replicate, and so copy every row"),
    ("rolcreaterole", "may create roles"),
)


def detect(target: Target) -> Finding:
    """Examine every role that can log in, or that such a role can become."""
    tally = Tally(ID)
    columns = ", ".join(name for name, _ in POWERS)
    rows = target.ask(f"SELECT oid, rolname, rolcanlogin, {columns} FROM pg_roles")  # noqa: S608 - constants
    grants = target.ask("SELECT member::regrole::text, roleid::regrole::text FROM pg_auth_members")
    powers = {row[1]: row[3:] for row in rows}
    founder = next((row[1] for row in rows if row[0] == BOOTSTRAP_SUPERUSER), "")
    if founder:
        tally.notes.append(f"{founder} made the cluster and is a superuser by nature; it serves nobody")
    reachable = {row[1] for row in rows if row[2] and row[1] != founder} | target.extra_roles
    edge = set(reachable)
    while edge:
        edge = {role for member, role in grants if member in edge} - reachable
        reachable |= edge
    owners = LIVE_OWNERS.names | target.owners.names - {"rf_checker"}
    ours = owners | set(LOGIN_ROLES)
    for role in sorted(reachable - {founder}):
        tally.look()
        for held, (_, words) in zip(powers.get(role, ()), POWERS, strict=False):
            if held:
                tally.wrong(f"{role} {words}")
    for member, role in grants:
        if member not in reachable or (member, role) in MEMBERSHIPS:
            continue
        tally.look()
        if role in ABOVE_POLICIES | ours or member in ours:
            tally.wrong(f"{member} is a member of {role}")
    return tally.finding()


def _bypass(target: Target) -> None:
    _examine(target, "rf_plant_bypass")


def _reader(target: Target) -> None:
    _examine(target, "rf_plant_reader")


def _owner(target: Target) -> None:
    _examine(target, "rf_plant_owner")


def _examine(target: Target, role: str) -> None:
    before = target.extra_roles
    target.extra_roles = before | {role}
    target.undo.callback(setattr, target, "extra_roles", before)


PLANTS = (
    Plant("bypass", "A scratch login is given BYPASSRLS, the power to ignore row security", _bypass),
    Plant("reader", "A scratch login may read all data of the server", _reader),
    Plant("owner", "A scratch login can become the owner of the tables", _owner),
)
