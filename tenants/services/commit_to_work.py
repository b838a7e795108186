"""Before somebody sees a workspace's content for the first time: which of their own other work that closes."""

from dataclasses import dataclass, field
from datetime import date

from audit.verbs import Verb
from tenants.gate.histories import closed_by, commit
from tenants.gate.person_facts import facts_of
from tenants.gate.places import Place
from tenants.gate.resolve import forget
from tenants.gate.sessions import Visitor
from tenants.services.list_places import NamedPlace, list_places
from tenants.services.platform_log import note
from tenants.services.switch_tenant import place_in_tenant


@dataclass(frozen=True, slots=True)
class ClosedOffer:
    """One of the person's own workspaces that would close, and the last day on which it stays closed."""

    public_id: str
    name: str = field(repr=False)
    until: date


def what_closes(visitor: Visitor, place: Place) -> list[ClosedOffer]:
    """Return which of the visitor's own workspaces content of `place` closes, of those open to them today."""
    named = {each.place.tenant_id: each for each in list_places(visitor)}
    return [
        _offer(named[closing.workspace], closing.until)
        for closing in closed_by(place.tenant_id, facts_of(visitor.person_id))
        if closing.workspace in named
    ]


def commit_to_work(visitor: Visitor, *, tenant: str) -> None:
    """Keep that the visitor has read what work in `tenant` closes and goes on. Raises `NotFound`.

    The platform log says that somebody confirmed, of no workspace in particular.
    """
    place = place_in_tenant(visitor, tenant)
    note(Verb.COMMITMENT_MADE, person_id=visitor.person_id)
    commit(place.tenant_id, visitor.person_id)
    forget()


def _offer(named: NamedPlace, until: date) -> ClosedOffer:
    return ClosedOffer(named.place.public_id, named.name, until)
