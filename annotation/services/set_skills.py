"""Say which skills a member has, or which ones a project needs: the whole list, each time."""

from collections.abc import Collection
from uuid import UUID

from django.contrib.auth import get_user_model

from annotation.access import reach_project, refuse_kept_away
from annotation.models import MemberSkill, ProjectSkill, Skill
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound


def set_member_skills(context: TenantContext, *, member_id: UUID, skills: Collection[UUID]) -> None:
    """Note these skills for the member, and no others; it counts from their next item on.

    Raises `NotFound` for a member or skill that is absent or another tenant's.
    """
    member = get_user_model().objects.select_for_update().filter(id=member_id, is_active=True).first()
    if member is None:
        raise NotFound("member")
    refuse_kept_away(member_id)
    wanted = _known(skills)
    MemberSkill.objects.filter(member_id=member_id).exclude(skill_id__in=wanted).delete()
    there = set(MemberSkill.objects.filter(member_id=member_id).values_list("skill_id", flat=True))
    MemberSkill.objects.bulk_create(
        MemberSkill(skill_id=skill, member_id=member_id) for skill in sorted(wanted - there)
    )
    detail = {"skills": [str(skill) for skill in sorted(wanted)]}
    record(context, Verb.SKILLS_CHANGED, object_kind="member", object_id=member_id, detail=detail)


def set_project_skills(context: TenantContext, *, project_id: UUID, skills: Collection[UUID]) -> None:
    """Let only people with all of these skills take items of the project; items that are out stay out.

    Raises `NotFound` for a project or skill that is absent, another tenant's, or not theirs.
    """
    reach_project(context, project_id, ProjectRight.MANAGE, lock=True)
    wanted = _known(skills)
    ProjectSkill.objects.filter(project_id=project_id).exclude(skill_id__in=wanted).delete()
    there = set(ProjectSkill.objects.filter(project_id=project_id).values_list("skill_id", flat=True))
    ProjectSkill.objects.bulk_create(
        ProjectSkill(project_id=project_id, skill_id=skill) for skill in sorted(wanted - there)
    )
    detail = {"skills": [str(skill) for skill in sorted(wanted)]}
    record(context, Verb.SKILLS_CHANGED, object_kind="project", object_id=project_id, detail=detail)


def _known(skills: Collection[UUID]) -> set[UUID]:
    wanted = set(skills)
    if Skill.objects.filter(id__in=wanted).count() != len(wanted):
        raise NotFound("skill")
    return wanted
