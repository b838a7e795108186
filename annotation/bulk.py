"""The words and measures of import and export jobs."""

from datetime import timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

IMPORT_JOB: Final = "import"
EXPORT_JOB: Final = "export"
"""What a job's ticket says it is for."""

PART_BYTES: Final = 1024 * 1024
"""An upload is kept in sealed parts of this size; the last one is shorter."""

BATCH_ROWS: Final = 2_000
BATCH_BYTES: Final = 8 * 1024 * 1024
"""A unit of an import or export handles this many rows or bytes, whichever comes first: well under 30 s."""

DELIVERED_OBJECTS: Final = 1_000
EXPORT_PART_BYTES: Final = 4 * 1024 * 1024
"""One part of an export is one delivery in the log, so it holds at most as many items as one event lists."""

SILENT_JOB: Final = timedelta(seconds=60)
"""A running job without a sign of life for this long has lost its worker; two units' worst case."""

SILENT_UPLOAD: Final = timedelta(minutes=10)
"""A receiving job without a new part for this long has lost its sender."""

UPLOAD_INTERRUPTED: Final = "upload_interrupted"
ACCESS_ENDED: Final = "access_ended"
NO_ROWS: Final = "no_rows"
TOO_MANY_ROWS: Final = "too_many_rows"
FILE_TOO_LARGE: Final = "file_too_large"


class ExportFormat(models.TextChoices):
    """What an export is written as. CSV guards its cells against spreadsheets; `csv-raw` leaves them as they are."""

    JSONL = "jsonl", _("JSONL: everything, exactly")
    CSV = "csv", _("CSV, safe for spreadsheets")
    CSV_RAW = "csv-raw", _("CSV, cells exactly as they are")


PROBLEMS: Final = {
    UPLOAD_INTERRUPTED: _("The file did not arrive whole. No item was added; send it again."),
    ACCESS_ENDED: _(
        "Whoever asked for this may no longer do it, so it stopped. What was added before stays."
    ),
    NO_ROWS: _("The file has no rows: nothing was added."),
    TOO_MANY_ROWS: _("The file has more rows than an import takes. The rows up to the limit were added."),
    FILE_TOO_LARGE: _("The file is larger than an import takes. No item was added."),
}
"""What stopped a job, for people. Codes of unreadable files are explained by the job's last refused row."""
