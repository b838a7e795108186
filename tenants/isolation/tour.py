"""Drives every route once, as every check on routes needs it, and writes down what is answered and seen meanwhile."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from ringfence.kernel.permissions import Role
from ringfence.kernel.registry import ExampleRequest
from tenants.gate.canaries import Credentials, canary_credentials
from tenants.gate.resolve import forget
from tenants.isolation.basket import Basket, catching
from tenants.isolation.caller import Call, as_a_server, call
from tenants.isolation.census import Census
from tenants.isolation.driving import SINK
from tenants.isolation.findings import Tally
from tenants.isolation.opening import Watched, members_with, named, told, watching_openings
from tenants.isolation.surface import Route, absent_like, differs_in_path, tenant_routes
from tenants.isolation.target import Target, undone
from tenants.isolation.visits import Asked, Drive, Kind, Record, Shown, Visit
from tenants.isolation.watch import Watch, watching

DEFAULT_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "https": 443, "http": 80}
REFUSED = frozenset({403, 404})
UNREACHED = frozenset({401, 403, 404, 405})


@contextmanager
def driven(target: Target) -> Iterator[Drive]:
    """Yield the drive that this rehearsal already has, or else one that calls each route when it is asked about it.

    It is kept for the checks that follow while `target.sharing`, which no plant leaves on.
    """
    if target.record is not None:
        yield target.record
        return
    with ExitStack() as stack:
        stack.callback(forget)
        basket = stack.enter_context(catching())
        watch = stack.enter_context(watching(Watch(own_services(), SINK)))
        stack.enter_context(as_a_server(target.app_role))
        tour = Tour(target, basket, watch)
        yield tour
        if target.sharing:
            target.record = Record(tour.visits, tour.left_behind())


def visits(target: Target, drive: Drive, tally: Tally) -> Iterator[Visit]:
    """Yield the visit of each route that there is, by the URL resolver and not by the drive; miss what is not there."""
    for route in tenant_routes():
        if 0 < target.enough <= len(tally.violations):
            return
        visit = drive.visit(route)
        trouble = "it was not driven" if visit is None else visit.trouble
        if visit is None or trouble:
            tally.miss(f"{route.label}: {trouble}")
        else:
            yield visit


class Tour:
    """Calls one route after another as K1's members, and looks at what left and at what became of K2."""

    def __init__(self, target: Target, basket: Basket, watch: Watch) -> None:
        self.visits: dict[Route, Visit] = {}
        self._target, self._basket, self._watch = target, basket, watch
        self._readers: dict[Role, frozenset[UUID]] = {}

    @cached_property
    def _credentials(self) -> dict[Role, Credentials]:
        return canary_credentials(self._target.k1.tenant_id)

    @cached_property
    def _turns(self) -> Iterator[Role]:
        return itertools.cycle(self._credentials)

    @cached_property
    def _census(self) -> Census:
        return Census(self._target)

    def visit(self, route: Route) -> Visit:
        """Call one route: in its own right, to see that it answers at all, then across the wall."""
        if route not in self.visits:
            self.visits[route] = self._visit(route)
        return self.visits[route]

    def left_behind(self) -> list[str]:
        """Look at every row of K2 from outside: a route may have written over a connection of its own."""
        return self._census.changed()

    def _visit(self, route: Route) -> Visit:
        ours, theirs = (route.example(self._target.rows(each)) for each in self._target.canaries)
        visit = Visit(route, tuple(route.roles(self._credentials)))
        own = None if ours is None else route.call(self._target.k1.public_id, ours)
        if ours is None or own is None or not visit.roles:
            visit.trouble = "no example request, or its canary rows are missing"
            return visit
        # Whoever may is enough: not each role has a right on the canary's own project.
        for role in visit.roles:
            status = self._ask(visit, Kind.OWN, own, role).answer.status
            if status not in UNREACHED and status < 500:
                visit.reached = role
                break
        self._attack(visit, own, ours, theirs)
        return visit

    def _attack(self, visit: Visit, own: Call, ours: ExampleRequest, theirs: ExampleRequest | None) -> None:
        if theirs is None:
            visit.rival_trouble = "no example request, or its canary rows are missing"
            return
        here, there = (each.public_id for each in self._target.canaries)
        across, over_there = (visit.route.call(place, theirs) for place in (here, there))
        absent = visit.route.call(here, absent_like(ours, theirs))
        if across is None or over_there is None or absent is None:
            visit.rival_trouble = "the example does not fit the route"
            return
        visit.by_path, visit.by_ids = differs_in_path(ours, theirs), across != own
        for role in visit.roles if visit.by_ids else ():
            let_in = self._ask(visit, Kind.ACROSS, across, role).answer.status not in REFUSED
            if visit.by_path and (let_in or role in (visit.roles[0], visit.reached)):
                self._ask(visit, Kind.ABSENT, absent, role)
        # The gate refuses a stranger before it knows route or role: the roles take turns.
        self._ask(visit, Kind.THERE, over_there, next(self._turns))

    def _ask(self, visit: Visit, kind: Kind, asked: Call, role: Role) -> Asked:
        self._census  # noqa: B018 - K2 as it is before the first request
        with undone(), undone("control"):
            with watching_openings() as seen:
                answer = call(asked, self._credentials[role], app_role=self._target.app_role)
            made = Asked(
                kind,
                role,
                asked,
                answer,
                changed=tuple(self._census.changed_since()),
                strays=self._watch.take(),
                caught=self._basket.take(),
                shown=self._shown(seen, role) if kind is Kind.OWN and answer.status < 400 else None,
            )
        visit.asked.append(made)
        return made

    def _shown(self, seen: Watched, role: Role) -> Shown:
        """Look up, before it is undone, what was opened and told."""
        target = self._target
        with target.as_app(target.k1):
            opened = named(seen.opened)
        if role not in self._readers:
            self._readers[role] = members_with(target, role)
        events = told(target, target.k1, seen.built) if seen.built else ()
        return Shown(opened, tuple(events), self._readers[role])


def own_services() -> frozenset[tuple[str, int]]:
    """Return (host, port) of the broker, the cache and the key service, as the settings name them."""
    urls = [
        settings.BROKER_URL,
        str(settings.CACHES["default"].get("LOCATION", "")),
        str(settings.KEY_SERVICE),
    ]
    found = set()
    for url in urls:
        parts = urlsplit(url)
        if parts.hostname:
            found.add((parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme, 0)))
    return frozenset(found)
