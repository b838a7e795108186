"""Skills: what a person can do, and what a project needs of whoever labels in it."""

from django.conf import settings
from django.db import models

from annotation.models.projects import Project
from ringfence.kernel.models import SealedField, TenantForeignKey, TenantModel


class Skill(TenantModel):
    """Something that a person can do, such as a language or a trade; its name is the tenant's own word."""

    name = SealedField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        pass


class MemberSkill(TenantModel):
    """One member has one skill."""

    skill = TenantForeignKey(Skill, db_index=False)
    member = TenantForeignKey(settings.AUTH_USER_MODEL, db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "skill", "member"], name="one_row_for_each_skill")
        ]


class ProjectSkill(TenantModel):
    """One project is labeled by people with this skill only."""

    project = TenantForeignKey(Project, db_index=False)
    skill = TenantForeignKey(Skill, db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "project", "skill"], name="one_need_for_each_skill")
        ]
