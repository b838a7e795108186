"""Puts an attestation's file together: envelope, opened entry, proof of inclusion and of growth."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from audit.attestation import Attestation
from audit.attestation_file import AttestationFile
from audit.checkpoints import Checkpoint
from audit.dsse import IN_TOTO, Envelope, keyid_of
from audit.errors import ProofRejected
from audit.merkle import consistency_path_from
from audit.models import Body
from audit.notes import Vkey, split_note
from audit.proofs import TlogProof
from audit.services.errors import AttestationRefused, EventPending, LogNotSigned
from audit.services.proof_of import proof_of
from audit.services.stored_log import fetch_row, nodes_of_log, the_log
from ringfence.kernel.context import TenantContext, current_tenant_id
from ringfence.kernel.errors import NotFound

ANSWERS = "SELECT id, at, refused FROM audit.attestation WHERE tenant_id = %s AND id = ANY(%s)"
ANSWERED = "SELECT payload_sha256, signature, refused FROM audit.attestation WHERE tenant_id = %s AND id = %s"
ASKED = "SELECT 1 FROM audit.attestation_request WHERE tenant_id = %s AND id = %s"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the signer made of one request: signed at a time, or refused for a reason."""

    at: datetime
    refused: str | None


def answers_of(event_ids: Collection[UUID]) -> dict[UUID, Answer]:
    """Return the signer's answers to those of the acting tenant's requests that have one."""
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, [current_tenant_id(), list(event_ids)])
        return {row[0]: Answer(row[1], row[2]) for row in cursor.fetchall()}


def attestation_file(context: TenantContext, *, event_id: UUID, payload: bytes) -> bytes:
    """Return the file that verifies offline, under the newest checkpoint. Inside `acting(context)`.

    Raises `EventPending` until the signer has answered, `AttestationRefused` if it refused, and `NotFound`.
    """
    row = fetch_row(ANSWERED, [context.tenant_id, event_id])
    if row is None:
        if fetch_row(ASKED, [context.tenant_id, event_id]):
            raise EventPending
        raise NotFound("attestation")
    digest, signature, refused = row
    if refused is not None:
        raise AttestationRefused(refused)
    if hashlib.sha256(payload).digest() != bytes(digest):
        raise ProofRejected("the statement kept here is not the one that was signed")
    body = Body.objects.filter(id=event_id).order_by("seq").first()
    if body is None or body.core is None:
        raise NotFound("attestation")
    log = the_log()
    if log.vkey is None:
        raise LogNotSigned
    proof = TlogProof.parse(proof_of(context, event_id=event_id).content)
    stated = Checkpoint.parse(split_note(proof.checkpoint)[0])
    said = Attestation.parse(payload)
    vkey = Vkey.parse(log.vkey)
    envelope = Envelope(IN_TOTO, payload, keyid_of(vkey), bytes(signature))
    file = AttestationFile(
        envelope,
        context.keyring.open(bytes(body.core), field=Body.core, row=body.id),
        tuple(consistency_path_from(nodes_of_log(stated.size), old_size=said.log.size, new_size=stated.size)),
        proof,
    )
    # Never hand out a file that its reader would refuse: damage shows here first.
    envelope.verify(vkey)
    file.read(stated)
    return file.to_bytes()
