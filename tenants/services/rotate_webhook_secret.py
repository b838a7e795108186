"""Give a webhook a new secret; the old one signs beside it for a day, so that receivers can change in peace."""

from uuid import UUID

from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from tenants.egress.signature import new_webhook_secret
from tenants.models import Webhook
from tenants.services.webhook_rules import OLD_SECRET_LIFE


def rotate_webhook_secret(context: TenantContext, *, webhook_id: UUID, at_once: bool = False) -> str:
    """Return the new secret, inside `acting(context)`. With `at_once` the old one ends now: it has leaked.

    Raises `NotFound`.
    """
    row = Webhook.objects.select_for_update().filter(id=webhook_id).first()
    if row is None:
        raise NotFound("webhook")
    keyring, secret = context.keyring, new_webhook_secret()
    old = keyring.open(row.secret, field=Webhook.secret, row=row.id)
    Webhook.objects.filter(id=row.id).update(
        secret=keyring.seal(secret.encode(), field=Webhook.secret, row=row.id),
        old_secret=None if at_once else keyring.seal(old, field=Webhook.old_secret, row=row.id),
        old_until=None if at_once else timezone.now() + OLD_SECRET_LIFE,
    )
    record(
        context,
        Verb.WEBHOOK_SECRET_ROTATED,
        object_kind="webhook",
        object_id=webhook_id,
        detail={"old_ends": "at once" if at_once else "after a day"},
    )
    return secret
