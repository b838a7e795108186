"""Make a webhook, if the policy lets anything go to its address. Its secret is shown once."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from audit.services.read_events import log_size
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Permission
from tenants.egress.signature import new_webhook_secret
from tenants.models import Webhook
from tenants.services.judge_webhook import judge_webhook, verdict_document
from tenants.services.webhook_rules import MOST_WEBHOOKS, chosen_verbs


def create_webhook(context: TenantContext, *, url: str, verbs: Sequence[str]) -> tuple[UUID, str]:
    """Return (id, secret). Events from now on are sent; those before are not. Opens its own unit of work.

    Raises `Invalid`, and `DestinationRefused` when the policy does not let anything go there.
    """
    context.require(Permission.WEBHOOK_MANAGE)
    chosen = chosen_verbs(verbs)
    way = judge_webhook(context, url.strip())
    row, secret, seal = uuid7(), new_webhook_secret(), context.keyring.seal
    with acting(context):
        if Webhook.objects.count() >= MOST_WEBHOOKS:
            raise Invalid(f"A workspace has at most {MOST_WEBHOOKS} webhooks. Delete one first.", field="url")
        Webhook.objects.create(
            id=row,
            url=seal(way.place.url.encode(), field=Webhook.url, row=row),
            secret=seal(secret.encode(), field=Webhook.secret, row=row),
            judged=seal(verdict_document("allow", way), field=Webhook.judged, row=row),
            verbs=[verb.value for verb in chosen],
            cursor=log_size(context),
            created_by_id=context.actor_id,
            created_at=timezone.now(),
        )
        record(
            context,
            Verb.WEBHOOK_CREATED,
            object_kind="webhook",
            object_id=row,
            detail={
                "host": way.place.host,
                "parties": sorted(str(party) for party in way.parties),
                "verbs": [verb.value for verb in chosen],
            },
        )
    return row, secret
