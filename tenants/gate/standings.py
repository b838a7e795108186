"""How the policy stands towards each member of a tenant, and what ends at the gate when it turns."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F

from ringfence.kernel.database import control_database
from tenants.gate.histories import wall_for
from tenants.gate.person_facts import facts_of
from tenants.gate.resolve import OWED, forget
from tenants.gate.sessions import end_sessions_at
from tenants.gate.telling import person_told
from tenants.gate.verdicts import Judged, judged, verdict_on_person
from tenants.neutrality.explain import person_in_own_words, wall_in_words
from tenants.neutrality.people import PersonVerdict
from tenants.neutrality.verdict import Outcome
from tenants.neutrality.walls import WallVerdict
from tenants.people.models import Membership


@dataclass(frozen=True, slots=True)
class Standing:
    """One member under the policy. `kept_away` leaves out whoever only owes a declaration: the gate asks for it."""

    member_id: UUID
    person_id: UUID
    verdict: PersonVerdict
    wall: WallVerdict
    kept_away: bool


def question_of(tenant_id: UUID) -> tuple[object, ...]:
    """Return what the verdicts of a tenant depend on; while it stays the same, so do they."""
    here = judged(tenant_id)
    with control_database():
        members = Membership.objects.filter(tenant_id=tenant_id, ended_at=None)
        return (
            here.known.version,
            here.in_force.digest,
            here.graph.day,
            members.count(),
            *(plan.id for plan in here.plans),
        )


def standings(tenant_id: UUID) -> tuple[list[Standing], Judged]:
    """Return every member of a tenant under its policy as it is now."""
    with control_database():
        rows = Membership.objects.filter(tenant_id=tenant_id, ended_at=None).order_by("member_id")
        members = list(rows.values_list("member_id", "person_id"))
    found = []
    for member_id, person_id in members:
        person = facts_of(person_id)
        verdict, _ = verdict_on_person(tenant_id, person_id, person)
        wall = wall_for(tenant_id, person)
        found.append(Standing(member_id, person_id, verdict, wall, _kept_away(verdict) or not wall))
    return found, judged(tenant_id)


def end_access(member_id: UUID, *, person_id: UUID, tenant_id: UUID) -> None:
    """Void a member's leases, tickets and streams by their epoch, and end their sessions here.

    Their tokens stay: the gate refuses them, and they serve again when the policy admits the member again.
    """
    with control_database(), transaction.atomic(using="control"):
        Membership.objects.filter(member_id=member_id).update(epoch=F("epoch") + 1)
    end_sessions_at(person_id, tenant_id)
    forget()


def in_words(standing: Standing, here: Judged, *, name: str) -> tuple[str, ...]:
    """Return the whole path for the tenant's officers, with the member called `name`."""
    walled = () if standing.wall else (f"{name} is {wall_in_words(standing.wall)}",)
    return walled + person_told(
        standing.verdict, name=name, policy=here.in_force.policy, graph=here.graph, facts=here.known
    )


def _kept_away(verdict: PersonVerdict) -> bool:
    if verdict.outcome is Outcome.ALLOW:
        return False
    return verdict.outcome is Outcome.DENY or any(reason.ground not in OWED for reason in verdict.reasons)


def kept_out(tenant_id: UUID, person_id: UUID) -> tuple[str, ...]:
    """Return why the policy would keep a person out who is about to become a member, in their own words; or nothing.

    Somebody who has declared nothing yet is let in as far as their declaration.
    """
    verdict, here = verdict_on_person(tenant_id, person_id)
    if not _kept_away(verdict):
        return ()
    return person_in_own_words(verdict, policy=here.in_force.policy, parties=here.graph.parties)
