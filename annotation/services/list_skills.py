"""The skills of this workspace, names opened, with who has them and which projects need them."""

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from annotation.access import reach_project
from annotation.models import MemberSkill, ProjectSkill, Skill
from annotation.values import ProjectRight
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


@dataclass(frozen=True, slots=True)
class ListedSkill:
    """One skill."""

    skill_id: UUID
    name: str = field(repr=False)
    members: tuple[UUID, ...]
    projects: tuple[UUID, ...]


def needed_skills(context: TenantContext, *, project_id: UUID) -> list[str]:
    """Return the names of the skills that a project needs, in the order of their making: a delivery.

    Raises `NotFound`.
    """
    reach_project(context, project_id, *ProjectRight)
    needed = ProjectSkill.objects.filter(project_id=project_id).values("skill_id")
    names, objects = [], []
    for skill in Skill.objects.filter(id__in=needed).order_by("created_at", "id"):
        clear = context.keyring.open(skill.name, field=Skill.name, row=skill.id)
        objects.append((skill.id, sha256(clear).digest()))
        names.append(clear.decode())
    if objects:
        deliver(context, Verb.SKILL_DELIVERED, object_kind="skill", objects=objects)
    return names


def list_skills(context: TenantContext) -> list[ListedSkill]:
    """Return all of them in the order of their making: a delivery."""
    members: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for skill_id, member_id in MemberSkill.objects.order_by("member_id").values_list("skill_id", "member_id"):
        members[skill_id].append(member_id)
    projects: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for skill_id, project_id in ProjectSkill.objects.order_by("project_id").values_list(
        "skill_id", "project_id"
    ):
        projects[skill_id].append(project_id)
    listed, objects = [], []
    for skill in Skill.objects.order_by("created_at", "id"):
        clear = context.keyring.open(skill.name, field=Skill.name, row=skill.id)
        objects.append((skill.id, sha256(clear).digest()))
        listed.append(
            ListedSkill(skill.id, clear.decode(), tuple(members[skill.id]), tuple(projects[skill.id]))
        )
    if objects:
        deliver(context, Verb.SKILL_DELIVERED, object_kind="skill", objects=objects)
    return listed
