"""Canaries, example requests and names of webhooks. Nothing of a canary's is ever sent: its rows are rolled back."""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.utils import timezone

from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import CanaryRows, ExampleRequest, canary_for, example_request_for, namer_for
from tenants.egress.signature import new_webhook_secret
from tenants.models import DeliveryState, Webhook, WebhookDelivery
from tenants.services.judge_webhook import verdict_document

VERBS = ["export.finished"]


@canary_for(Webhook)
def canary_webhook(context: TenantContext, rows: CanaryRows) -> Webhook:
    """Make a webhook to a host that nobody has."""
    row, seal, now = uuid7(), context.keyring.seal, timezone.now()
    return Webhook.objects.create(
        id=row,
        url=seal(f"https://{row.hex}.canary.example/hook".encode(), field=Webhook.url, row=row),
        secret=seal(new_webhook_secret().encode(), field=Webhook.secret, row=row),
        old_secret=seal(new_webhook_secret().encode(), field=Webhook.old_secret, row=row),
        old_until=now,
        judged=seal(verdict_document("allow"), field=Webhook.judged, row=row),
        verbs=VERBS,
        cursor=0,
        created_by_id=context.actor_id,
        created_at=now,
    )


@canary_for(WebhookDelivery)
def canary_delivery(context: TenantContext, rows: CanaryRows) -> WebhookDelivery:
    """Make an attempt that has ended."""
    now = timezone.now()
    return WebhookDelivery.objects.create(
        webhook_id=rows[Webhook].pk,
        event_index=0,
        event_id=uuid7(),
        verb=VERBS[0],
        object_kind="export",
        event_at=now,
        state=DeliveryState.DELIVERED,
        due_at=now,
        began_at=now,
        ended_at=now,
        status_class=2,
    )


def _on_webhook(route: str, method: str, body: dict[str, Any] | None = None) -> None:
    """Register a route about one webhook."""
    example_request_for(route)(
        lambda rows: ExampleRequest(method, kwargs={"webhook_id": rows[Webhook].pk}, body=dict(body or {}))
    )


def _on_delivery(route: str) -> None:
    """Register a route about one attempt."""
    example_request_for(route)(
        lambda rows: ExampleRequest(
            "POST", kwargs={"webhook_id": rows[Webhook].pk, "delivery_id": rows[WebhookDelivery].pk}
        )
    )


for _room in ("webhooks", "webhooks-api"):
    example_request_for(f"{_room}:list")(lambda rows: ExampleRequest("GET"))
    # Its host belongs to nobody, so it is refused before anybody looks it up.
    example_request_for(f"{_room}:list")(
        lambda rows: ExampleRequest(
            "POST", body={"url": "https://canary.ringfence.example/hook", "verbs": VERBS}
        )
    )
    _on_webhook(f"{_room}:one", "GET")
    _on_webhook(f"{_room}:secret", "POST")
    _on_webhook(f"{_room}:test", "POST")
    _on_delivery(f"{_room}:again")
_on_webhook("webhooks:one", "POST", {"verbs": VERBS})
_on_webhook("webhooks:progress", "GET")
for _route in ("pause", "resume", "delete"):
    _on_webhook(f"webhooks:{_route}", "POST")
_on_webhook("webhooks-api:one", "PATCH", {"verbs": VERBS})
_on_webhook("webhooks-api:one", "DELETE")
_on_webhook("webhooks-api:deliveries", "GET")


@namer_for("webhook")
def names_of_webhooks(context: TenantContext, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the hosts of webhooks, to whoever may manage them."""
    names: dict[UUID, str] = {}
    if Permission.WEBHOOK_MANAGE not in context.permissions:
        return names
    for row in Webhook.objects.filter(id__in=list(ids)):
        try:
            url = context.keyring.open(row.url, field=Webhook.url, row=row.id).decode()
        except CannotOpen:
            continue
        names[row.id] = urlsplit(url).hostname or ""
    return names
