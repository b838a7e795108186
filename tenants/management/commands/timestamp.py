"""`manage.py timestamp`: has the meta-log's newest checkpoint time-stamped (RFC 3161). Role rf_publisher; no key."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.database import connect
from audit.timestamps.place import authority
from audit.timestamps.rounds import ROUND_SECONDS, Stamper
from tenants.services.ask_tsa import ask_tsa


class Command(BaseCommand):
    """One round, or one each hour until SIGTERM."""

    help = (
        "Have the newest checkpoint of the meta-log time-stamped, if none was in the last 24 hours. Needs "
        "RINGFENCE_TSA_URL and RINGFENCE_TSA_ROOTS. Once, for a timer; exit 1 if what was due was not stamped. "
        "With --every it goes on."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the wish for a time-stamp now, and a pause."""
        parser.add_argument("--now", action="store_true", help="also if one was made in the last 24 hours")
        parser.add_argument(
            "--every",
            type=float,
            default=None,
            metavar="SECONDS",
            help=f"go on, with this pause; {ROUND_SECONDS:.0f}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run rounds. A round that was cut off is done again by the next."""
        asked = authority()
        if asked is None:
            raise CommandError("Set RINGFENCE_TSA_URL to the address of a time-stamping authority.")
        stamper = Stamper(asked, ask_tsa)
        while True:
            with connect() as database:
                stamp = stamper.run_round(database, at_once=options["now"])
            if stamp is not None:
                self.stdout.write(f"time-stamped at {stamp.stated.isoformat()} by {stamp.authority}")
            else:
                self.stdout.write(f"trouble: {stamper.trouble}" if stamper.trouble else "nothing is due")
            if options["every"] is None:
                sys.exit(1 if stamper.trouble else 0)
            time.sleep(options["every"])
