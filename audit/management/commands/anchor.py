"""`manage.py anchor`: writes checkpoints, tiles and entry bundles to a bucket with Object Lock. Role rf_signer."""

import sys
import time
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.anchors.bucket import BucketTrouble, NotWorm, Place, make_bucket
from audit.anchors.bucket import connect as connect_bucket
from audit.anchors.place import anchor_place
from audit.anchors.rounds import ROUND_SECONDS, Anchorer
from audit.database import connect

MAKE_SECONDS = 1.0


class Command(BaseCommand):
    """One round, or one each hour until SIGTERM."""

    help = (
        "Write what is signed and not in the bucket yet. Needs RINGFENCE_ANCHOR_BUCKET. Once, for a timer; exit 1 if "
        "a log could not be anchored, or lacks what stands there: then it is frozen. With --every it goes on."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a tenant and a pause."""
        parser.add_argument("--tenant", type=UUID, default=None, help="a tenant's id; all logs without it")
        parser.add_argument(
            "--every",
            type=float,
            default=None,
            metavar="SECONDS",
            help=f"go on, with this pause; {ROUND_SECONDS:.0f}",
        )
        parser.add_argument(
            "--make-bucket",
            action="store_true",
            help="make the bucket first where it is not there; with --every, try until the server answers",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run rounds. A round that was cut off is taken up by the next."""
        place = anchor_place()
        if place is None:
            raise CommandError("Set RINGFENCE_ANCHOR_BUCKET to the name of a bucket with Object Lock.")
        if options["make_bucket"]:
            self._make(place, again=options["every"] is not None)
        anchorer = Anchorer(place)
        while True:
            with connect() as database:
                done = anchorer.run_round(database, options["tenant"])
            self.stdout.write(
                f"anchored {done} logs{', trouble: ' if anchorer.troubles else ''}{anchorer.trouble()}"
            )
            if anchorer.frozen:
                self.stdout.write(f"{anchorer.frozen} logs lack what stands in the bucket, and are frozen")
            if options["every"] is None:
                sys.exit(1 if anchorer.troubles or anchorer.frozen else 0)
            time.sleep(options["every"])

    def _make(self, place: Place, *, again: bool) -> None:
        while True:
            try:
                make_bucket(connect_bucket(place), place)
            except BucketTrouble as trouble:
                if not again:
                    raise CommandError(f"the bucket is not made: {trouble}") from trouble
                time.sleep(MAKE_SECONDS)
            except NotWorm as refusal:
                raise CommandError(f"{refusal}. Name another one.") from refusal
            else:
                return
