"""`manage.py bootstrap`: roles, databases and the schemas `rf` and `audit`. Superuser, once for each install."""

import json
import os
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ringfence.kernel.database import below_floor
from ringfence.kernel.registry import BOOTSTRAP

HERE = Path(__file__).parent.parent.parent / "bootstrap"
LIVE = {"owner": "rf_owner", "definer": "rf_definer", "rotator": "rf_owner", "audit_owner": "audit_owner"}
SHADOW = dict.fromkeys(LIVE, "rf_checker")
# Who may enter which database. The checker alone enters the shadow, where walls are taken down.
ENTRY = {
    "control": "rf_migrator, rf_gate",
    "cell": "rf_migrator, rf_app, rf_worker, rf_sequencer, rf_signer, rf_publisher, rf_checker",
    "shadow": "rf_checker",
}
OWNERS = {"control": "rf_owner", "cell": "rf_owner", "shadow": "rf_checker"}


class Command(BaseCommand):
    """Make the cluster ready for `migrate`. Safe to repeat: it states, it does not add."""

    help = (
        "Make roles, databases and the schemas rf and audit. Needs RINGFENCE_SUPERUSER_URL (a superuser of "
        "the cluster) and RINGFENCE_ROLE_PASSWORDS (a JSON file, mode 0600: role -> password)."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply cluster.sql, then each database's scripts. Raises CommandError with what to do."""
        try:
            url = os.environ["RINGFENCE_SUPERUSER_URL"]
            passwords: dict[str, str] = json.loads(Path(os.environ["RINGFENCE_ROLE_PASSWORDS"]).read_text())
        except KeyError as missing:
            raise CommandError(
                f"Set {missing.args[0]}; `manage.py help bootstrap` says to what."
            ) from missing
        with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as server:
            problem = below_floor(server.info.server_version)
            if problem:
                raise CommandError(problem)
            server.execute((HERE / "cluster.sql").read_bytes())
            self._set_passwords(server, passwords)
            for name in ENTRY:
                self._make_database(server, name)
        self._apply(url, "control", (HERE / "control.sql").read_text())
        for name, roles in (("cell", LIVE), ("shadow", SHADOW)):
            for script in (HERE / "context.sql", *BOOTSTRAP):
                text = script.read_text()
                for word, role in roles.items():
                    text = text.replace("{" + word + "}", role)
                text = text.replace("{log_origin}", settings.LOG_ORIGIN_PREFIX)
                self._apply(url, name, text)
        self.stdout.write("bootstrapped: roles, databases control, cell and shadow, schemas rf and audit")

    def _set_passwords(self, server: psycopg.Connection[Any], passwords: dict[str, str]) -> None:
        for role, password in passwords.items():
            # Hashed here, so that no clear password stands in a statement or a server log.
            verifier = server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
            server.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(verifier.decode())
                )
            )

    def _make_database(self, server: psycopg.Connection[Any], name: str) -> None:
        database, owner = sql.Identifier(name), sql.Identifier(OWNERS[name])
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(database))
        server.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, owner))
        server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        entrants = sql.SQL(", ").join(sql.Identifier(role) for role in ENTRY[name].split(", "))
        server.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, entrants))

    def _apply(self, url: str, database: str, text: str) -> None:
        with psycopg.connect(make_conninfo(url, dbname=database)) as connection:
            connection.execute(text.encode())
