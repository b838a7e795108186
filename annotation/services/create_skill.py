"""Name a skill that people of this workspace can have, and projects can need."""

from uuid import UUID

from django.utils import timezone

from annotation.models import Skill
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7

MOST_NAME = 120
MOST_SKILLS = 500


def create_skill(context: TenantContext, *, name: str) -> UUID:
    """Make a skill and return its id. Raises `Invalid`."""
    name = name.strip()
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable():
        raise Invalid(f"A skill's name has 1 to {MOST_NAME} characters, in one line.", field="name")
    if Skill.objects.count() >= MOST_SKILLS:
        raise Invalid(f"A workspace has up to {MOST_SKILLS} skills.", field="name")
    skill_id = uuid7()
    Skill.objects.create(
        id=skill_id,
        name=context.keyring.seal(name.encode(), field=Skill.name, row=skill_id),
        created_at=timezone.now(),
    )
    record(context, Verb.SKILL_CREATED, object_kind="skill", object_id=skill_id)
    return skill_id
