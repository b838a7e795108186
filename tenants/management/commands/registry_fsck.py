"""Recompute the registry of parties from its rows and name what is not as it was appended. Changes nothing."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from tenants.gate.registry_fsck import check_registry


class Command(BaseCommand):
    """`manage.py registry_fsck`; exit code 1 when something was changed."""

    help = "Recompute the registry of parties and name what was changed past its walls."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check it."""
        examined = check_registry()
        self.stdout.write(
            f"{examined.versions} versions, {examined.parties} descriptions, {examined.statements} statements"
        )
        for damage in examined.damage:
            self.stderr.write(f"version {damage.version}: {damage.what}")
        if examined.damage:
            raise CommandError("the registry is not what was appended to it")
