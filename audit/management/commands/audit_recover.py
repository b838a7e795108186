"""`manage.py audit_recover`: holds each log against ledger, checkpoints and bucket, and freezes what breaks them.

Role rf_signer, with the signer's folder. Run it before the signer is started after a restore or a failover.
"""

import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.anchors.bucket import Place
from audit.anchors.bucket import connect as connect_bucket
from audit.anchors.place import anchor_place
from audit.anchors.rebuild import Found, checkpoints_in
from audit.anchors.restore import restore_to
from audit.database import Database, connect
from audit.encoding import to_base64
from audit.notes import Vkey
from audit.recovery import Comparison, Promise, compare, stored_promises
from audit.signer.store import LogStore, Store

LOGS = """
SELECT tenant_id, id, origin, vkey, state FROM audit.log
 WHERE vkey IS NOT NULL AND (%s::uuid IS NULL OR tenant_id = %s) ORDER BY tenant_id
"""


class Command(BaseCommand):
    """Say for each log whether it keeps what was promised of it; exit 0 when all do, 1 otherwise."""

    help = (
        "Compare every log, or one tenant's, with the signer's ledger, the signed checkpoints and the bucket. A log "
        "that was set back, or has another root, is frozen with evidence. --restore writes a log out of the bucket."
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

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each log."""
        if not settings.SIGNER_DIR:
            raise CommandError("Set RINGFENCE_SIGNER_DIR to the signer's own folder.")
        store, place = Store(Path(settings.SIGNER_DIR)), anchor_place()
        client = connect_bucket(place) if place else None
        broken = False
        with connect() as database:
            for row in database.execute(LOGS, [options["tenant"], options["tenant"]]).fetchall():
                with store.hold(row[1]) as held:
                    if held is None:
                        raise CommandError("A signer is at work. Stop it first.")
                    anchored = _anchored(client, place, row)
                    found = _compare(database, held, row, anchored)
                    self.stdout.write(
                        f"{row[2]}: {found.standing} ({found.size} events, {found.promises} promises)"
                    )
                    if found.broken is None:
                        continue
                    broken = True
                    self.stdout.write(f"  {found.why}")
                    self._freeze(database, held, row, found)
                    self._restore(client, place, row, found.broken, anchored, options["restore"])
        sys.exit(1 if broken else 0)

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
