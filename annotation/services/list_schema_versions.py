"""The versions of a project's label schema: numbers and times, which stand in clear."""

from datetime import datetime
from uuid import UUID

from annotation.access import reach_project
from annotation.models import SchemaVersion
from annotation.values import ProjectRight
from ringfence.kernel.context import TenantContext

MOST = 50


def list_schema_versions(context: TenantContext, *, project_id: UUID) -> list[tuple[int, datetime]]:
    """Return (number, when published) of the newest 50, newest first. Raises `NotFound`."""
    reach_project(context, project_id, ProjectRight.MANAGE)
    rows = SchemaVersion.objects.filter(project_id=project_id).order_by("-n")
    return list(rows.values_list("n", "created_at")[:MOST])
