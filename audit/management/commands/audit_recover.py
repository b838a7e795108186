"""`manage.py audit_recover`: holds each log against ledger, checkpoints and bucket, and freezes what breaks them.

Role rf_signer, with the signer's folder. Run it before the signer is started after a restore or a failover. --refill
puts logs back, --succeed gives one up: they need a superuser besides, for neither is in any process's reach.
"""

import os
import sys
from pathlib import Path
from textwrap import indent
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.anchors.bucket import Place
from audit.anchors.bucket import connect as connect_bucket
from audit.anchors.place import recovering_place
from audit.anchors.rebuild import Found, checkpoints_in
from audit.anchors.refill import refill
from audit.anchors.restore import restore_to
from audit.database import Database, connect, connect_by
from audit.encoding import to_base64
from audit.errors import EvidenceRefused
from audit.meta import META_LOG
from audit.notes import Vkey
from audit.own_logs import OWN_LOGS, newest_note, statement_of, succeed_own
from audit.recovery import (
    Comparison,
    NotSucceeded,
    Promise,
    Standing,
    compare,
    note_succession,
    stored_promises,
)
from audit.signer.store import LogStore, Store

LOGS = """
SELECT tenant_id, id, origin, vkey, state FROM audit.log
 WHERE vkey IS NOT NULL AND (%s::uuid IS NULL OR tenant_id = %s) ORDER BY tenant_id
"""
STATE = "SELECT state FROM audit.log WHERE tenant_id = %s"
HEAD = "SELECT size, root FROM audit.head WHERE tenant_id = %s ORDER BY size DESC LIMIT 1"
NOTE = "SELECT audit.note_recovery(%s, %s, %s)"


class Command(BaseCommand):
    """Say for each log whether it keeps what was promised of it; exit 0 when all do, 1 otherwise."""

    help = (
        "Compare every log, or one tenant's, with the signer's ledger, the signed checkpoints and the bucket. A log "
        "that was set back, or has another root, is frozen with evidence. --restore writes it out of the bucket into "
        "files, --refill back into the database (RINGFENCE_SUPERUSER_URL); `manage.py audit_resume` lets it go on. "
        "Where no copy brings back what was promised, --succeed notes that another log takes its place."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a tenant and a folder."""
        parser.add_argument("--tenant", type=UUID, default=None, help="a tenant's id; all logs without it")
        parser.add_argument(
            "--restore",
            type=Path,
            default=None,
            metavar="FOLDER",
            help="write what the bucket has of each log that is behind into FOLDER/<log id>",
        )
        parser.add_argument(
            "--refill",
            action="store_true",
            help="append what the bucket has to each log that is behind, and say of each frozen log that keeps every "
            "promise that it may go on",
        )
        parser.add_argument(
            "--succeed",
            action="store_true",
            help="with --tenant, the last resort: put back what the bucket has, and note that a new log, under a new "
            "key, goes on from there, whose first entry tells what is lost",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each log."""
        if not settings.SIGNER_DIR:
            raise CommandError("Set RINGFENCE_SIGNER_DIR to the signer's own folder.")
        if options["succeed"] and options["tenant"] is None:
            raise CommandError("--succeed gives up one log, and wants it named: --tenant ID.")
        store, place = Store(Path(settings.SIGNER_DIR)), recovering_place()
        client = connect_bucket(place) if place else None
        broken = False
        keeper = _superuser() if options["refill"] or options["succeed"] else None
        with connect() as database:
            for row in database.execute(LOGS, [options["tenant"], options["tenant"]]).fetchall():
                with store.hold(row[1]) as held:
                    if held is None:
                        raise CommandError("A signer is at work. Stop it first.")
                    anchored = _anchored(client, place, row)
                    found = self._compared(database, held, row, anchored)
                    if found.broken is not None:
                        self._freeze(database, held, row, found)
                        self._restore(client, place, row, found.broken, anchored, options["restore"])
                        if keeper is not None and found.standing is Standing.BEHIND and place and anchored:
                            self._refill(keeper, client, place, row, anchored[-1])
                            found = self._compared(database, held, row, anchored)
                    if keeper is not None and options["succeed"]:
                        self._succeed(keeper, database, held, row, found, anchored)
                    elif keeper is not None and found.broken is None:
                        self._note(keeper, row)
                    broken = broken or found.broken is not None
        sys.exit(1 if broken else 0)

    def _compared(
        self, database: Database, held: LogStore, row: tuple[Any, ...], anchored: list[Found]
    ) -> Comparison:
        found = _compare(database, held, row, anchored)
        self.stdout.write(f"{row[2]}: {found.standing} ({found.size} events, {found.promises} promises)")
        if found.broken is not None:
            self.stdout.write(f"  {found.why}")
        if row[0] in OWN_LOGS and (statement := statement_of(database, row[1])) is not None:
            self.stdout.write("  stated by both keys:\n" + indent(statement, "    "))
        return found

    def _refill(
        self, keeper: Database, client: Any, place: Place, row: tuple[Any, ...], newest: Found
    ) -> None:
        try:
            done = refill(keeper, client, place, tenant_id=row[0], log_id=row[1], head=newest)
        except EvidenceRefused as refusal:
            self.stdout.write(f"  not put back: {refusal}")
            return
        self.stdout.write(f"  put back {done.after - done.before} events: {done.before} to {done.after}")

    def _note(self, keeper: Database, row: tuple[Any, ...]) -> None:
        if keeper.execute(STATE, [row[0]]).fetchone() != ("frozen",):
            return
        head = keeper.execute(HEAD, [row[0]]).fetchone()
        assert head is not None  # noqa: S101 - it was compared
        lost = keeper.execute(NOTE, [row[0], *head]).fetchone()
        self.stdout.write(
            f"  keeps every promise; {lost[0] if lost else 0} events are without their bodies."
            f" Within the hour: manage.py audit_resume --tenant {row[0]}"
        )

    def _succeed(
        self,
        keeper: Database,
        database: Database,
        held: LogStore,
        row: tuple[Any, ...],
        found: Comparison,
        anchored: list[Found],
    ) -> None:
        has_key = held.key(row[2]) is not None
        if not has_key:
            database.execute("SELECT audit.freeze_log(%s, %s)", [row[0], "its signing key is lost"])
        own, last = row[0] in OWN_LOGS, b""
        try:
            if row[0] == META_LOG:
                notes = (each.note for each in anchored)
                last = newest_note(database, row[0], origin=row[2], vkey=Vkey.parse(row[3]), anchored=notes)
            noted = note_succession(keeper, row[0], found, has_key=has_key)
        except NotSucceeded as refusal:
            raise CommandError(str(refusal)) from refusal
        if own:
            succeed_own(keeper, row[0], origin=row[2], noted=noted, last=last)
            self.stdout.write(
                f"  succeeded by {noted.origin}, from {noted.kept.size} entries on. Start the signer, and run this"
                " again later: it prints the statement under both keys, for whoever kept the old one."
            )
            return
        self.stdout.write(
            f"  to be succeeded by {noted.origin}. Within the hour: manage.py audit_resume --tenant {row[0]}"
        )

    def _freeze(self, database: Database, held: LogStore, row: tuple[Any, ...], found: Comparison) -> None:
        assert found.broken is not None  # noqa: S101 - for the type checker
        evidence = {
            "origin": row[2],
            "why": found.why,
            "promised": {
                "size": found.broken.size,
                "root": to_base64(found.broken.root),
                "where": found.broken.where,
            },
            "found": {"size": found.size},
        }
        self.stdout.write(f"  evidence: {held.keep_evidence(evidence)}")
        database.execute("SELECT audit.freeze_log(%s, %s)", [row[0], found.why])

    def _restore(
        self,
        client: Any,
        place: Place | None,
        row: tuple[Any, ...],
        broken: Promise,
        anchored: list[Found],
        folder: Path | None,
    ) -> None:
        if place is None or not anchored:
            self.stdout.write("  the bucket has nothing of this log")
            return
        newest = anchored[-1]
        if newest.size < broken.size:
            self.stdout.write(f"  the bucket has its first {newest.size} events of {broken.size}")
        else:
            self.stdout.write("  the bucket has all of it")
        if folder is not None:
            count = restore_to(folder / row[1].hex, client, place, log_id=row[1], head=newest)
            self.stdout.write(f"  restored {count} events into {folder / row[1].hex}")


def _superuser() -> Database:
    url = os.environ.get("RINGFENCE_SUPERUSER_URL")
    if not url:
        raise CommandError("Set RINGFENCE_SUPERUSER_URL, as for bootstrap: no other role puts events back.")
    return connect_by(url)


def _anchored(client: Any, place: Place | None, row: tuple[Any, ...]) -> list[Found]:
    if place is None:
        return []
    return checkpoints_in(client, place, log_id=row[1], origin=row[2], vkey=Vkey.parse(row[3]))


def _compare(database: Database, held: LogStore, row: tuple[Any, ...], anchored: list[Found]) -> Comparison:
    tenant_id, _, origin, vkey, _ = row
    promises = stored_promises(database, tenant_id, origin=origin, vkey=Vkey.parse(vkey))
    promises += [
        Promise(each.size, each.root, f"the anchored checkpoint of {each.size} events") for each in anchored
    ]
    last = held.last()
    if last is not None:
        promises.append(Promise(last.size, last.root, "the signer's ledger"))
    return compare(database, tenant_id, promises)
