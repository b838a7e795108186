"""The projects that the actor can see, names opened: a delivery."""

from collections import defaultdict
from hashlib import sha256
from uuid import UUID

from annotation.access import projects_with, sees_every_project
from annotation.models import Project, ProjectGrant
from annotation.values import ListedProject, ProjectRight
from audit.services.deliver import MOST_OBJECTS, deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


def list_projects(context: TenantContext, *, page: int = 0) -> tuple[list[ListedProject], bool]:
    """Return one page (from 0) of up to 1,000 projects, newest first, and whether more follow."""
    start = max(page, 0) * MOST_OBJECTS
    found = list(
        projects_with(context, *ProjectRight).order_by("-created_at", "id")[start : start + MOST_OBJECTS + 1]
    )
    rights = _rights(context)
    listed = [opened(context, project, rights[project.id]) for project in found[:MOST_OBJECTS]]
    if listed:
        deliver(
            context,
            Verb.PROJECT_DELIVERED,
            object_kind="project",
            objects=[(p.project_id, sha256(p.name.encode()).digest()) for p in listed],
        )
    return listed, len(found) > MOST_OBJECTS


def opened(context: TenantContext, project: Project, rights: frozenset[str]) -> ListedProject:
    """Return the project with its name in clear; the caller records the delivery."""
    return ListedProject(
        project.id,
        context.keyring.open(project.name, field=Project.name, row=project.id).decode(),
        project.state,
        project.overlap,
        project.lease_minutes,
        project.schema_version,
        project.guidelines_version,
        project.purpose_version,
        project.created_at,
        rights,
        project.skip_policy,
        project.skip_needs_reason,
        project.reopen_minutes,
        project.most_per_person,
    )


def rights_on(context: TenantContext, project_id: UUID) -> frozenset[str]:
    """Return what the actor may do on one project."""
    return _rights(context, project_id)[project_id]


def _rights(context: TenantContext, project_id: UUID | None = None) -> defaultdict[UUID, frozenset[str]]:
    by_role = {ProjectRight.MANAGE.value, ProjectRight.READ.value} if sees_every_project(context) else set()
    rights: defaultdict[UUID, frozenset[str]] = defaultdict(lambda: frozenset(by_role))
    grants = ProjectGrant.objects.filter(user_id=context.actor_id)
    if project_id is not None:
        grants = grants.filter(content_object_id=project_id)
    for granted_on, codename in grants.values_list("content_object_id", "permission__codename"):
        rights[granted_on] = rights[granted_on] | {codename}
    return rights
