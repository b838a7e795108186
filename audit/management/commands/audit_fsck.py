"""`manage.py audit_fsck`: recomputes logs from their leaves. Exit 0 when all hold, 1 otherwise."""

import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from audit.database import connect
from audit.fsck import check_logs


class Command(BaseCommand):
    """Say for each log what was examined and what is wrong."""

    help = "Recompute every log, or one tenant's, from its leaves. Run it as rf_signer or rf_checker."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a tenant."""
        parser.add_argument("--tenant", type=UUID, default=None, help="a tenant's id; all logs without it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line for each log and one for each problem."""
        damaged = False
        with connect() as database:
            for report in check_logs(database, options["tenant"]):
                word = "damaged" if report.problems else "holds"
                self.stdout.write(
                    f"{report.origin}: {word} ({report.events} events, {report.heads} heads,"
                    f" {report.checkpoints} checkpoints)"
                )
                for problem in report.problems:
                    self.stdout.write(f"  {problem}")
                damaged = damaged or bool(report.problems)
        sys.exit(1 if damaged else 0)
