"""What pages and the API show of attestations: the list, one of them whole, and the file that verifies offline."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.attestation import Attestation as Statement
from audit.services.attestation_file import Answer, answers_of, attestation_file
from audit.services.deliver import deliver
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from tenants.gate.publications import publication_of
from tenants.models import Attestation

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Issued:
    """One attestation and what became of it: `signing`, `valid`, `expired` or `refused`. `said` is all of it."""

    attestation_id: UUID
    report_id: UUID
    issued_by_id: UUID
    state: str
    why_refused: str
    said: Statement
    public_id: str
    """Under which everybody may see it; empty while it is not public."""

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"neutrality-{self.said.period.start:%Y%m%d}-{self.said.period.end:%Y%m%d}.attestation"


@dataclass(frozen=True, slots=True)
class AttestationDownload:
    """The file, and the receipt of its delivery."""

    name: str
    content: bytes = field(repr=False)
    receipt: Receipt


def list_attestations(context: TenantContext) -> list[Issued]:
    """Return the newest attestations, newest first, and record that they were read. Inside `acting(context)`."""
    rows = list(Attestation.objects.exclude(report__state="canary").order_by("-id")[:MOST_SHOWN])
    found = _issued(context, rows)
    if found:
        _delivered(context, [(each.attestation_id, each.said.to_bytes()) for each in found])
    return found


def read_attestation(context: TenantContext, *, attestation_id: UUID) -> Issued:
    """Return one attestation, and record that it was read. Raises `NotFound`."""
    (found,) = _issued(context, [_find(attestation_id)])
    _delivered(context, [(attestation_id, found.said.to_bytes())])
    return found


def take_attestation(context: TenantContext, *, attestation_id: UUID) -> AttestationDownload:
    """Return the file of one attestation, and record its delivery.

    Raises `NotFound`, `EventPending` until it is signed, and `AttestationRefused`.
    """
    row = _find(attestation_id)
    (found,) = _issued(context, [row])
    content = attestation_file(context, event_id=row.event_id, payload=found.said.to_bytes())
    return AttestationDownload(found.file_name, content, _delivered(context, [(attestation_id, content)]))


def _delivered(context: TenantContext, contents: list[tuple[UUID, bytes]]) -> Receipt:
    objects = [(each, hashlib.sha256(content).digest()) for each, content in contents]
    return deliver(context, Verb.ATTESTATION_DELIVERED, object_kind="attestation", objects=objects)


def _find(attestation_id: UUID) -> Attestation:
    row = Attestation.objects.filter(id=attestation_id).first()
    if row is None:
        raise NotFound("attestation")
    return row


def _issued(context: TenantContext, rows: list[Attestation]) -> list[Issued]:
    answers = answers_of([row.event_id for row in rows])
    now = timezone.now()
    shown = publication_of(context.tenant_id)
    return [
        Issued(
            attestation_id=row.id,
            report_id=row.report_id,
            issued_by_id=row.issued_by_id,
            state=_state(row, answers.get(row.event_id), now),
            why_refused=(answers[row.event_id].refused or "") if row.event_id in answers else "",
            said=Statement.parse(context.keyring.open(row.payload, field=Attestation.payload, row=row.id)),
            public_id=shown.public_id if shown is not None and shown.attestation_id == row.id else "",
        )
        for row in rows
    ]


def _state(row: Attestation, answer: Answer | None, now: datetime) -> str:
    if answer is None:
        return "signing"
    if answer.refused is not None:
        return "refused"
    return "valid" if now < row.expires_at else "expired"
