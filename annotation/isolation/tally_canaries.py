"""One canary row for each model of what is derived from answers; for the isolation check."""

from django.utils import timezone

from annotation.models import AggregateCursor, Project, ProjectAggregate
from annotation.values import AggregateKind
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import CanaryRows, canary_for


@canary_for(ProjectAggregate)
def canary_aggregate(context: TenantContext, rows: CanaryRows) -> ProjectAggregate:
    """Make the project's count of labels."""
    project, row = rows[Project], uuid7()
    body = context.keyring.seal(
        b'{"canary":{"yes":1}}', field=ProjectAggregate.body, row=row, unit=project.pk
    )
    return ProjectAggregate.objects.create(
        id=row, project_id=project.pk, kind=AggregateKind.LABELS, body=body, updated_at=timezone.now()
    )


@canary_for(AggregateCursor)
def canary_cursor(context: TenantContext, rows: CanaryRows) -> AggregateCursor:
    """Return the tenant's one cursor, made if nothing was counted yet."""
    cursor, _made = AggregateCursor.objects.get_or_create(defaults={"through_id": uuid7()})
    return cursor
