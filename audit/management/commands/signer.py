"""`manage.py signer`: signs checkpoints with keys of its own, after recomputing them. Role rf_signer."""

import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from audit.anchors.place import reading_place
from audit.anchors.reading import BucketReader
from audit.process import LogProcess
from audit.signer.errors import SignerTrouble
from audit.signer.promises import Promises
from audit.signer.rounds import PAUSE_SECONDS, Signer
from audit.signer.store import Store

logger = logging.getLogger("ringfence.audit.signer")


class Command(BaseCommand):
    """Run until SIGTERM."""

    help = (
        "Sign a checkpoint of each log that has grown. Needs RINGFENCE_SIGNER_DIR, a folder that only "
        "this process can enter, on another disk than the database. With RINGFENCE_ANCHOR_BUCKET, no log is "
        "signed before it was held against the bucket. Runs until SIGTERM."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run rounds; a second signer on the same folder is harmless. Raises CommandError."""
        if not settings.SIGNER_DIR:
            raise CommandError("Set RINGFENCE_SIGNER_DIR to the signer's own folder.")
        try:
            place = reading_place()
            signer = Signer(
                Store(Path(settings.SIGNER_DIR)), Promises(BucketReader(place) if place else None)
            )
        except (SignerTrouble, OSError, ImproperlyConfigured) as trouble:
            raise CommandError(str(trouble)) from trouble
        if place is None:
            logger.warning(
                "no bucket is configured: ledger and database that are set back together go unnoticed here"
            )
        process = LogProcess(signer.run_round, pause_seconds=PAUSE_SECONDS, trouble=signer.trouble)
        process.stop_on_signals()
        process.run()
