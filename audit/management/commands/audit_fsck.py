"""`manage.py audit_fsck`: recomputes logs from their leaves. Exit 0 when all hold, 1 otherwise."""

import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.database import connect
from audit.errors import Malformed
from audit.fsck import Progress, check_logs
from audit.fsck_state import RunState


class Command(BaseCommand):
    """Say for each log what was examined and what is wrong."""

    help = "Recompute every log, or one tenant's, from its leaves. Run it as rf_signer or rf_checker."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a tenant and a state file."""
        parser.add_argument("--tenant", type=UUID, default=None, help="a tenant's id; all logs without it")
        parser.add_argument(
            "--state",
            type=Path,
            default=None,
            metavar="FILE",
            help="keep there how far the check has come, and go on from there; removed at the end",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line for each log and one for each problem."""
        try:
            state = RunState.read(options["state"]) if options["state"] else None
        except Malformed as error:
            raise CommandError(str(error)) from error
        damaged = state is not None and any(state.done.values())

        def save(progress: Progress) -> None:
            self.stderr.write(
                f"{progress.tenant_id}: {progress.frontier.size} events, {progress.heads} heads"
            )
            if state is not None:
                state.save(progress)

        with connect() as database:
            for report in check_logs(
                database,
                options["tenant"],
                done=state.done if state else (),
                resume=state.under_way if state else None,
                save=save,
            ):
                word = "damaged" if report.problems else "holds"
                self.stdout.write(
                    f"{report.origin}: {word} ({report.events} events, {report.heads} heads,"
                    f" {report.checkpoints} checkpoints)"
                )
                for problem in report.problems:
                    self.stdout.write(f"  {problem}")
                damaged = damaged or bool(report.problems)
                if state is not None:
                    state.finish(report.tenant_id, report.problems)
        if state is not None:
            state.end()
        sys.exit(1 if damaged else 0)
