"""Takes a file in piece by piece: each piece is sealed and committed before the next is read."""

from contextlib import suppress
from uuid import UUID

from django.utils import timezone

from annotation.bulk import FILE_TOO_LARGE, PART_BYTES, UPLOAD_INTERRUPTED
from annotation.errors import ImportRefused, ImportTooLarge, UploadInterrupted
from annotation.formats.limits import FILE_BYTES
from annotation.formats.reading import inspect
from annotation.formats.rows import FileRefused, Format, Position, RowError
from annotation.models import ImportJob, UploadPart
from annotation.services.keep_refusals import keep_refusals
from annotation.values import ImportState
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.ids import uuid7


class Upload:
    """One file on its way in. Holds less than two parts in memory, and nothing anywhere in clear.

    The job stays `receiving` until `finish`; a process that dies leaves it so, without any item, and
    the sweep of silent uploads closes it.
    """

    def __init__(
        self, context: TenantContext, *, job_id: UUID, project_id: UUID, file_format: Format | None
    ) -> None:
        self.job_id = job_id
        self.received = 0
        self._context, self._project_id, self._format = context, project_id, file_format
        self._pending = bytearray()
        self._parts = 0
        self._over = False

    def write(self, data: bytes) -> None:
        """Take the next bytes. Access is asked for again with each part.

        Raises:
            ImportRefused: the first bytes show that nothing can be read from this file.
            ImportTooLarge: the limit is reached; a body of unknown length is stopped here.
            UploadInterrupted: the import was cancelled meanwhile.
        """
        self.received += len(data)
        if self.received > FILE_BYTES:
            self.abandon(FILE_TOO_LARGE)
            raise ImportTooLarge
        self._pending += data
        while len(self._pending) >= PART_BYTES:
            self._keep(bytes(self._pending[:PART_BYTES]))
            del self._pending[:PART_BYTES]

    def finish(self) -> None:
        """Keep the rest and let the job wait for a worker. Raises as `write`."""
        if self._pending or self._parts == 0:
            self._keep(bytes(self._pending))
        self._pending.clear()
        with acting(self._context):
            job = self._receiving()
            job.state = ImportState.WAITING
            job.save(update_fields=["state"])
        self._over = True

    def abandon(self, problem: str = UPLOAD_INTERRUPTED, error: RowError | None = None) -> None:
        """Close the job without a file, as far as that is still possible; `error` says what is wrong with it."""
        if self._over:
            return
        self._over = True
        self._pending.clear()
        with suppress(RingfenceError), acting(self._context):
            job = self._receiving()
            job.state, job.problem, job.finished_at = ImportState.FAILED, problem, timezone.now()
            job.ticket = None
            job.save(update_fields=["state", "problem", "finished_at", "ticket"])
            UploadPart.objects.filter(import_job_id=self.job_id).delete()
            if error is not None:
                keep_refusals(self._context, job, [error])
            record(
                self._context,
                Verb.IMPORT_FAILED,
                object_kind="import",
                object_id=self.job_id,
                detail={"problem": problem},
            )

    def _keep(self, piece: bytes) -> None:
        if self._parts == 0:
            self._look_at(piece)
        self._context.recheck()
        part_id = uuid7()
        with acting(self._context):
            job = self._receiving()
            UploadPart.objects.create(
                id=part_id,
                import_job_id=self.job_id,
                n=self._parts,
                body=self._context.keyring.seal(
                    piece, field=UploadPart.body, row=part_id, unit=self._project_id
                ),
            )
            job.bytes_total += len(piece)
            job.beat_at = timezone.now()
            job.format = self._format or ""
            job.save(update_fields=["bytes_total", "beat_at", "format"])
        self._parts += 1

    def _look_at(self, head: bytes) -> None:
        """Refuse at once what cannot be read, before gigabytes of it have been sent."""
        try:
            self._format = inspect(head, self._format).format
        except FileRefused as refused:
            self.abandon(refused.code, RowError(refused.line, refused.code, str(refused), Position(0, 0)))
            raise ImportRefused(refused.code, str(refused)) from refused

    def _receiving(self) -> ImportJob:
        job = (
            ImportJob.objects.select_for_update(no_key=True)
            .filter(id=self.job_id, state=ImportState.RECEIVING)
            .first()
        )
        if job is None:
            self._over = True
            raise UploadInterrupted
        return job
