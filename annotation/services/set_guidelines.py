"""Publish a new version of a project's guidelines."""

from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import GuidelinesInvalid
from annotation.labels.errors import Malformed
from annotation.labels.guidelines import check_guidelines
from annotation.models import GuidelinesVersion
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7


def set_guidelines(context: TenantContext, *, project_id: UUID, markdown: str) -> int:
    """Publish `markdown`; return the version, counted from 1. Raises `NotFound`, `GuidelinesInvalid`."""
    project = reach_project(context, project_id, ProjectRight.MANAGE, lock=True)
    try:
        text = check_guidelines(markdown)
    except Malformed as wrong:
        raise GuidelinesInvalid(str(wrong), field="markdown") from wrong
    version_id, n = uuid7(), project.guidelines_version + 1
    GuidelinesVersion.objects.create(
        id=version_id,
        project=project,
        n=n,
        body=context.keyring.seal(
            text.encode(), field=GuidelinesVersion.body, row=version_id, unit=project_id
        ),
        created_at=timezone.now(),
    )
    project.guidelines_version = n
    project.save(update_fields=["guidelines_version"])
    record(
        context, Verb.GUIDELINES_PUBLISHED, object_kind="project", object_id=project_id, detail={"version": n}
    )
    return n
