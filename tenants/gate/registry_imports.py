"""Files on their way into the registry, in the control database. Part of the gate's side.

A file is public data, so its parts are compressed and not sealed; they go once the import has ended.
"""

import io
import zlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import NotFound
from tenants.keys.realm import open_identity, seal_identity
from tenants.people.models import RegistryImport, RegistryImportPart

TABLE = RegistryImport._meta.db_table
SILENT = timedelta(seconds=60)
"""After this without a beat, another worker may take the job up."""
OPEN = ("waiting", "reading", "approved", "applying")
ENDED = ("done", "failed", "dropped")


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One import as its page shows it."""

    id: UUID
    kind: str
    state: str
    file_name: str
    file_bytes: int
    sha256: bytes
    source: str
    dated: date
    asked_by: UUID
    asked_at: datetime
    rows_done: int
    found: dict[str, Any]
    plan: bytes
    problem: str
    version: int | None
    silent: bool

    @property
    def ended(self) -> bool:
        """Whether nothing happens any more."""
        return self.state in ENDED

    @property
    def busy(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in OPEN


def begin_import(*, asked_by: UUID) -> UUID:
    """Return the id of an import whose file is arriving."""
    now = timezone.now()
    with control_database():
        row = RegistryImport.objects.create(
            kind="",
            state="receiving",
            file_name="",
            source="",
            dated=now.date(),
            asked_by=asked_by,
            asked_at=now,
        )
    return row.id


def keep_part(import_id: UUID, number: int, content: bytes) -> None:
    """Keep one piece of the file."""
    with control_database():
        RegistryImportPart.objects.create(
            registry_import_id=import_id, number=number, content=zlib.compress(content, 1)
        )


def received(
    import_id: UUID, *, kind: str, file_name: str, file_bytes: int, sha256: bytes, source: str, dated: date
) -> None:
    """Keep what the file is; it waits for a worker from now on."""
    with control_database():
        RegistryImport.objects.filter(id=import_id, state="receiving").update(
            kind=kind, file_name=file_name, file_bytes=file_bytes, sha256=sha256, source=source, dated=dated,
            state="waiting",
        )  # fmt: skip


def keep_ticket(import_id: UUID, ticket: str) -> None:
    """Keep the ticket under which a worker acts; sealed, and void with its asker's access."""
    with control_database():
        sealed = seal_identity(ticket, table=TABLE, column="ticket", row=import_id)
        RegistryImport.objects.filter(id=import_id).update(ticket=sealed)


def waiting_imports() -> list[tuple[UUID, str]]:
    """Return (import, ticket) of what no worker works on."""
    with control_database():
        rows = RegistryImport.objects.filter(state__in=OPEN, ticket__isnull=False)
        return [
            (row.id, open_identity(row.ticket or b"", table=TABLE, column="ticket", row=row.id))
            for row in rows
            if _job(row).silent
        ]


def read_import(import_id: UUID) -> ImportJob:
    """Return one import. Raises `NotFound`."""
    with control_database():
        row = RegistryImport.objects.filter(id=import_id).first()
        if row is None:
            raise NotFound("import")
        return _job(row)


def list_imports() -> list[ImportJob]:
    """Return the newest imports, newest first."""
    with control_database():
        return [_job(row) for row in RegistryImport.objects.order_by("-asked_at")[:100]]


def known_file(sha256: bytes) -> ImportJob | None:
    """Return the import that has added this very file before; None for a new one."""
    with control_database():
        row = RegistryImport.objects.filter(sha256=sha256, state="done").order_by("-asked_at").first()
        return None if row is None else _job(row)


def move_import(import_id: UUID, *states: str, to: str, **changes: Any) -> bool:
    """Move an import from one of `states`; say whether it was in one. The winner of two movers is one."""
    now = timezone.now()
    if to in ENDED:
        changes |= {"ended_at": now, "ticket": None}
    with control_database():
        rows = RegistryImport.objects.filter(id=import_id, state__in=states)
        moved = rows.update(state=to, beat_at=now, **changes) == 1
        if moved and to in ENDED:
            RegistryImportPart.objects.filter(registry_import_id=import_id).delete()
    return moved


def claim_import(import_id: UUID, *, state: str, working: str) -> bool:
    """Take a job that waits in `state`, or that another worker has let lie while `working`."""
    if move_import(import_id, state, to=working):
        return True
    with control_database():
        rows = RegistryImport.objects.filter(id=import_id, state=working, beat_at__lt=timezone.now() - SILENT)
        return rows.update(beat_at=timezone.now()) == 1


def beat_import(import_id: UUID, rows_done: int) -> None:
    """Say how far the reading has come."""
    with control_database():
        RegistryImport.objects.filter(id=import_id).update(rows_done=rows_done, beat_at=timezone.now())


class PartsFile(io.RawIOBase):
    """An import's file as a stream of bytes, one part in memory at a time."""

    def __init__(self, import_id: UUID) -> None:
        super().__init__()
        self._import_id, self._number, self._held = import_id, 0, b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from the next part."""
        view = memoryview(buffer)
        if not self._held:
            with control_database():
                part = RegistryImportPart.objects.filter(
                    registry_import_id=self._import_id, number=self._number
                ).first()
            if part is None:
                return 0
            self._held, self._number = zlib.decompress(bytes(part.content)), self._number + 1
        some = self._held[: len(view)]
        view[: len(some)] = some
        self._held = self._held[len(some) :]
        return len(some)


def _job(row: RegistryImport) -> ImportJob:
    last = row.beat_at or row.asked_at
    return ImportJob(
        id=row.id,
        kind=row.kind,
        state=row.state,
        file_name=row.file_name,
        file_bytes=row.file_bytes,
        sha256=bytes(row.sha256),
        source=row.source,
        dated=row.dated,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        rows_done=row.rows_done,
        found=row.found,
        plan=bytes(row.plan),
        problem=row.problem,
        version=row.version,
        silent=row.state in OPEN and (row.state in ("waiting", "approved") or timezone.now() - last > SILENT),
    )
