"""Send what waits for one webhook, one event after another: judged, recorded, then sent, then settled.

Each attempt is judged anew by the policy as it is now, and is in the tenant's log, committed, before its first
byte leaves. Sent are ids, never content. A crash between sending and settling sends the event again: at least
once, under the same id.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.registry import leaves_by
from tenants.egress.backoff import wait_after
from tenants.egress.client import send
from tenants.egress.signature import signed_headers
from tenants.egress.trouble import NotSent, Trouble
from tenants.egress.ways import Way
from tenants.gate.places import tenant_facts
from tenants.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from tenants.services.judge_webhook import record_refusal, verdict_document, way_of
from tenants.services.queue_webhook_events import due_now
from tenants.services.tell_webhook_stopped import tell_webhook_stopped
from tenants.values import TenantState

BUSY: Final = timedelta(seconds=60)
TURN_SECONDS: Final = 20.0
"""After so long the next webhook gets its turn."""
LOST: Final = "lost"
STATUS: Final = "status"
OPEN: Final = frozenset({DeliveryState.WAITING, DeliveryState.SENDING})
GONE: Final = 410
"""By which a receiver says that it wants nothing any more (Standard Webhooks)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt with what it sends and signs; the clear parts of the event, and no content."""

    delivery_id: UUID
    webhook_id: UUID
    event_id: UUID
    number: int
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended."""

    trouble: str = ""
    status_class: int | None = None
    gone: bool = False

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return self.status_class == 2 and not self.trouble


def send_webhook(context: TenantContext, *, webhook_id: UUID) -> int:
    """Send what is due until nothing is, an attempt fails or the turn is over; return how many were delivered.

    Does nothing while another worker sends to the same webhook. Raises what the gate and the keyring raise.
    """
    delivered, begun = 0, time.monotonic()
    with _turn(context, webhook_id) as mine:
        while mine and time.monotonic() - begun < TURN_SECONDS and _send_next(context, webhook_id):
            delivered += 1
    return delivered


@contextmanager
def _turn(context: TenantContext, webhook_id: UUID) -> Iterator[bool]:
    """Hold the webhook for this worker; yield False when it is held, stopped or not due."""
    now = timezone.now()
    mine = False
    if tenant_facts(context.tenant_id)[0] == TenantState.ACTIVE:
        with acting(context):
            free = Webhook.objects.filter(id=webhook_id, state=WebhookState.ACTIVE)
            free = free.filter(Q(busy_until=None) | Q(busy_until__lt=now))
            mine = bool(free.filter(Q(resume_at=None) | Q(resume_at__lte=now)).update(busy_until=now + BUSY))
    try:
        yield mine
    finally:
        if mine:
            with acting(context):
                Webhook.objects.filter(id=webhook_id).update(busy_until=None)


def _send_next(context: TenantContext, webhook_id: UUID) -> bool:
    """Make the attempt that is due first; return whether it was delivered."""
    attempt = _next(context, webhook_id)
    if attempt is None:
        return False
    try:
        way = way_of(context.tenant_id, attempt.url)
    except NotSent as failed:
        if failed.refused:
            _refuse(context, attempt, failed)
        else:
            _settle(context, attempt, Outcome(failed.trouble.name.lower()))
        return False
    if not _begin(context, attempt, way):
        return False
    outcome = _transmit(way, attempt)
    _settle(context, attempt, outcome)
    return outcome.delivered


def _next(context: TenantContext, webhook_id: UUID) -> Attempt | None:
    with acting(context):
        now, keyring = timezone.now(), context.keyring
        webhook = Webhook.objects.filter(id=webhook_id, state=WebhookState.ACTIVE).first()
        if webhook is None:
            return None
        due = WebhookDelivery.objects.filter(due_now(now), webhook_id=webhook_id)
        row = due.order_by("due_at", "event_index", "id").first()
        if row is None:
            return None
        if row.state == DeliveryState.SENDING:
            # Its worker is gone, and nobody knows whether it was sent.
            row = _after_lost(row)
        secrets = [keyring.open(webhook.secret, field=Webhook.secret, row=webhook_id).decode()]
        if webhook.old_secret is not None and webhook.old_until is not None and webhook.old_until > now:
            secrets.append(
                keyring.open(webhook.old_secret, field=Webhook.old_secret, row=webhook_id).decode()
            )
        return Attempt(
            delivery_id=row.id,
            webhook_id=webhook_id,
            event_id=row.event_id,
            number=row.attempt,
            url=keyring.open(webhook.url, field=Webhook.url, row=webhook_id).decode(),
            secrets=tuple(secrets),
            body=_body(context, row),
        )


def _body(context: TenantContext, row: WebhookDelivery) -> bytes:
    """Return what is sent: ids, a verb and a time, as they stand in clear in the log."""
    written = {
        "type": row.verb,
        "timestamp": row.event_at.isoformat().replace("+00:00", "Z"),
        "data": {
            "workspace": context.public_id,
            "index": row.event_index,
            "event": str(row.event_id),
            "object_kind": row.object_kind,
            "object": None if row.object_id is None else str(row.object_id),
        },
    }
    return json.dumps(written, separators=(",", ":")).encode()


def _begin(context: TenantContext, attempt: Attempt, way: Way) -> bool:
    """Record that the event leaves, before it does; return False when somebody stopped the webhook meanwhile."""
    with acting(context):
        # Shared with whoever pauses it: after their commit nothing begins.
        webhook = Webhook.objects.select_for_update().filter(id=attempt.webhook_id).first()
        if webhook is None or webhook.state != WebhookState.ACTIVE:
            return False
        begun = WebhookDelivery.objects.filter(id=attempt.delivery_id, state=DeliveryState.WAITING)
        if not begun.update(state=DeliveryState.SENDING, began_at=timezone.now()):
            return False
        record(
            context,
            Verb.WEBHOOK_DELIVERED,
            object_kind="webhook",
            object_id=attempt.webhook_id,
            detail={
                "attempt": attempt.number,
                "event": str(attempt.event_id),
                "host": way.place.host,
                "parties": sorted(str(party) for party in way.parties),
                "sha256": sha256(attempt.body).hexdigest(),
            },
        )
    return True


@leaves_by("webhook")
def _transmit(way: Way, attempt: Attempt) -> Outcome:
    headers = signed_headers(str(attempt.event_id), int(time.time()), attempt.body, attempt.secrets)
    headers["Content-Type"] = "application/json"
    try:
        answer = send(way, "POST", headers=headers, body=attempt.body, loopback=settings.EGRESS_LOOPBACK)
    except NotSent as failed:
        return Outcome(failed.trouble.name.lower(), 3 if failed.trouble is Trouble.REDIRECT else None)
    status_class = answer.status // 100
    return Outcome("" if status_class == 2 else STATUS, status_class, answer.status == GONE)


def _settle(context: TenantContext, attempt: Attempt, outcome: Outcome) -> None:
    """Keep how an attempt ended. After a failure the event is tried again later, and so is the whole webhook."""
    stopped = None
    with acting(context):
        webhook = Webhook.objects.select_for_update().filter(id=attempt.webhook_id).first()
        row = WebhookDelivery.objects.filter(id=attempt.delivery_id).first()
        if webhook is None or row is None or row.state not in OPEN:
            return  # deleted while it was sent, or taken for lost
        if outcome.delivered:
            _end(row, DeliveryState.DELIVERED, outcome)
            Webhook.objects.filter(id=webhook.id).update(failures=0, resume_at=None)
            return
        if wait_after(row.attempt) is None:
            _give_up(context, row, outcome)
        else:
            _end(row, DeliveryState.FAILED, outcome)
            _once_more(row)
        pause = wait_after(webhook.failures + 1)
        if pause is None or outcome.gone:
            stopped = webhook
            Webhook.objects.filter(id=webhook.id).update(
                state=WebhookState.DISABLED, failures=F("failures") + 1
            )
            record(
                context,
                Verb.WEBHOOK_DISABLED,
                object_kind="webhook",
                object_id=webhook.id,
                detail={"failures": webhook.failures + 1, "trouble": outcome.trouble, "gone": outcome.gone},
            )
        else:
            resume_at = timezone.now() + pause
            Webhook.objects.filter(id=webhook.id).update(failures=F("failures") + 1, resume_at=resume_at)
    if stopped is not None:
        tell_webhook_stopped(context, stopped)


def _refuse(context: TenantContext, attempt: Attempt, refused: NotSent) -> None:
    """Stop the webhook: the policy, or what its name resolves to, has turned. The event waits for an admin."""
    words = refused.words or (str(refused),)
    with acting(context):
        webhook = Webhook.objects.select_for_update().filter(id=attempt.webhook_id).first()
        row = WebhookDelivery.objects.filter(id=attempt.delivery_id).first()
        if webhook is None or row is None or row.state not in OPEN:
            return
        judged = context.keyring.seal(
            verdict_document("deny", words=words), field=Webhook.judged, row=webhook.id
        )
        Webhook.objects.filter(id=webhook.id).update(state=WebhookState.REFUSED, judged=judged)
        _end(row, DeliveryState.REFUSED, Outcome(refused.trouble.name.lower()))
        _once_more(row)
        record_refusal(context, words, webhook_id=webhook.id, event_id=row.event_id)
    tell_webhook_stopped(context, webhook)


def _end(row: WebhookDelivery, state: DeliveryState, outcome: Outcome) -> None:
    WebhookDelivery.objects.filter(id=row.id).update(
        state=state, ended_at=timezone.now(), trouble=outcome.trouble, status_class=outcome.status_class
    )


def _give_up(context: TenantContext, row: WebhookDelivery, outcome: Outcome) -> None:
    _end(row, DeliveryState.GIVEN_UP, outcome)
    record(
        context,
        Verb.WEBHOOK_FAILED,
        object_kind="webhook",
        object_id=row.webhook_id,
        detail={"event": str(row.event_id), "attempts": row.attempt, "trouble": outcome.trouble},
    )


def _once_more(row: WebhookDelivery) -> WebhookDelivery:
    """Queue the next attempt at the same event, and return it."""
    wait = wait_after(row.attempt) or timedelta(0)
    return WebhookDelivery.objects.create(
        webhook_id=row.webhook_id,
        event_index=row.event_index,
        event_id=row.event_id,
        verb=row.verb,
        object_kind=row.object_kind,
        object_id=row.object_id,
        event_at=row.event_at,
        attempt=row.attempt + 1,
        due_at=timezone.now() + wait,
        asked_by_id=row.asked_by_id,
    )


def _after_lost(row: WebhookDelivery) -> WebhookDelivery:
    _end(row, DeliveryState.FAILED, Outcome(LOST))
    after = _once_more(row)
    WebhookDelivery.objects.filter(id=after.id).update(due_at=timezone.now())
    return after
