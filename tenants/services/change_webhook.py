"""Change which events a webhook sends, and pause or resume it. Resuming judges its address anew."""

from collections.abc import Sequence
from uuid import UUID

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission
from tenants.models import Webhook, WebhookState
from tenants.services.judge_webhook import judge_webhook, verdict_document
from tenants.services.webhook_rules import chosen_verbs


def choose_events(context: TenantContext, *, webhook_id: UUID, verbs: Sequence[str]) -> None:
    """Send these events from now on; what waits already is still sent. Inside `acting(context)`.

    Raises `Invalid`, `NotFound`.
    """
    chosen = [verb.value for verb in chosen_verbs(verbs)]
    if not Webhook.objects.filter(id=webhook_id).update(verbs=chosen):
        raise NotFound("webhook")
    _record(context, webhook_id, {"verbs": chosen})


def pause_webhook(context: TenantContext, *, webhook_id: UUID) -> None:
    """Send nothing until somebody resumes it; events wait. Inside `acting(context)`. Raises `NotFound`."""
    found = Webhook.objects.filter(id=webhook_id)
    if not found.exists():
        raise NotFound("webhook")
    if found.filter(state=WebhookState.ACTIVE).update(state=WebhookState.PAUSED):
        _record(context, webhook_id, {"state": "paused"})


def resume_webhook(context: TenantContext, *, webhook_id: UUID) -> None:
    """Send again, at once, all that has waited. Opens its own units of work.

    Raises `NotFound`, `Invalid`, and `DestinationRefused` while the policy lets nothing go there.
    """
    context.require(Permission.WEBHOOK_MANAGE)
    with acting(context):
        row = Webhook.objects.filter(id=webhook_id).first()
        if row is None:
            raise NotFound("webhook")
        url = context.keyring.open(row.url, field=Webhook.url, row=row.id).decode()
    way = judge_webhook(context, url, webhook_id=webhook_id)
    with acting(context):
        judged = context.keyring.seal(verdict_document("allow", way), field=Webhook.judged, row=webhook_id)
        resumed = (
            Webhook.objects.filter(id=webhook_id)
            .exclude(state=WebhookState.ACTIVE)
            .update(state=WebhookState.ACTIVE, failures=0, resume_at=None, judged=judged)
        )
        if resumed:
            _record(context, webhook_id, {"state": "active"})


def _record(context: TenantContext, webhook_id: UUID, detail: dict[str, object]) -> None:
    record(context, Verb.WEBHOOK_CHANGED, object_kind="webhook", object_id=webhook_id, detail=detail)
