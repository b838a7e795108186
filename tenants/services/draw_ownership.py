"""The ownership graph around a tenant's excluded parties, or around parties that somebody chose, ready to be drawn."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from ringfence.kernel.context import TenantContext
from tenants.gate.hindsight import discretion, judged_on, version_at
from tenants.gate.policies import InForce
from tenants.gate.verdicts import today
from tenants.neutrality.explain import hit_in_words
from tenants.neutrality.facts import Party, Statement
from tenants.neutrality.figure import Figure, figure_of
from tenants.neutrality.graph import effect_of
from tenants.neutrality.names import plain_name
from tenants.neutrality.surroundings import Picture, Wish, picture_of

MOST_FOUND = 20
MOST_DAYS = 200
MOST_PATHS = 3


@dataclass(frozen=True, slots=True)
class OwnershipGraph:
    """What the page shows: the same facts as a picture and as places, and what they rest on."""

    picture: Picture
    figure: Figure
    parties: dict[UUID, Party]
    """Every party whose name may be told."""
    rules: InForce
    version: int
    digest: bytes
    day: date
    days: tuple[date, ...]
    """Days on which something that is stated begins or has ended, this day and today among them."""

    def why(self, party: UUID) -> list[str]:
        """Return the paths of a drawn party in words, the strictest first."""
        shown = next((each for each in self.picture.parties if each.key == str(party)), None)
        hits = () if shown is None else shown.hits[:MOST_PATHS]
        return [hit_in_words(hit, policy=self.rules.policy, parties=self.parties) for hit in hits]

    @property
    def before(self) -> date | None:
        """The nearest of these days before the one shown."""
        return max((day for day in self.days if day < self.day), default=None)

    @property
    def after(self) -> date | None:
        """The nearest of these days after the one shown."""
        return min((day for day in self.days if day > self.day), default=None)


def draw_ownership(
    context: TenantContext, wish: Wish, *, day: date | None = None, known_at: datetime | None = None
) -> OwnershipGraph:
    """Return the graph as it holds on `day` and was known at `known_at`, both now by default.

    Shown are facts of the registry and the tenant's own policy. What people declared is not drawn, nor are
    people who are anybody's members; a path that leads over such a tie is told by its ends.

    Raises:
        GraphRefused: more parties or statements than are judged.
    """
    here = judged_on(context.tenant_id, day=day, known_at=known_at)
    quiet = discretion(here.known)
    graph = quiet.graph(here.graph)
    hits = {
        party: tuple(quiet.hit(hit) for hit in found)
        for party, found in here.taint.hits.items()
        if party in graph.parties
    }
    picture = picture_of(graph, here.taint, wish, hits=hits)
    version, digest = (here.known.version, here.known.digest) if known_at is None else version_at(known_at)
    return OwnershipGraph(
        picture=picture,
        figure=figure_of(picture),
        parties=dict(graph.parties),
        rules=here.in_force,
        version=version,
        digest=digest,
        day=here.graph.day,
        days=_days_of_change(here.known.statements.values(), here.known.private, here.graph.day),
    )


def find_parties(context: TenantContext, text: str) -> tuple[list[Party], bool]:
    """Return up to 20 parties of the registry whose name, LEI or host holds `text`, and whether there are more.

    Public facts: parties that only a declaration has brought, and members, are not among them.
    """
    here = judged_on(context.tenant_id)
    quiet = discretion(here.known)
    sought, plain = text.strip().casefold(), plain_name(text) if text.strip() else ""
    if not sought:
        return [], False
    found = [
        party
        for party in here.known.parties.values()
        if party.id not in quiet.parties and _is_called(party, sought, plain)
    ]
    found.sort(key=lambda party: (plain_name(party.name) != plain, len(party.name), party.name, party.id))
    return found[:MOST_FOUND], len(found) > MOST_FOUND


def _is_called(party: Party, sought: str, plain: str) -> bool:
    if sought in party.name.casefold() or (plain and plain in plain_name(party.name or "–")):
        return True
    return sought == party.lei.casefold() or any(sought == value.casefold() for _, value in party.identifiers)


def _days_of_change(statements: Iterable[Statement], private: Container[UUID], day: date) -> tuple[date, ...]:
    days = {day, today()}
    for each in statements:
        if each.id in private or each.fact is None:
            continue
        days.add(effect_of(each, day) or each.date)
        if each.fact.end is not None and each.fact.end < date.max:
            days.add(each.fact.end + timedelta(days=1))
    nearest = sorted(days, key=lambda one: (abs(one - day), one))[:MOST_DAYS]
    return tuple(sorted(nearest))
