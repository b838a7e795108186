"""`manage.py audit_resume`: lets a frozen log go on, as `audit_recover` noted: put back, or succeeded by another."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.services.errors import NothingToResume
from audit.services.resume_log import resume_log
from audit.services.succeed_log import succeed_log
from ringfence.kernel.context import TenantContext, acting
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
                said = _succeed(context) or _resume(context)
        except LookupError as error:
            raise CommandError(f"{error}: {options['tenant']}") from error
        except NothingToResume as error:
            raise CommandError(str(error)) from error
        self.stdout.write(said)


def _succeed(context: TenantContext) -> str | None:
    try:
        done = succeed_log(context)
    except NothingToResume:
        return None
    return (
        f"the log {done.origin} succeeds after {done.kept} events one that was held to {done.promised};"
        f" {done.lost} bodies are lost. Whoever keeps a pin is led across by GET .../audit/succession"
    )


def _resume(context: TenantContext) -> str:
    done = resume_log(context)
    return f"the log goes on after {done.size} events; {done.lost} of them, from {done.from_size}, are without bodies"
