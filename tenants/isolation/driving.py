"""Drives the product as a worker would, in this process, for checks that watch what leaves."""

from contextlib import ExitStack

from django.conf import settings
from django.utils import timezone

from audit.verbs import Verb
from ringfence.kernel.ids import uuid7
from tenants.isolation.target import Target, undone
from tenants.models import DeliveryState, Webhook, WebhookDelivery
from tenants.services.send_webhook import send_webhook

SINK = ("127.0.0.1", 60009)
"""Where a canary's webhook leads: to a port of this machine; the watch stops it there."""


def send_a_webhook(target: Target) -> None:
    """Let a canary's webhook send one event to `SINK`, all the way down to the socket."""
    context, webhook = target.k1, target.rows(target.k1).get(Webhook)
    if webhook is None:
        return
    now, url = timezone.now(), f"http://{SINK[0]}:{SINK[1]}/canary"
    with undone(), undone("control"), ExitStack() as back:
        back.callback(setattr, settings, "EGRESS_LOOPBACK", settings.EGRESS_LOOPBACK)
        settings.EGRESS_LOOPBACK = True
        with target.as_app(context):
            sealed = context.keyring.seal(url.encode(), field=Webhook.url, row=webhook.pk)
            Webhook.objects.filter(id=webhook.pk).update(url=sealed, resume_at=None, busy_until=None)
            WebhookDelivery.objects.create(
                id=uuid7(),
                webhook_id=webhook.pk,
                event_id=uuid7(),
                verb=Verb.WEBHOOK_TESTED.value,
                object_kind="webhook",
                object_id=webhook.pk,
                event_at=now,
                state=DeliveryState.WAITING,
                due_at=now,
            )
        # Not `as_service`: the worker's units of work are whole transactions, which nest in `undone` only.
        target.run(f'SET LOCAL ROLE "{target.app_role}"')
        send_webhook(context, webhook_id=webhook.pk)
        target.run("RESET ROLE")
