"""`manage.py create_canaries`: the two tenants that the isolation check attacks. Safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand

from tenants.services.create_canaries import create_canaries


class Command(BaseCommand):
    """Make the canaries; run with the environment of the web service or of the checker."""

    # The checks ask for canaries' declarations; making the tenants does not wait for them.
    requires_system_checks: list[str] = []
    help = "Make the two canary tenants with a member for each role. Once for each install."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many were made."""
        self.stdout.write(f"canaries made: {create_canaries()}")
