"""Who was kept away when: by what was known then, and by what is known now. What a replay of the log is held against.

An epoch begins with each version of the graph, each policy that takes effect and each day, since rules count in days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from tenants.gate.plans import approved
from tenants.gate.policies import in_force
from tenants.gate.registry import Known, known
from tenants.neutrality.graph import graph_on
from tenants.neutrality.people import Plan, judge_person, ties_by_person
from tenants.neutrality.policy import Policy
from tenants.neutrality.replay import Epoch
from tenants.neutrality.taint import taint_of
from tenants.people.models import Declaration, GraphVersion, Membership, PolicyVersion

LONGEST = timedelta(days=400)


def epochs(
    tenant_id: UUID, since: datetime, until: datetime, *, policy: Policy | None = None
) -> tuple[tuple[Epoch, ...], tuple[Epoch, ...]]:
    """Return (then, now) from `since` until `until`; people are member ids of the tenant, destinations are parties.

    With `policy`, that policy rules all the time, as a dry run asks; else the one that was in force. Whoever had
    left the tenant is judged too: the log has their accesses.

    Raises:
        ValueError: a period of more than 400 days, or one that ends before it begins.
    """
    if not since <= until <= since + LONGEST:
        raise ValueError("a period of at most 400 days, that ends after it begins")
    facts = known()
    with control_database():
        members = list(Membership.objects.filter(tenant_id=tenant_id).values_list("member_id", "person_id"))
        declared: dict[UUID, list[datetime]] = {}
        rows = Declaration.objects.filter(person_id__in={person for _, person in members})
        for person, at in rows.order_by("recorded_at").values_list("person_id", "recorded_at"):
            declared.setdefault(person, []).append(at)
    plans = approved(tenant_id, party_of=facts.party_of)
    then: list[Epoch] = []
    now: list[Epoch] = []
    today = timezone.now()
    # From today all moments of a day look alike, but for policies and declarations: a graph is not closed twice.
    judged: dict[object, Epoch] = {}
    for start in _starts(tenant_id, since, until):
        rules = policy or in_force(tenant_id, at=start).policy
        judge = _Judge(facts, rules, members, declared, plans, tenant_id)
        then.append(judge.epoch(start, known_at=start))
        what = start.astimezone(UTC).date(), rules.digest, judge.declared_on(start)
        if what not in judged:
            judged[what] = judge.epoch(start, known_at=today)
        now.append(replace(judged[what], starts=start))
    return tuple(then), tuple(now)


class _Judge:
    """One policy over all members of a tenant, at any moment and from any later one."""

    def __init__(
        self,
        facts: Known,
        policy: Policy,
        members: Sequence[tuple[UUID, UUID]],
        declared: dict[UUID, list[datetime]],
        plans: tuple[Plan, ...],
        tenant_id: UUID,
    ) -> None:
        self._facts, self._policy, self._members = facts, policy, members
        self._declared, self._plans, self._tenant = declared, plans, tenant_id

    def declared_on(self, start: datetime) -> tuple[date | None, ...]:
        """Return on which day each member had last declared, at a moment."""
        return tuple(_last(self._declared.get(person, ()), start) for _, person in self._members)

    def epoch(self, start: datetime, *, known_at: datetime) -> Epoch:
        graph = graph_on(
            start.astimezone(UTC).date(),
            known_at=known_at,
            parties=self._facts.parties.values(),
            statements=self._facts.statements.values(),
        )
        taint = taint_of(graph, self._policy, operator=self._facts.operator)
        ties = ties_by_person(graph)
        plans = tuple(replace(plan, policy_digest=taint.policy_digest) for plan in self._plans)
        away = set()
        declared = self.declared_on(start)
        for (member_id, person_id), declared_on in zip(self._members, declared, strict=True):
            party = self._facts.party_of.get(person_id, person_id)
            verdict = judge_person(
                party,
                taint=taint,
                graph=graph,
                declared_on=declared_on,
                plans=plans,
                system=self._tenant,
                ties=ties.get(party, []),
            )
            if not verdict:
                away.add(member_id)
        return Epoch(start, frozenset(away), taint.denied_egress)


def _last(moments: Iterable[datetime], until: datetime) -> date | None:
    before = [moment for moment in moments if moment <= until]
    return before[-1].astimezone(UTC).date() if before else None


def _starts(tenant_id: UUID, since: datetime, until: datetime) -> list[datetime]:
    """Return the moments at which a verdict can change within the period, the first one `since` itself."""
    with control_database():
        period = (since, until)
        moments = set(
            GraphVersion.objects.filter(recorded_at__range=period).values_list("recorded_at", flat=True)
        )
        policies = PolicyVersion.objects.filter(tenant_id=tenant_id)
        signed = policies.filter(effective_from__range=period).values_list("effective_from", flat=True)
        moments |= {moment for moment in signed if moment is not None}
        moments |= set(policies.filter(drafted_at__range=period).values_list("drafted_at", flat=True))
        people = Membership.objects.filter(tenant_id=tenant_id).values_list("person_id", flat=True)
        moments |= set(
            Declaration.objects.filter(person_id__in=list(people), recorded_at__range=period).values_list(
                "recorded_at", flat=True
            )
        )
    day = since.astimezone(UTC).date() + timedelta(days=1)
    while (midnight := datetime.combine(day, time.min, tzinfo=UTC)) <= until:
        moments.add(midnight)
        day += timedelta(days=1)
    return sorted({since, *moments})
