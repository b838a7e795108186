"""Create a project; whoever creates it manages and reads it."""

from uuid import UUID

from django.utils import timezone

from annotation.models import Project
from annotation.services.assign_member import grant
from annotation.services.project_fields import clean_lease, clean_name, clean_overlap
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7


def create_project(context: TenantContext, *, name: str, overlap: int = 1, lease_minutes: int = 30) -> UUID:
    """Make an open project without schema, guidelines or items; return its id.

    Args:
        name: 1 to 120 characters; sealed.
        overlap: answers wanted for each item, 1 to 50, each from another person.
        lease_minutes: how long somebody may keep an item, 1 minute to 1 day.

    Raises `Invalid`.
    """
    name, overlap, lease_minutes = clean_name(name), clean_overlap(overlap), clean_lease(lease_minutes)
    project_id = uuid7()
    project = Project.objects.create(
        id=project_id,
        name=context.keyring.seal(name.encode(), field=Project.name, row=project_id, unit=project_id),
        overlap=overlap,
        lease_minutes=lease_minutes,
        created_at=timezone.now(),
    )
    record(
        context,
        Verb.PROJECT_CREATED,
        object_kind="project",
        object_id=project_id,
        detail={"overlap": overlap, "lease_minutes": lease_minutes},
    )
    if context.role is not None:
        grant(context, project, member_id=context.actor_id, rights=(ProjectRight.MANAGE, ProjectRight.READ))
    return project_id
