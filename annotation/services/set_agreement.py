"""Publish a new version of the agreement that a project asks its labelers to accept."""

from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import AgreementInvalid
from annotation.labels.errors import Malformed
from annotation.labels.guidelines import check_guidelines
from annotation.models import AgreementVersion
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7


def set_agreement(context: TenantContext, *, project_id: UUID, markdown: str) -> int:
    """Publish `markdown`; return the version, counted from 1. Raises `NotFound`, `AgreementInvalid`."""
    project = reach_project(context, project_id, ProjectRight.MANAGE, lock=True)
    try:
        text = check_guidelines(markdown)
    except Malformed as wrong:
        raise AgreementInvalid(str(wrong), field="markdown") from wrong
    if not text.strip():
        raise AgreementInvalid("an empty agreement asks for nothing", field="markdown")
    version_id, n = uuid7(), project.agreement_version + 1
    AgreementVersion.objects.create(
        id=version_id,
        project=project,
        n=n,
        body=context.keyring.seal(
            text.encode(), field=AgreementVersion.body, row=version_id, unit=project_id
        ),
        created_at=timezone.now(),
    )
    project.agreement_version = n
    project.save(update_fields=["agreement_version"])
    record(
        context, Verb.AGREEMENT_PUBLISHED, object_kind="project", object_id=project_id, detail={"version": n}
    )
    return n
