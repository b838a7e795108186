"""How far the carrying out of a closing has come, and the certificate that its owners get."""

import base64
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from tenants.gate.closings import KnownClosing, known_closing
from tenants.gate.errors import OfferGone
from tenants.gate.secrets import hash_of, new_secret
from tenants.keys.realm import open_identity, seal_identity
from tenants.people.models import Closing

LINK_LIFE = timedelta(days=30)
TABLE, COLUMN, DRAFT_COLUMN = Closing._meta.db_table, "certificate", "last_event"


def closings_to_carry_out() -> list[KnownClosing]:
    """Return closings that were begun and are not done, oldest first."""
    with control_database():
        rows = Closing.objects.filter(begun_at__isnull=False, done_at=None).order_by("begun_at")[:100]
        return [known_closing(row) for row in rows]


def kept_draft(closing_id: UUID) -> bytes | None:
    """Return the last event as it was drafted for a closing; None before that, and once the certificate is kept."""
    with control_database():
        row = Closing.objects.get(id=closing_id)
        if row.last_event is None:
            return None
        text = open_identity(row.last_event, table=TABLE, column=DRAFT_COLUMN, row=closing_id)
    return base64.b64decode(text)


def keep_draft(closing_id: UUID, draft: bytes) -> None:
    """Keep the draft of the last event, once: what was kept first is what is recorded and certified."""
    text = base64.b64encode(draft).decode()
    with control_database():
        Closing.objects.filter(id=closing_id, last_event=None, certificate=None).update(
            last_event=seal_identity(text, table=TABLE, column=DRAFT_COLUMN, row=closing_id)
        )


def keep_certificate(closing_id: UUID, content: bytes) -> None:
    """Keep the certificate, once: a second one would be as good, and is not wanted. The draft goes, it is in it."""
    text = base64.b64encode(content).decode()
    with control_database():
        Closing.objects.filter(id=closing_id, certificate=None).update(
            certificate=seal_identity(text, table=TABLE, column=COLUMN, row=closing_id), last_event=None
        )


def has_certificate(closing_id: UUID) -> bool:
    """Say whether the certificate is kept."""
    with control_database():
        return Closing.objects.filter(id=closing_id, certificate__isnull=False).exists()


def note_keys_destroyed(closing_id: UUID) -> None:
    """Note that the tenant's keys are gone."""
    with control_database():
        Closing.objects.filter(id=closing_id, keys_destroyed_at=None).update(keys_destroyed_at=timezone.now())


def new_link(closing_id: UUID) -> tuple[str, int]:
    """Return the secret of a fresh link to the certificate and for how many days it works; an earlier one ends."""
    secret = new_secret()
    with control_database():
        Closing.objects.filter(id=closing_id, done_at=None).update(
            link=hash_of(secret), link_until=timezone.now() + LINK_LIFE
        )
    return secret, LINK_LIFE.days


def note_done(closing_id: UUID) -> None:
    """Note that all is done and the owners have been told."""
    with control_database():
        Closing.objects.filter(id=closing_id, done_at=None).update(done_at=timezone.now())


def forget_old_certificates() -> int:
    """Remove certificates whose link is over; return how many."""
    with control_database(), transaction.atomic(using="control"):
        return Closing.objects.filter(done_at__isnull=False, link_until__lte=timezone.now()).update(
            certificate=None, link=None, link_until=None
        )


def certificate_behind(secret: str) -> tuple[UUID, bytes]:
    """Return (closing, the certificate) behind a link's secret. Raises `OfferGone`."""
    with control_database():
        row = Closing.objects.filter(
            link=hash_of(secret), link_until__gt=timezone.now(), certificate__isnull=False
        ).first()
        if row is None or row.certificate is None:
            raise OfferGone("certificate")
        text = open_identity(row.certificate, table=TABLE, column=COLUMN, row=row.id)
    return row.id, base64.b64decode(text)
