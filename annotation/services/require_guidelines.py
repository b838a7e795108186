"""Say whether labelers must confirm a project's newest guidelines before they get items."""

from uuid import UUID

from annotation.access import reach_project
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


def require_guidelines(context: TenantContext, *, project_id: UUID, required: bool) -> None:
    """Set it; the same again writes nothing. Raises `NotFound`."""
    project = reach_project(context, project_id, ProjectRight.MANAGE, lock=True)
    if project.guidelines_required == required:
        return
    project.guidelines_required = required
    project.save(update_fields=["guidelines_required"])
    record(
        context,
        Verb.PROJECT_CHANGED,
        object_kind="project",
        object_id=project_id,
        detail={"guidelines_required": required},
    )
