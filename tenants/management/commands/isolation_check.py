"""`manage.py isolation_check`: asks every question about the walls, live, and proves that it could have failed."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Purpose
from tenants.gate.canaries import tenant_with
from tenants.gate.service import tenant_context
from tenants.isolation.findings import ExitCode
from tenants.isolation.formats import FORMATS
from tenants.isolation.places import CannotRun, live_target
from tenants.isolation.probe import NotAProbe, chosen
from tenants.isolation.runner import run_check
from tenants.services.create_canaries import create_canaries


class Command(BaseCommand):
    """Run the check in the checker's environment."""

    help = "Exit 0: pass. 1: a wall does not hold. 2: a planted violation was not found. 3: could not run."
    # The check asks these itself, and must be able to report what they would stop it over.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the tenant, the probes and the format."""
        parser.add_argument("--tenant", default="", help="public id; its own log is opened as well")
        parser.add_argument("--only", action="append", default=[], help="id of one check; may be repeated")
        parser.add_argument("--format", choices=sorted(FORMATS), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the report and exit with its code."""
        try:
            create_canaries()
            target = live_target(self._subject(options["tenant"]))
            report = run_check(target, chosen(options["only"]), self._progress)
        except (CannotRun, NotAProbe, LookupError) as problem:
            self.stderr.write(str(problem))
            sys.exit(ExitCode.COULD_NOT_RUN)
        self.stdout.write(FORMATS[options["format"]](report.as_json()))
        sys.exit(report.code)

    def _subject(self, public_id: str) -> TenantContext | None:
        return tenant_context(tenant_with(public_id), Purpose.JOB) if public_id else None

    def _progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done} of {total}", ending="")
