"""Asks the signer for an attestation: an event that carries its digest, and the statement itself for the signer."""

import hashlib
from uuid import UUID

from django.db import connection

from audit.attestation import Attestation
from audit.attestation_file import DIGEST
from audit.models import Body
from audit.services.build_event import build_event
from audit.services.record import keep
from audit.services.stored_log import fetch_row
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, current
from ringfence.kernel.errors import ContextAlreadyEntered

REQUEST = """
INSERT INTO audit.attestation_request (tenant_id, id, payload, core, leaf_hash) VALUES (%s, %s, %s, %s, %s)
"""
EVER_ASKED = """
SELECT 1 FROM audit.attestation WHERE tenant_id = %s
 UNION ALL SELECT 1 FROM audit.attestation_request WHERE tenant_id = %s LIMIT 1
"""


def request_attestation(context: TenantContext, said: Attestation, *, object_id: UUID) -> Receipt:
    """Record `attestation.issued` and leave the statement for the signer, in the caller's unit of work.

    The statement stands in clear until the signer has answered, within a second or so. `object_id` is the
    caller's own row of it. The receipt's event id is what `attestation_file` asks for. Raises `Dark`.
    """
    if current().context is not context:
        raise ContextAlreadyEntered("an event is recorded by the context whose unit of work is running")
    payload = said.to_bytes()
    event = build_event(
        context,
        Verb.ATTESTATION_ISSUED,
        object_kind="attestation",
        object_id=object_id,
        detail={DIGEST: hashlib.sha256(payload).hexdigest()},
    )
    receipt = keep(event)
    opening = context.keyring.open(event.core, field=Body.core, row=event.id)
    leave_for_signer(context, event.id, payload=payload, opening=opening, leaf_hash=receipt.leaf_hash)
    return receipt


def leave_for_signer(
    context: TenantContext, event_id: UUID, *, payload: bytes, opening: bytes, leaf_hash: bytes
) -> None:
    """Leave bytes for the signer, which reads them strictly. Inside `acting(context)`."""
    with connection.cursor() as cursor:
        cursor.execute(REQUEST, [context.tenant_id, event_id, payload, opening, leaf_hash])


def was_asked(context: TenantContext) -> bool:
    """Say whether the tenant has ever asked for an attestation, answered or not. Inside `acting(context)`."""
    return fetch_row(EVER_ASKED, [context.tenant_id, context.tenant_id]) is not None
