"""`manage.py sequencer`: gives pending events of every log their places. Role rf_sequencer; no key."""

from typing import Any

from django.core.management.base import BaseCommand

from audit.process import LogProcess
from audit.sequencer.rounds import PAUSE_SECONDS, Sequencer


class Command(BaseCommand):
    """Run until SIGTERM."""

    help = "Append pending events to their logs, every 200 ms or 4,000 events. Runs until SIGTERM."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run rounds; a second sequencer waits without doing anything."""
        sequencer = Sequencer()
        process = LogProcess(sequencer.run_round, pause_seconds=PAUSE_SECONDS, trouble=sequencer.trouble)
        process.stop_on_signals()
        process.run()
