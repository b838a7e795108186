"""The log held against who was kept away: as the exposure report does, over the last quarter, for the check."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from audit.models import Body
from audit.services.record import record
from audit.services.replay_log import LoggedEvent, details_of, events_of
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from tenants.exposure import DESTINATION_VERBS, ENFORCED_WITHIN, UNIT_EVENTS
from tenants.gate.canaries import CanaryMember
from tenants.gate.canary_facts import acting_member
from tenants.gate.epochs import epochs
from tenants.isolation.findings import Tally
from tenants.isolation.target import Target
from tenants.neutrality.replay import Access, Failing, Found, once_enforced, replay

PERIOD = timedelta(days=90)
"""What a run replays; a report over a longer time is an exposure report."""


def logs(target: Target) -> list[TenantContext]:
    """Return contexts of the logs that may be read here: the canaries', and that of the tenant that asked."""
    return [*target.canaries, *([target.subject] if target.subject else [])]


def failing(target: Target, tally: Tally, context: TenantContext, kind: Failing) -> Iterator[Found]:
    """Yield each delivery of one log that fails so; count what was replayed."""
    deliveries = [event for event in _events(target, context) if event.is_delivery]
    if not deliveries:
        tally.miss("a log holds no delivery to replay")
        return
    accesses = sorted(_accesses(target, context, deliveries), key=lambda each: (each.at, each.number))
    since, until = accesses[0].at, max(accesses[-1].at, timezone.now())
    then, now = epochs(context.tenant_id, since, until)
    then = once_enforced(then, within=ENFORCED_WITHIN)
    for found in replay(accesses, then=then, now=now):
        if found.failing is kind:
            yield found
    tally.look(len(accesses))


def slip_in(
    target: Target, context: TenantContext, member: CanaryMember, *, place: UUID | None = None
) -> None:
    """Write a delivery into a canary's log that no door was asked about: for plants, in the shadow."""
    acting_here = acting_member(context, member)
    with target.as_app(acting_here):
        verb, kind = (Verb.WEBHOOK_DELIVERED, "webhook") if place else (Verb.ITEM_DELIVERED, "item")
        detail = {"parties": [str(place)]} if place else None
        event = record(acting_here, verb, object_kind=kind, object_id=uuid7(), detail=detail).event_id
    target.run(
        "INSERT INTO audit.body (tenant_id, seq, id, verb, actor_id, object_kind, object_id, at, core, pii)"
        " SELECT tenant_id, (SELECT max(seq) + 1 FROM audit.body b WHERE b.tenant_id = p.tenant_id), id, verb,"
        " actor_id, object_kind, object_id, at, core, pii FROM audit.pending p WHERE id = %s",
        [event],
    )


def _events(target: Target, context: TenantContext) -> Iterator[LoggedEvent]:
    until = timezone.now() + timedelta(minutes=1)
    since = until - PERIOD
    with target.as_app(context):
        last = Body.objects.aggregate(last=Max("seq"))["last"]
        for first in range(0, -1 if last is None else last + 1, UNIT_EVENTS):
            yield from events_of(first, first + UNIT_EVENTS - 1, since=since, until=until)


def _accesses(target: Target, context: TenantContext, deliveries: list[LoggedEvent]) -> Iterator[Access]:
    """Yield who received what: the actor, or the parties behind the host, which stand in the event's detail."""
    places = [event.index for event in deliveries if event.verb in DESTINATION_VERBS]
    with target.as_app(context):
        told = details_of(context, places) if places else {}
    for event in deliveries:
        if event.verb not in DESTINATION_VERBS:
            yield Access(event.index, event.at, event.actor_id, None)
            continue
        for party in told.get(event.index, {}).get("parties", []):
            yield Access(event.index, event.at, None, UUID(party))
