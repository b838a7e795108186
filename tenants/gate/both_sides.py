"""Who has unexpired history on both sides of a conflict between customers: what the wall at every view rules out."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from ringfence.kernel.database import control_database
from tenants.gate.histories import landscape
from tenants.gate.policies import in_force
from tenants.gate.verdicts import today
from tenants.neutrality.walls import Conflicts, Workspace, conflicts_of, violations
from tenants.people.models import PersonView


@dataclass(frozen=True, slots=True)
class BothSides:
    """One person's views on both sides. `stood` says whether the conflict stood when the later day began."""

    person_id: UUID
    first_seen: date
    then_seen: date
    until: date
    stood: bool


def both_sides(tenants: Collection[UUID]) -> tuple[int, list[BothSides]]:
    """Return how many people have a history in these workspaces, and every unexpired pair on both sides."""
    drawn = landscape()
    with control_database():
        rows = PersonView.objects.filter(tenant_id__in=tenants)
        kept = list(rows.values_list("person_id", "tenant_id", "first_day", "last_day"))
    views: dict[UUID, set[tuple[UUID, date]]] = defaultdict(set)
    for person, tenant, first, last in kept:
        if tenant in drawn.workspaces:
            side = drawn.workspaces[tenant].side
            views[person] |= {(side, first), (side, last)}
    sides = {each.side: each for each in drawn.workspaces.values()}
    found = []
    for person, seen in views.items():
        for (one, earlier), (other, later) in violations(seen, conflicts=drawn.conflicts):
            days = drawn.conflicts.between(one, other) or 0
            until = date.fromordinal(earlier.toordinal() + days)
            if today() <= until:
                stood = _stood(sides, one, other, later)
                found.append(BothSides(person, earlier, later, until, stood))
    return len(views), found


def _stood(sides: dict[UUID, Workspace], one: UUID, other: UUID, day: date) -> bool:
    """Say whether either side's policy named the other when `day` began; what was drafted that day came later."""
    began = datetime.combine(day, time.min, tzinfo=UTC)
    drawn = landscape()
    before = [
        Workspace(sides[side].id, side, in_force(sides[side].id, at=began).policy)
        for side in (one, other)
        if side in sides
    ]
    counted: Conflicts = conflicts_of(before, counts_as=drawn.counts_as)
    return counted.between(one, other) is not None
