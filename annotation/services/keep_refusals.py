"""Keeps what is wrong with rows, sealed, one piece for each batch. Runs in the caller's unit of work."""

import json
from collections.abc import Sequence

from annotation.formats.rows import RowError
from annotation.models import ImportJob, RefusedRows
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7


def keep_refusals(context: TenantContext, job: ImportJob, errors: Sequence[RowError]) -> None:
    """Add one piece to the job's list: JSON `[[line, code, message], …]`. The caller holds the job's lock."""
    row_id = uuid7()
    body = json.dumps([[e.line, e.code, e.message] for e in errors], ensure_ascii=False).encode()
    RefusedRows.objects.create(
        id=row_id,
        import_job_id=job.id,
        n=RefusedRows.objects.filter(import_job_id=job.id).count(),
        rows=len(errors),
        body=context.keyring.seal(body, field=RefusedRows.body, row=row_id, unit=job.project_id),
    )
