"""Ask a webhook to send: a test, or an event once more. The worker sends it; the broker may be away."""

from uuid import UUID

from celery import current_app
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7
from tenants.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from tenants.services.webhook_rules import WebhookStopped

SEND_TASK = "tenants.send_webhook"
ENDED = frozenset(
    {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.GIVEN_UP, DeliveryState.REFUSED}
)


def wake_webhook(tenant_id: UUID, webhook_id: UUID) -> bool:
    """Tell a worker; return False when the broker does not answer, which loses nothing. After the commit."""
    try:
        current_app.send_task(
            SEND_TASK, kwargs={"tenant_id": str(tenant_id), "webhook_id": str(webhook_id)}, retry=False
        )
    except (OperationalError, OSError):
        return False
    return True


def send_test(context: TenantContext, *, webhook_id: UUID) -> UUID:
    """Let a test event be sent, which is this very request's entry in the log; return the attempt's id.

    Inside `acting(context)`. Raises `NotFound`, `WebhookStopped`.
    """
    _active(webhook_id)
    receipt = record(context, Verb.WEBHOOK_TESTED, object_kind="webhook", object_id=webhook_id)
    now, row = timezone.now(), uuid7()
    WebhookDelivery.objects.create(
        id=row,
        webhook_id=webhook_id,
        event_id=receipt.event_id,
        verb=Verb.WEBHOOK_TESTED.value,
        object_kind="webhook",
        object_id=webhook_id,
        event_at=now,
        due_at=now,
        asked_by_id=context.actor_id,
    )
    _wake_after_commit(context, webhook_id)
    return row


def send_again(context: TenantContext, *, webhook_id: UUID, delivery_id: UUID) -> UUID:
    """Let the event of an attempt that has ended be sent once more, under the same id; return the new attempt's.

    While another attempt at it is open, that one is returned. Inside `acting(context)`. Raises `NotFound`,
    `WebhookStopped`.
    """
    # The webhook's row is the lock: two requests at once make one attempt.
    _active(webhook_id, lock=True)
    mine = WebhookDelivery.objects.filter(webhook_id=webhook_id)
    old = mine.filter(id=delivery_id).first()
    if old is None:
        raise NotFound("delivery")
    same = mine.filter(event_id=old.event_id)
    still_open = same.exclude(state__in=ENDED).first()
    if still_open is not None:
        return still_open.id
    newest: int = same.aggregate(newest=Max("attempt"))["newest"]
    row = uuid7()
    WebhookDelivery.objects.create(
        id=row,
        webhook_id=webhook_id,
        event_index=old.event_index,
        event_id=old.event_id,
        verb=old.verb,
        object_kind=old.object_kind,
        object_id=old.object_id,
        event_at=old.event_at,
        attempt=newest + 1,
        due_at=timezone.now(),
        asked_by_id=context.actor_id,
    )
    record(
        context,
        Verb.WEBHOOK_REPEATED,
        object_kind="webhook",
        object_id=webhook_id,
        detail={"event": str(old.event_id), "attempt": newest + 1},
    )
    _wake_after_commit(context, webhook_id)
    return row


def _active(webhook_id: UUID, *, lock: bool = False) -> None:
    rows = Webhook.objects.select_for_update() if lock else Webhook.objects.all()
    webhook = rows.filter(id=webhook_id).first()
    if webhook is None:
        raise NotFound("webhook")
    if webhook.state != WebhookState.ACTIVE:
        raise WebhookStopped


def _wake_after_commit(context: TenantContext, webhook_id: UUID) -> None:
    transaction.on_commit(lambda: wake_webhook(context.tenant_id, webhook_id))
