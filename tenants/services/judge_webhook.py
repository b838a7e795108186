"""Find the way to a webhook's address: read strictly, judged by the tenant's policy as it is now, resolved once."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Invalid
from tenants.egress import resolving
from tenants.egress.trouble import NotSent, Trouble
from tenants.egress.ways import Way, find_way
from tenants.gate.verdicts import verdict_on_destination
from tenants.neutrality.destinations import Destination, DestinationVerdict
from tenants.services.webhook_rules import DestinationRefused


def way_of(tenant_id: UUID, url: str) -> Way:
    """Return the way to `url`. Asks the resolver: no transaction may be open. Raises `NotSent`."""

    def judge(destination: Destination) -> DestinationVerdict:
        verdict, _ = verdict_on_destination(tenant_id, destination)
        return verdict

    return find_way(url, judge, resolver=resolving.look_up, loopback=settings.EGRESS_LOOPBACK)


def judge_webhook(context: TenantContext, url: str, *, webhook_id: UUID | None = None) -> Way:
    """Return the way to an address that an admin wrote. A refusal by the policy is recorded in a unit of its own.

    Raises `Invalid` for what cannot be read or has no address, `DestinationRefused` for what may not be.
    """
    try:
        return way_of(context.tenant_id, url)
    except NotSent as refused:
        if refused.trouble in (Trouble.MALFORMED, Trouble.NO_ADDRESS):
            told = "; ".join(refused.words) or str(refused)
            raise Invalid(f"{told[:1].upper()}{told[1:]}.", field="url") from None
        words = refused.words or (str(refused),)
    with acting(context):
        record_refusal(context, words, webhook_id=webhook_id)
    raise DestinationRefused(words)


def record_refusal(
    context: TenantContext, words: tuple[str, ...], *, webhook_id: UUID | None, event_id: UUID | None = None
) -> None:
    """Record that nothing goes to an address, and why in the admin's own words; inside `acting(context)`."""
    record(
        context,
        Verb.WEBHOOK_REFUSED,
        object_kind="webhook",
        object_id=webhook_id,
        detail={"why": list(words)} | ({} if event_id is None else {"event": str(event_id)}),
    )


def verdict_document(outcome: str, way: Way | None = None, words: tuple[str, ...] = ()) -> bytes:
    """Return a verdict as it is kept beside the webhook, sealed."""
    parties = sorted(str(party) for party in way.parties) if way is not None else []
    written = {"outcome": outcome, "parties": parties, "why": list(words), "at": timezone.now().isoformat()}
    return json.dumps(written, separators=(",", ":")).encode()


def read_verdict(opened: bytes) -> Mapping[str, Any]:
    """Return what `verdict_document` wrote."""
    document: Mapping[str, Any] = json.loads(opened)
    return document
