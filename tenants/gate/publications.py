"""Attestations that a tenant shows to everybody: a copy in clear under a random id, and nothing else of the tenant."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from tenants.people.models import Publication

PUBLIC_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Published:
    """What everybody may see, and since when."""

    public_id: str
    attestation_id: UUID
    content: bytes = field(repr=False)
    published_at: datetime


def publication_of(tenant_id: UUID) -> Published | None:
    """Return what a tenant shows; None while it shows nothing."""
    with control_database():
        row = Publication.objects.filter(tenant_id=tenant_id).first()
    return None if row is None else _published(row)


def find_publication(public_id: str) -> Published | None:
    """Return what is shown under an id: one indexed look, whether there is such an id or not."""
    with control_database():
        row = Publication.objects.filter(public_id=public_id).first()
    return None if row is None else _published(row)


def publish(tenant_id: UUID, *, attestation_id: UUID, content: bytes) -> Published:
    """Show this, in place of what was shown before; the id is new each time. The caller has recorded it."""
    with control_database():
        Publication.objects.filter(tenant_id=tenant_id).delete()
        row = Publication.objects.create(
            tenant_id=tenant_id,
            public_id=secrets.token_hex(PUBLIC_ID_BYTES),
            attestation_id=attestation_id,
            content=content,
            published_at=timezone.now(),
        )
    return _published(row)


def unpublish(tenant_id: UUID) -> bool:
    """Show nothing any more; say whether anything was shown. The caller has recorded it."""
    with control_database():
        removed, _ = Publication.objects.filter(tenant_id=tenant_id).delete()
    return bool(removed)


def _published(row: Publication) -> Published:
    return Published(row.public_id, row.attestation_id, bytes(row.content), row.published_at)
