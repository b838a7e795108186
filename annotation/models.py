"""What a tenant labels, in the cell: projects, items, wanted answers, given answers, imports and exports.

Content stands in sealed columns only. In clear: ids, states, counts needed and given, times and
sizes rounded up. The migration adds what Django cannot say: composite references, policies and the
storage settings of the queue.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Q
from guardian.managers import UserObjectPermissionManager
from guardian.models import UserObjectPermissionBase

from annotation.values import DEFAULT_LANE, ExportState, ImportState, ProjectRight, ProjectState, SlotState
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantManager, TenantModel

DIGEST_BYTES = 32


class Project(TenantModel):
    """One piece of labeling work, sealed under a data key of its own so that it can be shredded alone."""

    name = SealedField()
    state = models.CharField(max_length=8, choices=ProjectState.choices, default=ProjectState.OPEN)
    overlap = models.PositiveSmallIntegerField(
        default=1, help_text="answers wanted for each item; for later imports"
    )
    lease_minutes = models.PositiveSmallIntegerField(default=30)
    next_seq = models.BigIntegerField(
        default=1, help_text="taken under this row's lock: seq grows with commits"
    )
    schema_version = models.PositiveIntegerField(default=0, help_text="0: no label schema yet")
    guidelines_version = models.PositiveIntegerField(default=0, help_text="0: no guidelines yet")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        default_permissions = ()
        permissions = [(right.value, right.label) for right in ProjectRight]
        constraints = [
            models.CheckConstraint(
                name="project_wants_1_to_50_answers", condition=Q(overlap__gte=1, overlap__lte=50)
            ),
            models.CheckConstraint(
                name="project_lease_is_1_minute_to_1_day",
                condition=Q(lease_minutes__gte=1, lease_minutes__lte=1440),
            ),
        ]


class SchemaVersion(TenantModel):
    """One version of a project's label schema. Versions are added, never changed: answers name theirs."""

    project = TenantForeignKey(Project, db_index=False)
    n = models.PositiveIntegerField()
    body = SealedField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "project", "n"], name="one_schema_for_each_version")
        ]


class GuidelinesVersion(TenantModel):
    """One version of a project's guidelines, Markdown."""

    project = TenantForeignKey(Project, db_index=False)
    n = models.PositiveIntegerField()
    body = SealedField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "project", "n"], name="one_guidelines_for_each_version"
            )
        ]


class ProjectGrantManager(TenantManager["ProjectGrant"], UserObjectPermissionManager):
    """django-guardian's verbs, inside one tenant."""


class ProjectGrant(UserObjectPermissionBase, TenantModel):
    """One member's right on one project: django-guardian's direct row, with a tenant.

    Guardian's own generic rows carry no tenant; their tables do not exist here.
    """

    # Guardian finds this model by walking back from the project; no other reference is walked backwards.
    content_object = TenantForeignKey(Project, related_name="grants", db_index=False)
    user = TenantForeignKey(settings.AUTH_USER_MODEL, db_index=False)
    # The migration adds the constraint before the policies; Django would add it after, and fail under them.
    permission = models.ForeignKey(Permission, on_delete=models.PROTECT, db_constraint=False)

    objects: ClassVar[Any] = ProjectGrantManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "content_object", "user", "permission"], name="one_grant_of_each_right"
            )
        ]
        indexes = [models.Index(fields=["tenant_id", "user"], name="grant_by_member")]


class ImportJob(TenantModel):
    """One file on its way in. `bytes_done` moves in the transaction of the rows it counts: resumable."""

    project = TenantForeignKey(Project, db_index=False)
    state = models.CharField(max_length=16, choices=ImportState.choices, default=ImportState.WAITING)
    file_name = SealedField()
    format = models.CharField(max_length=8)
    options = SealedField(null=True)
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


class Task(TenantModel):
    """One item to label. Never updated on the labeling path: its state is that of its slots.

    `payload` holds `annotation.labels.item.encode_item`. `external_blind` is the blind index of the
    customer's own id for it, so that a second import of one file adds nothing.
    """

    project = TenantForeignKey(Project, db_index=False)
    seq = models.BigIntegerField()
    external_blind = models.BinaryField(max_length=16, null=True)
    payload = SealedField()
    size_class = models.PositiveIntegerField(help_text="bytes of the payload, rounded up to a power of two")
    import_job = TenantForeignKey(ImportJob, null=True, db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "project", "seq"], name="one_task_at_each_place"),
            models.UniqueConstraint(
                fields=["tenant_id", "project", "external_blind"], name="one_task_for_each_external_id"
            ),
        ]


class Slot(TenantModel):
    """One wanted answer. An item with overlap n has n slots, so nothing counts and nothing is miscounted.

    `lane` is a priority, lower first. Even lanes hold what was imported; the odd lane below each holds
    what came back (lease over, released), with a fresh `seq` beyond everybody's mark.
    `epoch` is the holder's access epoch when they took it: when theirs moves, the lease is void.
    `last_labeler_id` is whoever lost the lease to the clock; they may still submit while nobody took it.
    """

    id = None  # type: ignore[assignment]  # the key is (tenant, task, n): the row stays narrow, it is rewritten twice an answer
    pk = models.CompositePrimaryKey("tenant_id", "task_id", "n")
    project_id = models.UUIDField()
    task = TenantForeignKey(Task, db_index=False)
    n = models.PositiveSmallIntegerField()
    lane = models.SmallIntegerField(default=DEFAULT_LANE)
    seq = models.BigIntegerField()
    state = models.SmallIntegerField(choices=SlotState.choices, default=SlotState.OPEN)
    labeler_id = models.UUIDField(null=True)
    lease_ends = models.DateTimeField(null=True)
    epoch = models.IntegerField(null=True)
    last_labeler_id = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="slot_has_a_labeler_unless_open",
                condition=Q(state=SlotState.OPEN, labeler_id__isnull=True)
                | (~Q(state=SlotState.OPEN) & Q(labeler_id__isnull=False)),
            ),
            models.CheckConstraint(
                name="slot_lease_is_whole",
                condition=Q(state=SlotState.LEASED, lease_ends__isnull=False, epoch__isnull=False)
                | (~Q(state=SlotState.LEASED) & Q(lease_ends__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "task", "labeler_id"],
                name="slot_person",
                condition=Q(labeler_id__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant_id", "project_id", "lane", "seq"],
                name="slot_open",
                condition=Q(state=SlotState.OPEN),
            ),
            models.Index(
                fields=["tenant_id", "lease_ends"], name="slot_lease", condition=Q(state=SlotState.LEASED)
            ),
        ]


class Mark(TenantModel):
    """How far one person got in one lane of a project's queue. A hint: the queue is right without it."""

    id = None  # type: ignore[assignment]  # the key is (tenant, project, person, lane)
    pk = models.CompositePrimaryKey("tenant_id", "project_id", "labeler_id", "lane")
    project_id = models.UUIDField()
    labeler_id = models.UUIDField()
    lane = models.SmallIntegerField()
    seq = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        pass


class Submission(TenantModel):
    """One given answer. Its slot is answered in the same statement, and its log entry written with it."""

    project_id = models.UUIDField()
    task = TenantForeignKey(Task, db_index=False)
    n = models.PositiveSmallIntegerField()
    labeler_id = models.UUIDField()
    answer = SealedField()
    lead_ms = models.PositiveIntegerField(help_text="from showing to submitting, as the client says")
    schema_version = models.PositiveIntegerField()
    idempotency_key = models.UUIDField(null=True)
    receipt = models.CharField(max_length=200, help_text="the log's, given again for the same answer")
    submitted_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "task", "n"], name="one_answer_for_each_slot"),
            models.UniqueConstraint(
                fields=["tenant_id", "task", "labeler_id"], name="one_answer_for_each_person"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant_id", "project_id", "labeler_id"], name="submission_by_person"),
            models.Index(fields=["tenant_id", "labeler_id", "submitted_at"], name="submission_of_the_day"),
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
