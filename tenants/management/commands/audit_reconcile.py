"""`manage.py audit_reconcile`: unwraps of keys against our notes and the logs. Role rf_checker; no key of the log."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.gate.service import canary_contexts
from tenants.keys.cloudtrail import read_cloudtrail
from tenants.keys.unwrap_lines import Lines, read_notes, read_record
from tenants.services.reconcile_unwraps import reconcile_unwraps

SETTLED = timedelta(seconds=60)
"""What is younger may belong to a unit of work that has not ended."""

TOLD_EVERY = 1_000


class Command(BaseCommand):
    """One line for each tenant, and one for each unwrap that nothing explains."""

    help = (
        "Hold the key service's record of unwraps against our notes and against the logs. Run it daily, in the "
        "checker's environment. Exit 0: all explained. 1: an unwrap, or a line that cannot be read, wants looking at."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a span, a tenant, records and a state file."""
        parser.add_argument(
            "--since", type=_time, default=None, help="ISO 8601 with a zone; a day before --until"
        )
        parser.add_argument("--until", type=_time, default=None, help="ISO 8601 with a zone; a minute ago")
        parser.add_argument("--tenant", type=UUID, default=None, help="a tenant's id; all of them without it")
        parser.add_argument(
            "--kms",
            type=Path,
            default=None,
            metavar="FILE",
            help="the cloud's record, CloudTrail as JSON; the local key service's without it",
        )
        parser.add_argument(
            "--notes",
            type=Path,
            action="append",
            default=[],
            metavar="FOLDER",
            help="notes of a machine; repeated for several. RINGFENCE_UNWRAP_NOTES without it",
        )
        parser.add_argument(
            "--state",
            type=Path,
            default=None,
            metavar="FILE",
            help="begin where the last run without a finding ended; keep there where this one does",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Reconcile one span of time."""
        until = options["until"] or datetime.now(UTC) - SETTLED
        since = options["since"] or _read_state(options["state"]) or until - timedelta(days=1)
        if since >= until:
            raise CommandError("--since is not before --until.")
        try:
            record = _record(options["kms"], since, until)
            notes = _notes(options["notes"] or [settings.UNWRAP_NOTES], since, until)
        except OSError as error:
            raise CommandError(f"cannot be read: {error.filename}: {error.strerror}") from error
        canaries = [context.tenant_id for context in canary_contexts()]
        self.stdout.write(f"from {since.isoformat()} to {until.isoformat()}")
        wrong = record.damaged + notes.damaged
        if wrong:
            self.stdout.write(
                f"lines that cannot be read: {record.damaged} of the record, {notes.damaged} of notes"
            )
        for result in reconcile_unwraps(
            record,
            notes,
            since=since,
            until=until,
            canaries=canaries,
            only=options["tenant"],
            progress=self._progress,
        ):
            self.stdout.write(str(result))
            for each in result.unexplained:
                self.stdout.write(f"  {each}")
            wrong += len(result.unexplained)
        nobodys = sum(1 for each in record.unwraps if not each.of and since <= each.at < until)
        if nobodys:
            self.stdout.write(f"{nobodys} under contexts that open nothing of ours: probes and refusals")
        if options["state"] and not wrong:
            options["state"].write_text(json.dumps({"until": until.isoformat()}))
        sys.exit(1 if wrong else 0)

    def _progress(self, done: int, total: int) -> None:
        if done % TOLD_EVERY == 0:
            self.stderr.write(f"{done} of {total} notes")


def _record(kms: Path | None, since: datetime, until: datetime) -> Lines:
    if kms is not None:
        return read_cloudtrail(kms.read_bytes(), since, until)
    if not settings.LOCAL_KEYS:
        raise CommandError("Set RINGFENCE_LOCAL_KEYS, or give the key service's own record with --kms.")
    return read_record(Path(settings.LOCAL_KEYS), since, until)


def _notes(folders: list[Path], since: datetime, until: datetime) -> Lines:
    together = Lines()
    for folder in folders:
        found = read_notes(folder, since, until)
        together.notes += found.notes
        together.units |= found.units
        together.damaged += found.damaged
    return together


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError("a time has a zone")
    return at


def _read_state(file: Path | None) -> datetime | None:
    if file is None or not file.exists():
        return None
    try:
        return _time(json.loads(file.read_text())["until"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{file} is no state of this command; remove it, or give --since.") from error
