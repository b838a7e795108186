"""`manage.py witness`: the same as `python -m audit.witness`, which needs no Django."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.witness.__main__ import add_arguments, serve


class Command(BaseCommand):
    """Run until SIGTERM."""

    help = (
        "Cosign the checkpoints of the logs named by --trust, after checking that each extends the last. It reads no"
        " database of ours. Whoever should not have to trust us runs it elsewhere: python -m audit.witness."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what the standalone form takes."""
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve; exits with 2 when it could not begin."""
        raise SystemExit(serve(argparse.Namespace(**options)))
