"""Give a member a right on one project, through django-guardian."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth import get_user_model
from guardian.shortcuts import assign_perm

from annotation.access import reach_project, refuse_kept_away
from annotation.models import Project
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound


def assign_member(context: TenantContext, *, project_id: UUID, member_id: UUID, right: ProjectRight) -> None:
    """Give `right`; harmless when the member has it. The role still decides what a right can be used for.

    Raises `MemberKeptAway`, and `NotFound` for a project or an active member that is absent, another tenant's,
    or not theirs.
    """
    project = reach_project(context, project_id, ProjectRight.MANAGE)
    grant(context, project, member_id=member_id, rights=(right,))


def grant(
    context: TenantContext, project: Project, *, member_id: UUID, rights: Iterable[ProjectRight]
) -> None:
    """Write the grants and their event; the caller has checked that the actor may."""
    member = get_user_model().objects.filter(id=member_id, is_active=True).first()
    if member is None:
        raise NotFound("member")
    refuse_kept_away(member_id)
    for right in rights:
        assign_perm(right.value, member, project)
        record(
            context,
            Verb.PROJECT_GRANTED,
            object_kind="project",
            object_id=project.id,
            detail={"member": str(member_id), "right": right.value},
        )
