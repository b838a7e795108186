"""DB-15: no session can read the values in another session's statements."""

from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection

from tenants.isolation.catalog import LOGIN_ROLES
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-15"
TITLE = "Statements show no values to other sessions"
PROVES = "What one customer's request asks the database cannot be read over its shoulder by another's."


def detect(target: Target) -> Finding:
    """Send a marked value, look at the text that left, and read the server's list of statements as another session."""
    tally = Tally(ID)
    mark = f"canary-{uuid4().hex}"
    with target.as_app(target.k1), connection.cursor() as cursor:
        cursor.execute("SELECT %s::text", [mark])
        sent = getattr(cursor.cursor, "_query", None)
        cursor.fetchall()
    tally.look()
    text = bytes(getattr(sent, "query", b""))
    if not text:
        tally.wrong("the driver does not tell what it sent, so nothing shows that values travel apart")
    elif mark.encode() in text:
        tally.wrong("values are written into the statement's text before it is sent (client-side binding)")
    with _another_session() as other:
        seen = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND position(%s IN query) > 0",
            [mark],
        ).fetchone()
    tally.look()
    if seen and seen[0]:
        tally.wrong("another session has read the value in the server's list of running statements")
    quiet: dict[str, bool] = dict(
        target.ask(
            "SELECT rolname::text, coalesce('track_activities=off' = ANY(rolconfig), false) FROM pg_roles"
            " WHERE rolname = ANY(%s)",
            [[*LOGIN_ROLES, *sorted(target.extra_roles)]],
        )
    )
    if not quiet:
        tally.miss("there are no roles")
    for role, off in sorted(quiet.items()):
        tally.look()
        if not off:
            tally.wrong(f"the server lists the statements of {role} for others to read (track_activities)")
    return tally.finding()


def _another_session() -> "psycopg.Connection[tuple[int, ...]]":
    at = settings.DATABASES["default"]
    return psycopg.connect(
        dbname=at["NAME"], user=at["USER"], password=at["PASSWORD"], host=at["HOST"], port=at["PORT"] or None,
        connect_timeout=5, autocommit=True,
    )  # fmt: skip


def _client_side(target: Target) -> None:
    raw = connection.connection
    before = raw.cursor_factory
    raw.cursor_factory = psycopg.ClientCursor
    target.undo.callback(setattr, raw, "cursor_factory", before)


def _listed(target: Target) -> None:
    before = target.extra_roles
    target.extra_roles = before | {"rf_plant_reader"}
    target.undo.callback(setattr, target, "extra_roles", before)


PLANTS = (
    Plant(
        "client-side",
        "Values are written into the text of statements, where other sessions can read",
        _client_side,
    ),
    Plant("listed", "A login's statements are listed for others to read", _listed),
)
