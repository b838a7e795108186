"""A received file, read from the place where its import stands. Lives across units, reads inside them."""

from collections import deque
from collections.abc import Iterator
from itertools import count

from annotation.bulk import BATCH_BYTES, PART_BYTES
from annotation.formats.reading import inspect, read
from annotation.formats.rows import Fits, Format, Position, Row, RowError, anything_fits
from annotation.models import ImportJob, UploadPart
from ringfence.kernel.context import TenantContext


class OpenUpload:
    """The rows of a file from its import's place on.

    Attributes:
        rows: what is left, in order; each step may fetch and open a part, so it runs inside a unit of work.
        place: where the rows that were taken end; kept by whoever takes them.
        fits: what the project's label schema says of a row; may change while the file is read.
    """

    def __init__(self, context: TenantContext, job: ImportJob) -> None:
        """Look at the file's head and go to the job's place. Raises `FileRefused`."""
        self._context, self._job_id = context, job.id
        self._held: deque[bytes] = deque()
        self.fits: Fits = anything_fits
        layout = inspect(self._part(0) or b"", Format(job.format) if job.format else None)
        self.place = max(Position(job.bytes_done, job.lines_done), layout.start)
        first, skip = divmod(self.place.offset, PART_BYTES)
        self._numbers = count(first)
        self._skip = skip
        self.rows: Iterator[Row | RowError] = read(
            layout, self._chunks(), self.place, lambda fields: self.fits(fields)
        )

    def hold(self, size: int) -> None:
        """Fetch parts until about `size` bytes lie ready, or the file ends; never more than a full batch takes."""
        wanted = min(size, BATCH_BYTES + PART_BYTES)
        while sum(map(len, self._held)) < wanted and self._fetch():
            pass

    def _chunks(self) -> Iterator[bytes]:
        while self._held or self._fetch():
            yield self._held.popleft()

    def _fetch(self) -> bool:
        part = self._part(n := next(self._numbers))
        if part is None:
            self._numbers = count(n)
            return False
        self._held.append(part[self._skip :])
        self._skip = 0
        return True

    def _part(self, n: int) -> bytes | None:
        # Not `first()`: it orders by id, and the planner would walk through every tenant's parts.
        parts = UploadPart.objects.filter(import_job_id=self._job_id, n=n).values_list("id", "body")[:1]
        for part_id, body in parts:
            return self._context.keyring.open(bytes(body), field=UploadPart.body, row=part_id)
        return None
