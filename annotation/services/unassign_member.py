"""Take a member's right on one project away; items that they hold, or that are kept for them, go back."""

from uuid import UUID

from django.contrib.auth import get_user_model
from guardian.shortcuts import remove_perm

from annotation.access import reach_project
from annotation.services import statements
from annotation.services.queue_sql import RETURN_ALL_OF, RETURN_KEPT_FOR
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound


def unassign_member(
    context: TenantContext, *, project_id: UUID, member_id: UUID, right: ProjectRight
) -> None:
    """Take `right` away. Answers given stay; leases end at once, and a late answer is refused.

    Raises `NotFound` for a project or member that is absent, another tenant's, or not theirs.
    """
    project = reach_project(context, project_id, ProjectRight.MANAGE)
    member = get_user_model().objects.filter(id=member_id).first()
    if member is None:
        raise NotFound("member")
    remove_perm(right.value, member, project)
    returned = unreserved = 0
    if right is ProjectRight.LABEL:
        values = {"project": project_id, "who": member_id, "late": False}
        returned = sum(count for _, count in statements.rows(RETURN_ALL_OF, values))
        unreserved = sum(count for _, count in statements.rows(RETURN_KEPT_FOR, values))
    record(
        context,
        Verb.PROJECT_UNGRANTED,
        object_kind="project",
        object_id=project_id,
        detail={
            "member": str(member_id),
            "right": right.value,
            "returned": returned,
            "unreserved": unreserved,
        },
    )
