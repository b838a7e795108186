"""How this room's objects are called on pages of lower rooms, such as the log's timeline."""

from collections.abc import Collection, Mapping
from uuid import UUID

from annotation.models import Project
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import namer_for


@namer_for("project")
def names_of_projects(context: TenantContext, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the names of projects, to whoever may manage all of them."""
    names: dict[UUID, str] = {}
    if Permission.PROJECT_MANAGE not in context.permissions:
        return names
    for row in Project.objects.filter(id__in=ids):
        try:
            names[row.id] = context.keyring.open(row.name, field=Project.name, row=row.id).decode()
        except CannotOpen:
            continue
    return names
