"""One canary row for each model of what labelers leave behind, and of skills; for the isolation check."""

from django.contrib.auth import get_user_model
from django.utils import timezone

from annotation.isolation.canaries import labeler_of
from annotation.models import Draft, MemberSkill, PersonCount, Project, ProjectSkill, Skill, Skip, Task
from annotation.values import SkipReason
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import CanaryRows, canary_for


@canary_for(Draft)
def canary_draft(context: TenantContext, rows: CanaryRows) -> Draft:
    """Make somebody's draft for the item."""
    project, row = rows[Project], uuid7()
    body = context.keyring.seal(b'{"answer":{}}', field=Draft.body, row=row, unit=project.pk)
    return Draft.objects.create(
        id=row,
        project_id=project.pk,
        task_id=rows[Task].pk,
        member_id=labeler_of(context),
        version=1,
        body=body,
        schema_version=1,
        updated_at=timezone.now(),
    )


@canary_for(Skip)
def canary_skip(context: TenantContext, rows: CanaryRows) -> Skip:
    """Make a skip of the item that was undone."""
    project, row, now = rows[Project], uuid7(), timezone.now()
    note = context.keyring.seal(b"Silent", field=Skip.note, row=row, unit=project.pk)
    return Skip.objects.create(
        id=row,
        project_id=project.pk,
        task_id=rows[Task].pk,
        n=0,
        member_id=context.actor_id,
        reason=SkipReason.OTHER,
        note=note,
        keeps_away=True,
        at=now,
        undone_at=now,
    )


@canary_for(PersonCount)
def canary_count(context: TenantContext, rows: CanaryRows) -> PersonCount:
    """Make the count of the canary's one answer."""
    return PersonCount.objects.create(
        project_id=rows[Project].pk, labeler_id=context.actor_id, given=1, active_ms=1
    )


@canary_for(Skill)
def canary_skill(context: TenantContext, rows: CanaryRows) -> Skill:
    """Make a skill."""
    row = uuid7()
    name = context.keyring.seal(b"Singing", field=Skill.name, row=row)
    return Skill.objects.create(id=row, name=name, created_at=timezone.now())


@canary_for(MemberSkill)
def canary_member_skill(context: TenantContext, rows: CanaryRows) -> MemberSkill:
    """Give the canary member the skill."""
    return MemberSkill.objects.create(skill_id=rows[Skill].pk, member_id=rows[get_user_model()].pk)


@canary_for(ProjectSkill)
def canary_project_skill(context: TenantContext, rows: CanaryRows) -> ProjectSkill:
    """Make the project need the skill."""
    return ProjectSkill.objects.create(project_id=rows[Project].pk, skill_id=rows[Skill].pk)
