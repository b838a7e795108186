"""A tenant's graph and verdicts as of another day, or as they were known at another time; and what officers may see."""

from datetime import UTC, date, datetime
from uuid import UUID

from ringfence.kernel.database import control_database
from tenants.gate.policies import in_force
from tenants.gate.registry import FIRST_DIGEST, Known, known
from tenants.gate.verdicts import Judged, judged, today
from tenants.neutrality.discretion import Discretion
from tenants.neutrality.graph import Graph, graph_on
from tenants.neutrality.taint import Taint, taint_of
from tenants.people.models import GraphVersion

REMEMBERED = 8
"""Graphs of other days are large, and looked at one after another."""

_seen: dict[tuple[bytes, bytes, date, datetime | None], tuple[Graph, Taint]] = {}


def judged_on(tenant_id: UUID, *, day: date | None = None, known_at: datetime | None = None) -> Judged:
    """Return what holds on `day` as it was known at `known_at`, under the policy that was in force then.

    For a past `known_at` nothing counts that was recorded later: that is what the doors went by. Names are today's.

    Raises:
        GraphRefused: more parties or statements than are judged.
    """
    if known_at is None and day in (None, today()):
        return judged(tenant_id)
    facts, rules = known(), in_force(tenant_id, at=known_at)
    on, at = day or today(), known_at or datetime.now(UTC)
    # Without a moment of its own, what is known now stays the same for as long as nothing is added.
    key = (facts.digest, rules.digest, on, known_at)
    made = _seen.get(key)
    if made is None:
        graph = graph_on(
            on, known_at=at, parties=facts.parties.values(), statements=facts.statements.values()
        )
        made = (graph, taint_of(graph, rules.policy, operator=facts.operator))
        if len(_seen) >= REMEMBERED:
            _seen.clear()
        _seen[key] = made
    graph, taint = made
    return Judged(rules, facts, graph, taint, {}, ())


def discretion(facts: Known) -> Discretion:
    """Return what no officer may see: members' parties, what they declared, and parties that only they named."""
    return Discretion(facts.private, facts.person_of.keys() | facts.declared)


def version_at(known_at: datetime) -> tuple[int, bytes]:
    """Return the version of the graph that was the newest at a moment, and its digest; 0 for the empty one."""
    with control_database():
        row = GraphVersion.objects.filter(recorded_at__lte=known_at).order_by("-number").first()
    return (0, FIRST_DIGEST) if row is None else (row.number, bytes(row.digest))
