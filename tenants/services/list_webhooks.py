"""A tenant's webhooks with their addresses opened, and what was sent to one: in the log before it leaves."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound
from tenants.models import DeliveryState, Webhook, WebhookDelivery
from tenants.services.judge_webhook import read_verdict

MOST_DELIVERIES = 100


@dataclass(frozen=True, slots=True)
class ListedWebhook:
    """One webhook as its admins see it."""

    webhook_id: UUID
    url: str = field(repr=False)
    host: str
    verbs: tuple[str, ...]
    state: str
    why: tuple[str, ...]
    """What stopped it, in the words of the verdict; empty while it may send."""
    failures: int
    resume_at: datetime | None
    old_until: datetime | None
    created_at: datetime
    waiting: int
    delivered: int
    failed: int


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """One attempt."""

    delivery_id: UUID
    event_index: int | None
    event_id: UUID
    verb: str
    attempt: int
    state: str
    trouble: str
    status_class: int | None
    due_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    took: timedelta | None
    newest: bool
    """Whether no later attempt at the same event exists: only then it can be asked for again."""


def list_webhooks(context: TenantContext) -> list[ListedWebhook]:
    """Return all webhooks, oldest first, and record that their addresses were read. Inside `acting(context)`."""
    listed = [_listed(context, row, _counts()) for row in Webhook.objects.order_by("id")]
    _delivered(context, listed)
    return listed


def read_webhook(context: TenantContext, *, webhook_id: UUID) -> ListedWebhook:
    """Return one webhook, recorded likewise. Inside `acting(context)`. Raises `NotFound`."""
    row = Webhook.objects.filter(id=webhook_id).first()
    if row is None:
        raise NotFound("webhook")
    listed = _listed(context, row, _counts(webhook_id))
    _delivered(context, [listed])
    return listed


def list_deliveries(
    context: TenantContext, *, webhook_id: UUID, limit: int = 50, before: UUID | None = None
) -> tuple[list[ListedDelivery], UUID | None]:
    """Return attempts of one webhook, newest first, and where to go on; nothing in them was ever sealed.

    Inside `acting(context)`. Raises `NotFound`.
    """
    if not Webhook.objects.filter(id=webhook_id).exists():
        raise NotFound("webhook")
    limit = max(1, min(limit, MOST_DELIVERIES))
    rows = WebhookDelivery.objects.filter(webhook_id=webhook_id).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: limit + 1])
    shown = found[:limit]
    newest: dict[UUID, int] = {}
    for event_id, attempt in WebhookDelivery.objects.filter(
        webhook_id=webhook_id, event_id__in=[row.event_id for row in shown]
    ).values_list("event_id", "attempt"):
        newest[event_id] = max(attempt, newest.get(event_id, 0))
    listed = [_attempt(row, newest[row.event_id]) for row in shown]
    return listed, shown[-1].id if len(found) > limit else None


def webhook_course(webhook_id: UUID) -> str:
    """Return a word that changes whenever the webhook or its newest attempts do. Inside `acting(context)`.

    Raises `NotFound`.
    """
    state = Webhook.objects.filter(id=webhook_id).values_list("state", flat=True).first()
    if state is None:
        raise NotFound("webhook")
    rows = WebhookDelivery.objects.filter(webhook_id=webhook_id).order_by("-id")
    newest = [f"{row}{how}" for row, how in rows.values_list("id", "state")[:50]]
    return f"{state}-{hashlib.sha256(''.join(newest).encode()).hexdigest()[:16]}"


def _counts(webhook_id: UUID | None = None) -> dict[UUID, dict[str, int]]:
    rows = WebhookDelivery.objects.all()
    if webhook_id is not None:
        rows = rows.filter(webhook_id=webhook_id)
    counted = rows.values("webhook_id").annotate(
        waiting=Count("id", filter=Q(state__in=[DeliveryState.WAITING, DeliveryState.SENDING])),
        delivered=Count("id", filter=Q(state=DeliveryState.DELIVERED)),
        failed=Count("id", filter=Q(state__in=[DeliveryState.GIVEN_UP, DeliveryState.REFUSED])),
    )
    return {
        row["webhook_id"]: {name: row[name] for name in ("waiting", "delivered", "failed")} for row in counted
    }


def _listed(context: TenantContext, row: Webhook, counts: dict[UUID, dict[str, int]]) -> ListedWebhook:
    keyring, now = context.keyring, timezone.now()
    url = keyring.open(row.url, field=Webhook.url, row=row.id).decode()
    judged = read_verdict(keyring.open(row.judged, field=Webhook.judged, row=row.id))
    return ListedWebhook(
        webhook_id=row.id,
        url=url,
        host=urlsplit(url).hostname or "",
        verbs=tuple(row.verbs),
        state=row.state,
        why=tuple(judged["why"]),
        failures=row.failures,
        resume_at=row.resume_at if row.resume_at is not None and row.resume_at > now else None,
        old_until=row.old_until if row.old_until is not None and row.old_until > now else None,
        created_at=row.created_at,
        **counts.get(row.id, {"waiting": 0, "delivered": 0, "failed": 0}),
    )


def _delivered(context: TenantContext, listed: list[ListedWebhook]) -> None:
    if listed:
        objects = [(each.webhook_id, hashlib.sha256(each.url.encode()).digest()) for each in listed]
        deliver(context, Verb.WEBHOOKS_DELIVERED, object_kind="webhook", objects=objects)


def _attempt(row: WebhookDelivery, newest: int) -> ListedDelivery:
    took = row.ended_at - row.began_at if row.ended_at is not None and row.began_at is not None else None
    return ListedDelivery(
        row.id, row.event_index, row.event_id, row.verb, row.attempt, row.state, row.trouble, row.status_class,
        row.due_at, row.began_at, row.ended_at, took, row.attempt == newest,
    )  # fmt: skip
