"""What a labeler leaves behind while working: drafts, skips, and how much of a project is theirs."""

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import LessThanOrEqual

from annotation.models.projects import Project
from annotation.models.queue import Task
from annotation.values import SkipReason
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantModel

MOST_DRAFT_BYTES = 2 * 1024 * 1024
_SEALED_DRAFT_BYTES = MOST_DRAFT_BYTES + 64 * 1024


class Draft(TenantModel):
    """What somebody has entered so far for an item, saved while they type.

    `version` grows with each save; a save names the version that it goes on from. The row's id changes
    with each save, so that no older ciphertext fits in its place.
    """

    project = TenantForeignKey(Project, db_index=False)
    task = TenantForeignKey(Task, db_index=False)
    member_id = models.UUIDField()
    version = models.PositiveIntegerField()
    body = SealedField()
    schema_version = models.PositiveIntegerField()
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "task", "member_id"], name="one_draft_for_each_person"
            ),
            models.CheckConstraint(
                name="draft_is_at_most_2_mb",
                condition=LessThanOrEqual(
                    Func(F("body"), function="octet_length", output_field=models.IntegerField()),
                    Value(_SEALED_DRAFT_BYTES),
                ),
            ),
        ]


class Skip(TenantModel):
    """Somebody passed on an item: why, in a code that stands in clear, and in sealed words of their own.

    `keeps_away` says that the item is never offered to them again. A skip that was undone stays.
    """

    project = TenantForeignKey(Project, db_index=False)
    task = TenantForeignKey(Task, db_index=False)
    n = models.PositiveSmallIntegerField(help_text="which wanted answer of the item they held")
    member_id = models.UUIDField()
    reason = models.CharField(max_length=16, choices=SkipReason.choices, blank=True)
    note = SealedField(null=True)
    keeps_away = models.BooleanField()
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "task", "member_id"],
                name="one_skip_keeps_somebody_away",
                condition=Q(undone_at__isnull=True, keeps_away=True),
            )
        ]
        indexes = [
            models.Index(fields=["tenant_id", "project", "at"], name="skip_by_project"),
            models.Index(fields=["tenant_id", "task", "member_id"], name="skip_by_item"),
        ]


class PersonCount(TenantModel):
    """How many standing answers one person gave in a project, and their active time; kept by each answer."""

    id = None  # type: ignore[assignment]  # the key is (tenant, project, person)
    pk = models.CompositePrimaryKey("tenant_id", "project_id", "labeler_id")
    project_id = models.UUIDField()
    labeler_id = models.UUIDField()
    given = models.PositiveIntegerField()
    active_ms = models.PositiveBigIntegerField()

    class Meta(TenantModel.Meta):
        pass
