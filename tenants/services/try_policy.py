"""Try a policy on: whom it would keep away today, and who received what last quarter although it would refuse them.

Last quarter is replayed from the tenant's own log, day by day, by what is known now. Nothing of a trial rules, and
nothing of it is kept; that somebody saw it is a delivery.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from audit.services.deliver import deliver
from audit.services.received import Received, received
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from tenants.gate.policies import Kept
from tenants.gate.trials import Today, size_of_graph, try_period, try_today, why_on
from tenants.models import Member
from tenants.neutrality.replay import Access, Epoch, replay
from tenants.services.name_members import name_members

QUARTER = timedelta(days=90)
LARGE_GRAPH = 3_000
"""Statements from which on the quarter is shown in parts, so that each part is there within seconds."""
PARTS_OF_LARGE = 9


@dataclass(frozen=True, slots=True)
class Affected:
    """What one member received on days on which the policy would have kept them away."""

    member_id: UUID
    name: str
    days: int
    events: int
    first_at: datetime
    last_at: datetime
    first_index: int
    last_index: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A policy tried on. The period is part `part` of `parts`, the newest first, counted from 1."""

    today: Today
    quarter: tuple[Affected, ...]
    since: datetime
    until: datetime
    deliveries: int
    receivers: int
    part: int
    parts: int
    names: Mapping[UUID, str]


def try_policy(context: TenantContext, kept: Kept, *, part: int = 1) -> Trial:
    """Return the trial of a kept version, in units of its own. Recorded before it is returned."""
    parts = PARTS_OF_LARGE if size_of_graph() > LARGE_GRAPH else 1
    part = min(max(part, 1), parts)
    until = timezone.now() - (part - 1) * QUARTER / parts
    since = until - QUARTER / parts
    with acting(context):
        rows = list(received(since, until))
        members = list(Member.objects.values_list("id", flat=True))
        names = dict(name_members(context, members))
    today = try_today(context.tenant_id, kept.policy, names=names)
    away = try_period(context.tenant_id, kept.policy, since, until)
    quarter = _affected(context.tenant_id, kept, rows, away, names)
    trial = Trial(
        today,
        quarter,
        since,
        until,
        deliveries=sum(row.events for row in rows),
        receivers=len({row.actor_id for row in rows}),
        part=part,
        parts=parts,
        names=names,
    )
    shown = json.dumps([asdict(today), [asdict(each) for each in quarter]], default=str, sort_keys=True)
    with acting(context):
        objects = [(kept.id, hashlib.sha256(shown.encode()).digest())]
        deliver(context, Verb.POLICY_TRIAL_DELIVERED, object_kind="policy", objects=objects)
    return trial


def _affected(
    tenant_id: UUID, kept: Kept, rows: list[Received], away: tuple[Epoch, ...], names: Mapping[UUID, str]
) -> tuple[Affected, ...]:
    by_index = {row.first_index: row for row in rows}
    accesses = (Access(row.first_index, row.first_at, row.actor_id, None) for row in rows)
    nobody = [Epoch(away[0].starts, frozenset(), frozenset())]
    found: dict[UUID, list[Received]] = {}
    for each in replay(accesses, then=nobody, now=away):
        row = by_index[each.access.number]
        found.setdefault(row.actor_id, []).append(row)
    return tuple(
        Affected(
            member_id,
            names.get(member_id, ""),
            days=len(days),
            events=sum(row.events for row in days),
            first_at=days[0].first_at,
            last_at=max(row.last_at for row in days),
            first_index=min(row.first_index for row in days),
            last_index=max(row.last_index for row in days),
            why=why_on(tenant_id, kept.policy, member_id, days[-1].last_at, name=names.get(member_id, "")),
        )
        for member_id, days in sorted(found.items(), key=lambda item: item[1][0].first_index)
    )
