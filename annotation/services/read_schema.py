"""Read one version of a project's label schema, for checking answers inside a unit of work."""

import time
from uuid import UUID

from annotation.labels.schema import LabelSchema, decode_schema
from annotation.models import SchemaVersion
from ringfence.kernel.context import TenantContext

REMEMBERED_SECONDS = 10.0
"""No longer than a tenant stays lit after its key was refused; whoever uses a schema needs the key too."""

REMEMBERED_AT_MOST = 500

_remembered: dict[tuple[UUID, UUID, int], tuple[LabelSchema, float]] = {}


def schema_of(context: TenantContext, *, project_id: UUID, version: int) -> LabelSchema | None:
    """Return the schema, at most 10 s old in this process; None when there is no such version.

    The caller has reached the project or one of its items; nothing is delivered by this.
    """
    key = (context.tenant_id, project_id, version)
    known = _remembered.get(key)
    now = time.monotonic()
    if known is not None and known[1] > now:
        return known[0]
    row = SchemaVersion.objects.filter(project_id=project_id, n=version).first()
    if row is None:
        return None
    schema = decode_schema(context.keyring.open(row.body, field=SchemaVersion.body, row=row.id))
    if len(_remembered) >= REMEMBERED_AT_MOST:
        _remembered.clear()
    _remembered[key] = (schema, now + REMEMBERED_SECONDS)
    return schema
