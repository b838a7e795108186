"""State a project's purpose anew. Versions are added, never changed: consent names its own."""

from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import PurposeInvalid
from annotation.labels.errors import Malformed
from annotation.labels.purpose import encode_purpose, read_purpose
from annotation.models import PurposeVersion
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7


def set_purpose(context: TenantContext, *, project_id: UUID, purpose: object) -> int:
    """Check and publish `purpose` (parsed JSON); return the version, counted from 1.

    From then on nobody gets items who has not accepted this version. Raises `NotFound`, `PurposeInvalid`.
    """
    project = reach_project(context, project_id, ProjectRight.MANAGE, lock=True)
    try:
        body = encode_purpose(read_purpose(purpose))
    except Malformed as wrong:
        raise PurposeInvalid(str(wrong), field=wrong.where) from wrong
    version_id, n = uuid7(), project.purpose_version + 1
    PurposeVersion.objects.create(
        id=version_id,
        project=project,
        n=n,
        body=context.keyring.seal(body, field=PurposeVersion.body, row=version_id, unit=project_id),
        created_at=timezone.now(),
    )
    project.purpose_version = n
    project.save(update_fields=["purpose_version"])
    record(
        context, Verb.PURPOSE_PUBLISHED, object_kind="project", object_id=project_id, detail={"version": n}
    )
    return n
