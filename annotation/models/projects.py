"""Projects, the versions of what they ask and explain, and who may work on them."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Q
from guardian.managers import UserObjectPermissionManager
from guardian.models import UserObjectPermissionBase

from annotation.values import ProjectRight, ProjectState, SkipPolicy
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantManager, TenantModel


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
    purpose_version = models.PositiveIntegerField(default=0, help_text="0: no purpose stated yet")
    agreement_version = models.PositiveIntegerField(default=0, help_text="0: no agreement is asked for")
    guidelines_required = models.BooleanField(
        default=False, help_text="nobody gets items who has not confirmed the newest guidelines"
    )
    skip_policy = models.CharField(max_length=12, choices=SkipPolicy.choices, default=SkipPolicy.OTHERS)
    skip_needs_reason = models.BooleanField(default=False)
    reopen_minutes = models.PositiveSmallIntegerField(
        default=15, help_text="how long somebody may take an answer of theirs back; 0: never"
    )
    most_per_person = models.PositiveIntegerField(null=True, help_text="answers of one person; null: no cap")
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
            models.CheckConstraint(
                name="project_reopens_for_0_minutes_to_1_day",
                condition=Q(reopen_minutes__gte=0, reopen_minutes__lte=1440),
            ),
            models.CheckConstraint(
                name="project_cap_is_at_least_1",
                condition=Q(most_per_person__isnull=True) | Q(most_per_person__gte=1),
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
    """One version of a project's guidelines, Markdown, and of the quiz about them; null: no questions."""

    project = TenantForeignKey(Project, db_index=False)
    n = models.PositiveIntegerField()
    body = SealedField()
    quiz = SealedField(null=True)
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
