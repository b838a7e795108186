"""What every door asks: may this person, place or party touch this tenant? The taint set is made once and looked up.

A set belongs to one policy, one version of the graph and one day. Every process looks for a newer version at most
`FRESH_SECONDS` after it last looked, so a statement or a signature holds everywhere within seconds.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from audit.leaf import canonical_json
from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from tenants.gate.errors import VerdictUnavailable
from tenants.gate.person_facts import PersonFacts, facts_of
from tenants.gate.plans import approved
from tenants.gate.policies import InForce, in_force
from tenants.gate.registry import Known, known
from tenants.keys.realm import open_identity, seal_identity
from tenants.neutrality.destinations import (
    Destination,
    DestinationVerdict,
    HostBook,
    book_of,
    judge_destination,
    judge_party,
)
from tenants.neutrality.documents import taint_document, taint_from
from tenants.neutrality.graph import Graph, GraphRefused, Tie, graph_on
from tenants.neutrality.people import PersonVerdict, Plan, judge_person, ties_by_person
from tenants.neutrality.taint import Taint, taint_of
from tenants.people.models import TaintSet

TABLE = TaintSet._meta.db_table
FRESH_SECONDS = 2.0
REMEMBERED_TENANTS = 500
KEPT = timedelta(days=7)
"""Older sets are removed: what held then is computed from statements and policies, which stay."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A tenant's policy, the graph as it is known now, and what the one makes of the other."""

    in_force: InForce
    known: Known
    graph: Graph
    taint: Taint
    ties: Mapping[UUID, list[Tie]]
    plans: tuple[Plan, ...]
    """Mitigations that the tenant's admins have signed and not ended."""

    def party_of(self, person_id: UUID) -> UUID:
        """Return a person's party; their own id where nobody has stated anything of them."""
        return self.known.party_of.get(person_id, person_id)


_judged: dict[UUID, tuple[Judged, float]] = {}


def judged(tenant_id: UUID) -> Judged:
    """Return the tenant's taint set of today, at most `FRESH_SECONDS` old.

    Raises:
        VerdictUnavailable: the graph is larger than a door may wait for; every door stays shut.
    """
    held = _judged.get(tenant_id)
    if held is not None and held[1] > time.monotonic() and held[0].graph.day == today():
        return held[0]
    try:
        fresh = _judge(in_force(tenant_id), known(), tenant_id, before=None if held is None else held[0])
    except GraphRefused as refused:
        raise VerdictUnavailable from refused
    if len(_judged) >= REMEMBERED_TENANTS:
        _judged.clear()
    _judged[tenant_id] = (fresh, time.monotonic() + FRESH_SECONDS)
    return fresh


def forget_verdicts() -> None:
    """Look again at once in this process; called by whoever has just changed a policy or the graph here."""
    _judged.clear()


def today() -> date:
    """Return the day in UTC, by which all rules count."""
    return timezone.now().astimezone(UTC).date()


def verdict_on_person(
    tenant_id: UUID, person_id: UUID, person: PersonFacts | None = None
) -> tuple[PersonVerdict, Judged]:
    """Return the verdict on a person for a tenant, and what it was made from. `person` when it is at hand."""
    here = judged(tenant_id)
    person = person or facts_of(person_id)
    party = here.party_of(person_id)
    verdict = judge_person(
        party,
        taint=here.taint,
        graph=here.graph,
        declared_on=person.declared_on,
        plans=here.plans,
        system=tenant_id,
        ties=here.ties.get(party, []),
    )
    return verdict, here


def verdict_on_destination(tenant_id: UUID, destination: Destination) -> tuple[DestinationVerdict, Judged]:
    """Return whether content of a tenant may go to a destination whose addresses are resolved already."""
    here = judged(tenant_id)
    return judge_destination(destination, taint=here.taint, book=host_book(here.known)), here


def verdict_on_party(tenant_id: UUID, party: UUID) -> tuple[DestinationVerdict, Judged]:
    """Return whether content of a tenant may go to a party that is named itself."""
    here = judged(tenant_id)
    return judge_party(party, taint=here.taint), here


def _judge(rules: InForce, facts: Known, tenant_id: UUID, *, before: Judged | None) -> Judged:
    day = today()
    plans = approved(tenant_id, party_of=facts.party_of)
    if (
        before is not None
        and before.known.digest == facts.digest
        and before.in_force.digest == rules.digest
        and before.graph.day == day
    ):
        return replace(before, in_force=rules, plans=plans)
    graph, ties = _graph(facts, day)
    return Judged(rules, facts, graph, _taint(rules, facts, graph, tenant_id), ties, plans)


_graphs: dict[tuple[bytes, date], tuple[Graph, Mapping[UUID, list[Tie]]]] = {}


def _graph(facts: Known, day: date) -> tuple[Graph, Mapping[UUID, list[Tie]]]:
    key = (facts.digest, day)
    found = _graphs.get(key)
    if found is None:
        graph = graph_on(
            day,
            known_at=datetime.now(UTC),
            parties=facts.parties.values(),
            statements=facts.statements.values(),
        )
        found = (graph, ties_by_person(graph))
        _graphs.clear()
        _graphs[key] = found
    return found


def _taint(rules: InForce, facts: Known, graph: Graph, tenant_id: UUID) -> Taint:
    key = {
        "tenant_id": tenant_id,
        "policy_digest": rules.digest,
        "graph_version": facts.version,
        "day": graph.day,
    }
    with control_database():
        stored = TaintSet.objects.filter(**key).first()
        if stored is not None:
            body = json.loads(open_identity(stored.body, table=TABLE, column="body", row=stored.id))
            return taint_from(body, policy=rules.policy, graph=graph)
        taint = taint_of(graph, rules.policy, operator=facts.operator)
        row_id = uuid7()
        body = canonical_json(taint_document(taint)).decode()
        # Two processes may have made the same set; either row is right, and one stays.
        TaintSet.objects.bulk_create(
            [
                TaintSet(
                    id=row_id,
                    body=seal_identity(body, table=TABLE, column="body", row=row_id),
                    computed_at=timezone.now(),
                    **key,
                )
            ],
            ignore_conflicts=True,
        )
        TaintSet.objects.filter(tenant_id=tenant_id, computed_at__lt=timezone.now() - KEPT).delete()
    return taint


_books: dict[bytes, HostBook] = {}


def host_book(facts: Known) -> HostBook:
    """Return to whom names and networks belong; kept for one version of the graph."""
    found = _books.get(facts.digest)
    if found is None:
        pairs = [
            (scheme, value, party.id)
            for party in facts.parties.values()
            for scheme, value in party.identifiers
        ]
        found = book_of(
            [(value, party) for scheme, value, party in pairs if scheme == "host"],
            [(value, party) for scheme, value, party in pairs if scheme == "network"],
        )
        _books.clear()
        _books[facts.digest] = found
    return found
