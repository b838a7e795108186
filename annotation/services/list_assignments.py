"""Who may do what on one project: ids and rights, which stand in clear."""

from collections import defaultdict
from uuid import UUID

from annotation.access import reach_project
from annotation.models import ProjectGrant
from annotation.values import ProjectRight
from ringfence.kernel.context import TenantContext


def list_assignments(context: TenantContext, *, project_id: UUID) -> dict[UUID, frozenset[ProjectRight]]:
    """Return each assigned member's rights. Owners and admins reach every project without one.

    Raises `NotFound`.
    """
    reach_project(context, project_id, ProjectRight.MANAGE)
    rights: defaultdict[UUID, set[ProjectRight]] = defaultdict(set)
    grants = ProjectGrant.objects.filter(content_object_id=project_id)
    for member_id, codename in grants.values_list("user_id", "permission__codename"):
        rights[member_id].add(ProjectRight(codename))
    return {member_id: frozenset(held) for member_id, held in rights.items()}
