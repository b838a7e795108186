"""Who may do what on which project: role first, then django-guardian's rows."""

from functools import cache
from uuid import UUID

from django.contrib.auth.models import Permission as DjangoPermission
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from annotation.errors import MemberKeptAway
from annotation.models import Project, ProjectGrant
from annotation.values import ProjectRight
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Purpose, Role

EVERY_PROJECT = frozenset({Role.OWNER, Role.ADMIN})
"""Roles whose members manage and read every project of the tenant. Labeling takes a grant, whoever it is."""


def projects_with(context: TenantContext, *rights: ProjectRight) -> QuerySet[Project]:
    """Return the projects on which the actor has at least one of `rights`."""
    if sees_every_project(context) and set(rights) - {ProjectRight.LABEL}:
        return Project.objects.all()
    grants = ProjectGrant.objects.filter(
        content_object_id=OuterRef("pk"), user_id=context.actor_id, permission__codename__in=rights
    )
    return Project.objects.filter(Exists(grants))


def sees_every_project(context: TenantContext) -> bool:
    """Say whether the actor needs no grant: owners and admins, and the isolation check in its canary tenants."""
    return context.role in EVERY_PROJECT or context.purpose is Purpose.CHECK


def reach_project(
    context: TenantContext, project_id: UUID, *rights: ProjectRight, lock: bool = False
) -> Project:
    """Return the project if the actor has one of `rights` on it, locked for a change if asked.

    Raises `NotFound` for a project that is absent, another tenant's, or not the actor's.
    """
    found = projects_with(context, *rights).filter(id=project_id)
    project = (found.select_for_update(of=("self",)) if lock else found).first()
    if project is None:
        raise NotFound("project")
    return project


def refuse_kept_away(member_id: UUID) -> None:
    """Raise `MemberKeptAway` for a member whom the workspace's neutrality policy keeps away.

    Says in words what the tables refuse by themselves (`GiveOnlyToAdmitted`).
    """
    with connection.cursor() as cursor:
        cursor.execute("select %s::uuid in (select rf.barred_here())", [member_id])
        if cursor.fetchone() == (True,):
            raise MemberKeptAway


@cache
def permission_id(right: ProjectRight) -> int:
    """Return the id of guardian's permission; it is the same for every tenant and never changes."""
    return DjangoPermission.objects.values_list("id", flat=True).get(
        codename=right.value, content_type__app_label="annotation", content_type__model="project"
    )
