"""Show one attestation to everybody, or stop showing it: off until an owner says so, and told in the log."""

import hashlib
from uuid import UUID

from django.db import transaction

from audit.services.attestation_file import attestation_file
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission
from tenants.gate.publications import publication_of, publish, unpublish
from tenants.models import Attestation
from tenants.services.issue_attestation import CannotAttest
from tenants.services.read_attestations import read_attestation


def publish_attestation(context: TenantContext, *, attestation_id: UUID) -> None:
    """Show an attestation in place of what was shown before, once this unit of work has committed.

    The log says which bytes went out. No name of the workspace is in them. Raises `NotFound`, `CannotAttest` for
    one that is not valid, and `EventPending`.
    """
    context.require(Permission.NEUTRALITY_PUBLISH)
    found = read_attestation(context, attestation_id=attestation_id)
    if found.state != "valid":
        raise CannotAttest(
            "not_valid", "Only an attestation that is signed and has not expired can be shown."
        )
    event_id = Attestation.objects.values_list("event_id", flat=True).get(id=attestation_id)
    content = attestation_file(context, event_id=event_id, payload=found.said.to_bytes())
    record(
        context,
        Verb.ATTESTATION_PUBLISHED,
        object_kind="attestation",
        object_id=attestation_id,
        detail={"sha256": hashlib.sha256(content).hexdigest()},
    )
    tenant_id = context.tenant_id
    transaction.on_commit(lambda: _show(tenant_id, attestation_id, content))


def unpublish_attestation(context: TenantContext) -> None:
    """Show nothing any more, once this unit of work has committed; without anything shown, do nothing."""
    context.require(Permission.NEUTRALITY_PUBLISH)
    shown = publication_of(context.tenant_id)
    if shown is None:
        return
    record(
        context,
        Verb.ATTESTATION_UNPUBLISHED,
        object_kind="attestation",
        object_id=shown.attestation_id,
    )
    tenant_id = context.tenant_id
    transaction.on_commit(lambda: _hide(tenant_id))


def _show(tenant_id: UUID, attestation_id: UUID, content: bytes) -> None:
    publish(tenant_id, attestation_id=attestation_id, content=content)


def _hide(tenant_id: UUID) -> None:
    unpublish(tenant_id)
