"""Delete a webhook with its secrets and the list of its attempts. What the log says of it stays."""

from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from tenants.models import Webhook, WebhookDelivery


def delete_webhook(context: TenantContext, *, webhook_id: UUID) -> None:
    """Delete it, inside `acting(context)`: what waits is never sent. Raises `NotFound`."""
    webhook = Webhook.objects.select_for_update().filter(id=webhook_id).first()
    if webhook is None:
        raise NotFound("webhook")
    record(context, Verb.WEBHOOK_DELETED, object_kind="webhook", object_id=webhook_id)
    WebhookDelivery.objects.filter(webhook_id=webhook_id).delete()
    Webhook.objects.filter(id=webhook_id).delete()
