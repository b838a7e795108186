"""`manage.py rotate_context_key --file FILE`: a fresh key for the gate, before each start of the platform."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from tenants.gate.tokens import new_context_key


class Command(BaseCommand):
    """Make a context key: its two pads go into the database, the key into a file that only the gate reads."""

    help = "Run as rf_migrator before starting the web and worker processes. The previous key ends in 60 s."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and the database."""
        parser.add_argument("--file", type=Path, required=True)
        parser.add_argument("--database", default="default")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the database first: a crash in between leaves a key that nobody holds."""
        key_id, key, ipad, opad = new_context_key()
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("select rf.rotate_context_key(%s, %s, %s)", [key_id, ipad, opad])
        fresh: Path = options["file"].with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{key_id} {key.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(options["file"])
        self.stdout.write(f"context key {key_id} is in use from the next start")
