"""`manage.py publisher`: fills the meta-log and has its checkpoints cosigned. Role rf_publisher; no key."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.database import connect
from audit.errors import Malformed
from audit.meta import META_LOG
from audit.policy import Policy
from audit.process import LogProcess
from audit.publisher.rounds import PAUSE_SECONDS, Publisher
from tenants.services.ask_witness import ask_witness

KEY = "SELECT vkey FROM audit.log WHERE tenant_id = %s AND vkey IS NOT NULL"
KEY_SECONDS = 60.0
POLL_SECONDS = 0.1


class Command(BaseCommand):
    """Run until SIGTERM."""

    help = (
        "Take the checkpoints of all logs into the meta-log and ask the witnesses that the file in "
        "RINGFENCE_WITNESS_POLICY names to cosign it. Runs until SIGTERM."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the question for the key."""
        parser.add_argument(
            "--key",
            action="store_true",
            help="print the meta-log's key, which witnesses are told to trust, and end",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run rounds; a second publisher is harmless. Raises CommandError for a policy that cannot be read."""
        if options["key"]:
            self.stdout.write(_key())
            return
        publisher = Publisher(
            _policy(),
            ask_witness,
            meta_seconds=settings.META_LOG_SECONDS,
            heartbeat_seconds=settings.WITNESS_HEARTBEAT_SECONDS,
        )
        process = LogProcess(publisher.run_round, pause_seconds=PAUSE_SECONDS, trouble=publisher.trouble)
        process.stop_on_signals()
        process.run()


def _policy() -> str | None:
    """Return the text of the witnesses' policy, or None without one."""
    if not settings.WITNESS_POLICY:
        return None
    try:
        text = Path(settings.WITNESS_POLICY).read_text(encoding="utf-8")
        policy = Policy.parse(text)
    except (OSError, UnicodeDecodeError, Malformed) as trouble:
        raise CommandError(f"RINGFENCE_WITNESS_POLICY: {trouble}") from trouble
    if not policy.witnesses or policy.quorum == "none":
        raise CommandError("RINGFENCE_WITNESS_POLICY names no witness, or wants none of them: unset it")
    return text


def _key() -> str:
    """Return the meta-log's key, as soon as the signer has made it. Raises CommandError after a minute."""
    deadline = time.monotonic() + KEY_SECONDS
    with connect() as database:
        while time.monotonic() < deadline:
            row = database.execute(KEY, [META_LOG]).fetchone()
            if row is not None:
                return str(row[0])
            time.sleep(POLL_SECONDS)
    raise CommandError("the meta-log has no key yet: it is made by the signer; start that")
