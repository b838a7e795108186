"""Throw a draft away."""

from uuid import UUID

from annotation.models import Draft
from ringfence.kernel.context import TenantContext


def drop_draft(context: TenantContext, *, task_id: UUID) -> None:
    """Remove the actor's own draft for an item; harmless when there is none."""
    Draft.objects.filter(task_id=task_id, member_id=context.actor_id).delete()
