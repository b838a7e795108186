"""What the gate must know of one person besides the graph: one statement, since every standing asks for it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connections

from ringfence.kernel.database import control_database

FACTS = """
select (select max(declared_on) from people_declaration where person_id = %(person)s),
       (select coalesce(array_agg(tenant_id), '{}') from people_personview where person_id = %(person)s),
       (select coalesce(array_agg(last_day), '{}') from people_personview where person_id = %(person)s),
       (select coalesce(array_agg(tenant_id), '{}') from people_membership
         where person_id = %(person)s and ended_at is null),
       (select coalesce(array_agg(tenant_id), '{}') from people_commitment where person_id = %(person)s)
"""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One person at this moment."""

    person_id: UUID
    declared_on: date | None
    """The last day on which they said that their ties are complete; None for never."""
    views: tuple[tuple[UUID, date], ...]
    """Workspaces whose content was shown to them, each with the last day."""
    places: frozenset[UUID]
    commitments: frozenset[UUID]


def facts_of(person_id: UUID) -> PersonFacts:
    """Return what stands about a person in the control database."""
    with control_database(), connections["control"].cursor() as cursor:
        cursor.execute(FACTS, {"person": person_id})
        declared, seen, days, places, commitments = cursor.fetchone()
    return PersonFacts(
        person_id, declared, tuple(zip(seen, days, strict=True)), frozenset(places), frozenset(commitments)
    )
