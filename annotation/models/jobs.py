"""Files on their way in and out: jobs that a worker resumes, and their sealed parts."""

from django.db import models

from annotation.models.projects import Project
from annotation.values import DEFAULT_LANE, ExportState, ImportState
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantModel

DIGEST_BYTES = 32


class ImportJob(TenantModel):
    """One file on its way in. `bytes_done` moves in the transaction of the rows it counts: resumable."""

    project = TenantForeignKey(Project, db_index=False)
    state = models.CharField(max_length=16, choices=ImportState.choices, default=ImportState.WAITING)
    file_name = SealedField()
    format = models.CharField(max_length=8)
    options = SealedField(null=True)
    lane = models.SmallIntegerField(default=DEFAULT_LANE, help_text="priority of what it brings")
    bytes_total = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    lines_done = models.BigIntegerField(default=0, help_text="lines of the file before `bytes_done`")
    rows_ok = models.BigIntegerField(default=0)
    rows_same = models.BigIntegerField(default=0, help_text="rows whose external id was imported before")
    rows_bad = models.BigIntegerField(default=0)
    asked_by_id = models.UUIDField()
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True, help_text="last sign of life of the worker")
    finished_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True, help_text="code of what stopped it; no content")
    ticket = SealedField(null=True, help_text="the asker's job ticket, until the job has ended")
    idempotency_key = models.UUIDField(
        null=True, help_text="of the upload: sent again, it starts nothing new"
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "project", "idempotency_key"], name="one_import_for_each_key"
            )
        ]
        indexes = [models.Index(fields=["tenant_id", "project", "asked_at"], name="import_by_project")]


class UploadPart(TenantModel):
    """One sealed piece of an uploaded file, counted from 0. Removed when its import has ended."""

    import_job = TenantForeignKey(ImportJob, db_index=False)
    n = models.PositiveIntegerField()
    body = SealedField(purpose="blob")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "import_job", "n"], name="one_upload_part_for_each_n"
            )
        ]


class RefusedRows(TenantModel):
    """One sealed piece of the file that says which rows an import refused, and why; counted from 0."""

    import_job = TenantForeignKey(ImportJob, db_index=False)
    n = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    body = SealedField(purpose="blob")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "import_job", "n"], name="one_refused_part_for_each_n"
            )
        ]


class ExportJob(TenantModel):
    """One export in the making. `after_seq` moves in the transaction of the part it covers: resumable."""

    project = TenantForeignKey(Project, db_index=False)
    state = models.CharField(max_length=16, choices=ExportState.choices, default=ExportState.WAITING)
    format = models.CharField(max_length=8)
    tasks_total = models.BigIntegerField(default=0)
    tasks_done = models.BigIntegerField(default=0)
    answers = models.BigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    bytes_made = models.BigIntegerField(default=0)
    after_seq = models.BigIntegerField(default=0)
    digest = SealedField(null=True, purpose="export", help_text="SHA-256 of the whole file")
    asked_by_id = models.UUIDField()
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True, help_text="last sign of life of the worker")
    finished_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True, help_text="code of what stopped it; no content")
    ticket = SealedField(null=True, help_text="the asker's job ticket, until the job has ended")

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant_id", "project", "asked_at"], name="export_by_project")]


class ExportPart(TenantModel):
    """One sealed piece of an export, counted from 0. The pieces, opened and joined, are the file."""

    export_job = TenantForeignKey(ExportJob, db_index=False)
    n = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    body = SealedField(purpose="export")
    sealed_sha256 = models.BinaryField(max_length=DIGEST_BYTES, help_text="of the sealed bytes")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "export_job", "n"], name="one_export_part_for_each_n"
            )
        ]
