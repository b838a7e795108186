"""`manage.py audit_resume`: lets a frozen log go on that `audit_recover --refill` found to keep its promises."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.services.errors import NothingToResume
from audit.services.resume_log import resume_log
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tenants.gate.service import tenant_context


class Command(BaseCommand):
    """Thaw one tenant's log; the loss becomes an event of it."""

    help = (
        "Let a frozen log go on, with an event that tells what was lost. Run it in the worker's environment."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the tenant."""
        parser.add_argument(
            "--tenant", type=UUID, required=True, help="the tenant's id, as audit_recover prints it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Resume, and say what was lost."""
        try:
            context = tenant_context(options["tenant"], Purpose.JOB)
            with acting(context):
                done = resume_log(context)
        except LookupError as error:
            raise CommandError(f"{error}: {options['tenant']}") from error
        except NothingToResume as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"the log goes on after {done.size} events; {done.lost} of them, from {done.from_size}, are without bodies"
        )
