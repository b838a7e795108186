"""What is derived from answers, sealed: kept up by the worker, shown to managers."""

from django.db import models
from django.db.models import Q

from annotation.models.projects import Project
from annotation.values import AggregateKind
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantModel


class ProjectAggregate(TenantModel):
    """One tally of a project's answers, of everybody or of one person; `annotation.labels.tally` says how.

    The row's id changes with each new body, so that no older ciphertext fits in its place.
    """

    project = TenantForeignKey(Project, db_index=False)
    member_id = models.UUIDField(null=True, help_text="null: of everybody")
    kind = models.CharField(max_length=8, choices=AggregateKind.choices)
    body = SealedField()
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "project", "kind", "member_id"],
                name="one_aggregate_of_each_kind",
                nulls_distinct=False,
            ),
        ]


class AggregateCursor(TenantModel):
    """How far the worker has counted a tenant's answers. It moves in the transaction of what it counted.

    Answers are counted in the order of their ids, which grow with time, and taken out in the order in
    which they were withdrawn; both end a minute before now, when no unit of work can still be open.
    """

    through_id = models.UUIDField(help_text="the last answer counted")
    withdrawn_through = models.DateTimeField(null=True, help_text="of the last one taken out again")
    withdrawn_id = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id"], name="one_cursor_for_each_tenant"),
            models.CheckConstraint(
                name="cursor_of_withdrawals_is_whole",
                condition=Q(withdrawn_through__isnull=True, withdrawn_id__isnull=True)
                | Q(withdrawn_through__isnull=False, withdrawn_id__isnull=False),
            ),
        ]
