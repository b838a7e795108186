"""Change a project's name, state, overlap, lease, or its rules of skipping, undoing and caps."""

from typing import Any
from uuid import UUID

from annotation.access import reach_project
from annotation.models import Project
from annotation.services.project_fields import clean_lease, clean_name, clean_overlap, clean_rules
from annotation.values import ProjectRight, ProjectState
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid


def change_project(
    context: TenantContext,
    *,
    project_id: UUID,
    name: str | None = None,
    state: str | None = None,
    overlap: int | None = None,
    lease_minutes: int | None = None,
    **rules: Any,
) -> None:
    """Change what is given. `overlap` counts for later imports, `lease_minutes` for items taken from now on.

    `rules` are those of labeling, as `clean_rules` names them. Raises `NotFound`, `Invalid`.
    """
    project = reach_project(context, project_id, ProjectRight.MANAGE, lock=True)
    changed: dict[str, object] = {}
    if name is not None:
        sealed = context.keyring.seal(
            clean_name(name).encode(), field=Project.name, row=project_id, unit=project_id
        )
        project.name, changed["name"] = sealed, True
    if state is not None:
        if state not in ProjectState.values:
            raise Invalid(f"A project is {', '.join(ProjectState.values)}.", field="state")
        project.state = changed["state"] = state
    if overlap is not None:
        project.overlap = changed["overlap"] = clean_overlap(overlap)
    if lease_minutes is not None:
        project.lease_minutes = changed["lease_minutes"] = clean_lease(lease_minutes)
    for rule, value in clean_rules(rules).items():
        setattr(project, rule, value)
        changed[rule] = value
    if changed:
        project.save(update_fields=list(changed))
        record(context, Verb.PROJECT_CHANGED, object_kind="project", object_id=project_id, detail=changed)
