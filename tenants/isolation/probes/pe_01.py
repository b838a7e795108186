"""PE-01: with one tenant's credentials, no route answers about another tenant's objects."""

import itertools
from collections.abc import Callable, Iterable

from ringfence.kernel.checks import every_route_declares_who_may
from ringfence.kernel.permissions import Role
from tenants.gate.canaries import Credentials, canary_credentials
from tenants.gate.resolve import forget
from tenants.isolation.caller import Answer, Call, alike, as_a_server, call
from tenants.isolation.catalog import readable, tenant_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.surface import Route, absent_like, differs_in_path, needles, tenant_routes
from tenants.isolation.target import Target, undone

ID = "PE-01"
TITLE = "No page and no API route answers about another workspace"
PROVES = (
    "Every address of the product, called with a rival's ids by any member, answers as if nothing was there."
)

WRITTEN = """
SELECT t FROM unnest(%s::oid[]) t
 WHERE pg_stat_get_xact_tuples_inserted(t) + pg_stat_get_xact_tuples_updated(t) + pg_stat_get_xact_tuples_deleted(t) > 0
"""
REFUSED = frozenset({403, 404})
UNREACHED = frozenset({401, 403, 404, 405})


def detect(target: Target) -> Finding:
    """Call every method of every tenant route as K1, in K1's place with K2's ids, and in K2's place."""
    tally = Tally(ID)
    for problem in every_route_declares_who_may(None):
        tally.look()
        tally.wrong(str(problem.msg))
    credentials = canary_credentials(target.k1.tenant_id)
    attack = Attack(target, tally, credentials)
    with as_a_server(target.app_role):
        for route in tenant_routes():
            if 0 < target.enough <= len(tally.violations):
                break
            attack.on(route)
        attack.look_back()
    forget()
    tally.notes.insert(0, f"{attack.calls} calls with {len(credentials)} roles")
    return tally.finding()


class Attack:
    """Calls one route after another, and looks at what left and at what became of K2."""

    def __init__(self, target: Target, tally: Tally, credentials: dict[Role, Credentials]) -> None:
        self.calls = 0
        self._target, self._tally, self._credentials = target, tally, credentials
        self._ours, self._theirs = target.rows(target.k1), target.rows(target.k2)
        self._turns = itertools.cycle(credentials)
        self._needles = needles(target)
        self._census = _census_sql(target)
        self._before = self._state(self._census)

    def on(self, route: Route) -> None:
        """Attack one route: once in its own right, to see that it answers at all, then across the wall."""
        ours, theirs = route.example(self._ours), route.example(self._theirs)
        if ours is None or theirs is None:
            self._tally.miss(f"{route.label}: no example request, or its canary rows are missing")
            return
        roles = route.roles(self._credentials)
        control = route.call(self._target.k1.public_id, ours)
        across = route.call(self._target.k1.public_id, theirs)
        over_there = route.call(self._target.k2.public_id, theirs)
        if control is None or across is None or over_there is None or not roles:
            self._tally.miss(f"{route.label}: the example does not fit the route")
            return
        # Whoever may is enough: not each role has a right on the canary's own project.
        answered = []
        for role in roles:
            answered.append(self._try(route, control, role).status)
            if answered[-1] not in UNREACHED and answered[-1] < 500:
                self._tally.look()
                break
        else:
            told = ", ".join(str(status) for status in sorted(set(answered)))
            self._tally.miss(
                f"{route.label}: a canary's own request is answered {told}, so nothing was shown"
            )
        for role in roles:
            if across != control:
                absent = route.call(self._target.k1.public_id, absent_like(ours, theirs))
                self._across(route, across, role, absent if differs_in_path(ours, theirs) else across)
        # The gate refuses a stranger before it knows route or role: the roles take turns.
        self._across(route, over_there, next(self._turns), None)

    def look_back(self) -> None:
        """Look once at every row of K2 from outside: a route may have written over a connection of its own."""
        changed = self._changed(self._census)
        if changed:
            self._tally.wrong(f"rows of the rival changed for good in {', '.join(changed)}")

    def _across(self, route: Route, asked: Call, role: Role, absent: Call | None) -> None:
        """Ask for what is the rival's: it is refused, or answered in the very words that an id of nobody gets."""
        answer = self._try(route, asked, role)
        self._tally.look()
        if answer.status in REFUSED or absent is asked:
            return
        if absent is None or not alike(answer, self._try(route, absent, role)):
            self._tally.wrong(
                f"{route.label} as {role}: a rival's id is answered {answer.status}, unlike nobody's"
            )

    def _try(self, route: Route, asked: Call, role: Role) -> Answer:
        self.calls += 1
        with undone(), undone("control"):
            answer = call(asked, self._credentials[role], app_role=self._target.app_role)
            changed = self._changed(self._written())
        left = answer.bytes
        # What the caller sent, it knew already.
        known = f"{asked.path} {asked.body}".encode()
        for needle in self._needles:
            if needle in left and needle not in known:
                self._tally.wrong(
                    f"{route.label} as {role}: the answer holds a rival's {needle[:40].decode('utf-8', 'replace')}"
                )
        if changed:
            self._tally.wrong(f"{route.label} as {role}: rows of the rival changed in {', '.join(changed)}")
        return answer

    def _written(self) -> Iterable[int]:
        """Return the tables that this transaction has written to: PostgreSQL counts, whoever the rows belong to.

        Source: PostgreSQL manual, section 28.2.26, `pg_stat_get_xact_tuples_inserted` and its like. Rows of
        savepoints that were rolled back count too, which costs a look and hides nothing.
        """
        return [oid for (oid,) in self._target.ask(WRITTEN, [list(self._census)])]

    def _changed(self, tables: Iterable[int]) -> list[str]:
        """Return those of these tables in which rows of K2 are not what they were."""
        return [name for name, is_now in self._state(tables).items() if self._before[name] != is_now]

    def _state(self, tables: Iterable[int]) -> dict[str, str]:
        """Return a digest of all rows of K2, by table."""
        census = " UNION ALL ".join(self._census[oid] for oid in tables)
        if not census:
            return {}
        with self._target.as_app(self._target.k2):
            return dict(self._target.ask(census))


def _census_sql(target: Target) -> dict[int, str]:
    parts = {}
    for table in tenant_tables(target):
        columns = ", ".join(f'"{name}"' for name in readable(target, table, target.app_role))
        # The log only grows; counting it is enough, and its bodies are large.
        digest = (
            "''"
            if table.schema == "audit"
            else "md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
        )
        rows = f"(SELECT {columns} FROM {table.sql}) t"  # noqa: S608 - from the catalog
        parts[table.oid] = f"SELECT '{table.full_name}', count(*) || {digest} FROM {rows}"  # noqa: S608 - from the catalog
    return parts


def _plant(name: str, *, declared: bool = True) -> Callable[[Target], None]:
    def act(target: Target) -> None:
        # Imported late: the routes import the pages, and the pages this room.
        from tenants.isolation.planted_urls import add_route, open_members

        if declared:
            open_members(target)
        add_route(target, name, declared=declared)

    return act


PLANTS = (
    Plant(
        "leaky",
        "A page is added that reads members by itself, and their table lets all rows through",
        _plant("planted-read"),
    ),
    Plant(
        "writing",
        "A page is added that changes members by itself, and their table lets all rows through",
        _plant("planted-write"),
    ),
    Plant(
        "undeclared",
        "A page is added that nobody has declared to this check",
        _plant("planted-read", declared=False),
    ),
)
