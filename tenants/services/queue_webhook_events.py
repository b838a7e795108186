"""Queue new entries of the log for the webhooks that want them, and say which webhooks have something to send."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from audit.services.read_events import read_events
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from tenants.gate.places import tenant_facts
from tenants.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from tenants.values import TenantState

MOST_AT_ONCE: Final = 100
MOST_OPEN: Final = 200
"""Attempts that wait for one webhook; the rest waits in the log."""
LOST: Final = timedelta(seconds=60)
"""An attempt without an end for so long has lost its worker; the event is sent again."""


def queue_webhook_events(context: TenantContext) -> list[UUID]:
    """Return the webhooks that have something to send now. A workspace that is not active sends nothing.

    The place in the log moves in the transaction of the queued rows: a crash loses and doubles none.
    """
    if tenant_facts(context.tenant_id)[0] != TenantState.ACTIVE:
        return []
    with acting(context):
        now = timezone.now()
        active = Webhook.objects.filter(state=WebhookState.ACTIVE)
        for webhook in active.select_for_update(skip_locked=True).order_by("id"):
            _queue(context, webhook, now)
        free = active.filter(Q(busy_until=None) | Q(busy_until__lt=now)).filter(
            Q(resume_at=None) | Q(resume_at__lte=now)
        )
        due = WebhookDelivery.objects.filter(due_now(now), webhook_id__in=free.values("id"))
        return list(due.order_by("webhook_id").values_list("webhook_id", flat=True).distinct())


def due_now(now: datetime) -> Q:
    """Return the condition of attempts to be made now: waiting ones, and those that lost their worker."""
    return Q(state=DeliveryState.WAITING, due_at__lte=now) | Q(
        state=DeliveryState.SENDING, began_at__lt=now - LOST
    )


def _queue(context: TenantContext, webhook: Webhook, now: datetime) -> None:
    waiting = WebhookDelivery.objects.filter(webhook_id=webhook.id, state=DeliveryState.WAITING).count()
    if waiting >= MOST_OPEN:
        return
    known = set(Verb)
    verbs = [Verb(each) for each in webhook.verbs if each in known]
    events, cursor = read_events(context, since=webhook.cursor, verbs=verbs, limit=MOST_AT_ONCE)
    if cursor == webhook.cursor:
        return
    # In the order of the events, although made within one millisecond.
    ids = sorted(uuid7() for _ in events)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            id=row,
            webhook_id=webhook.id,
            event_index=event.index,
            event_id=event.event_id,
            verb=event.verb,
            object_kind=event.object_kind,
            object_id=event.object_id,
            event_at=event.at,
            due_at=now,
        )
        for row, event in zip(ids, events, strict=True)
    )
    Webhook.objects.filter(id=webhook.id).update(cursor=cursor)
