"""DB-12: without a valid context, every table raises."""

import hmac
from uuid import uuid4

from django.db import connection

from tenants.gate.tokens import context_key
from tenants.isolation.attempts import attempt
from tenants.isolation.catalog import tenant_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-12"
TITLE = "Without a valid, fresh context of this connection, every table refuses"
PROVES = "Forgetting to say who asks, saying it wrongly, late, or with a stolen proof, opens no table at all."

REFUSED = "28000"
EXPIRY, BACKEND = 6, 7
"""Places of the fields in a token, counted from 0; see tenants.gate.tokens."""


def tokens(target: Target) -> dict[str, str]:
    """Return one token of each bad kind, made for K1 on this connection."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    good = target.k1.token_for(pid)
    fields = good.split("|")
    flipped = "0" if good[-1] != "0" else "1"
    return {
        "absent": "",
        "malformed": "1|2|3",
        "not a token": str(target.k1.tenant_id),
        "forged signature": good[:-1] + flipped,
        "another tenant's id in it": good.replace(target.k1.tenant_id.hex, target.k2.tenant_id.hex),
        "expired": _signed([*fields[:EXPIRY], str(int(fields[EXPIRY]) - 3_600_000), *fields[BACKEND:-1]]),
        "retired key": _signed([fields[0], uuid4().hex[:16], *fields[2:-1]]),
        "another connection's": target.k1.token_for(_other_backend(target, pid)),
    }


def detect(target: Target) -> Finding:
    """Read each table under each bad token."""
    tally = Tally(ID)
    tables = tenant_tables(target)
    for kind, token in tokens(target).items():
        with target.as_app(None):
            target.tell(token)
            for table in tables:
                outcome = attempt(target, f"SELECT tenant_id FROM {table.sql} LIMIT 1")  # noqa: S608 - from the catalog
                if outcome.state == REFUSED:
                    tally.look()
                elif outcome.state:
                    tally.look()
                    tally.wrong(
                        f"{table.full_name} with a token that is {kind}: {outcome.state}, not {REFUSED}"
                    )
                elif outcome.rows > 0:
                    tally.look()
                    tally.wrong(f"{table.full_name} answers to a token that is {kind}")
                elif _holds_rows(target, table.sql):
                    tally.look()
                    tally.wrong(
                        f"{table.full_name} stays silent over a token that is {kind}, and ought to refuse"
                    )
                else:
                    tally.miss(f"{table.full_name} is empty")
    return tally.finding()


def _holds_rows(target: Target, name: str) -> bool:
    """Say whether canaries have rows there, as the checker counts them."""
    target.run("RESET ROLE")
    found = target.ask(f"SELECT 1 FROM {name} WHERE tenant_id = %s LIMIT 1", [target.k2.tenant_id])  # noqa: S608 - from the catalog
    target.run(f'SET LOCAL ROLE "{target.app_role}"')
    return bool(found)


def _signed(fields: list[str]) -> str:
    body = "|".join(fields)
    return f"{body}|{hmac.digest(context_key()[1], body.encode(), 'sha256').hex()}"


def _other_backend(target: Target, own: int) -> int:
    """Return the process id of another session, or one that no session has."""
    rows = target.ask("SELECT pid FROM pg_stat_activity WHERE pid <> %s ORDER BY pid DESC LIMIT 1", [own])
    return int(rows[0][0]) if rows else own + 1


def _weaken(target: Target, function: str, before: str, after: str) -> None:
    source = str(target.ask("SELECT pg_get_functiondef(%s::regprocedure)", [function])[0][0])
    if before not in source:
        raise LookupError(f"{function} does not say {before!r}")
    target.run(source.replace(before, after))


def _silent(target: Target) -> None:
    _weaken(target, "rf.tenant()", "BEGIN\n    IF token", "BEGIN\n    RETURN NULL;\n    IF token")


def _unsigned(target: Target) -> None:
    _weaken(target, "rf.tenant()", "IF inner_pad IS NULL OR", "IF false AND")


def _ageless(target: Target) -> None:
    _weaken(target, "rf.tenant()", "< clock_timestamp() THEN", "< '-infinity'::timestamptz THEN")


def _anywhere(target: Target) -> None:
    _weaken(target, "rf.tenant()", "<> pg_backend_pid()", "IS NULL")


PLANTS = (
    Plant("silent", "The database no longer asks who is there: no context counts as nobody", _silent),
    Plant("unsigned", "The database believes a context without checking its signature", _unsigned),
    Plant("ageless", "A proof of who asks never grows old", _ageless),
    Plant("anywhere", "A proof stolen from one connection works on another", _anywhere),
)
