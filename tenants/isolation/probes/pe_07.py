"""PE-07: an absent id and a rival's id get the same answer, of the same size, after the same time."""

import gc
import random
import statistics
import time
from collections.abc import Callable

from ringfence.kernel.permissions import Role
from tenants.gate.canaries import Credentials, canary_credentials
from tenants.gate.resolve import forget
from tenants.isolation.caller import Answer, Call, alike, as_a_server, call
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.surface import Route, absent_like, differs_in_path, tenant_routes
from tenants.isolation.target import Target, undone

ID = "PE-07"
TITLE = "A rival's object and no object at all look the same from outside"
PROVES = "Neither the words, nor the size, nor the time of an answer tells whether another customer has something by that id."

PAIRS = 200
"""Pairs timed over all routes, at least; a route that looks uneven is timed again, longer each time."""
FEWEST_PAIRS = 7
LONGER = (1, 4, 10)
SLACK = 0.25
"""How far the two medians may lie apart, as a share of the larger one; and never less than `LEAST_SECONDS`."""
LEAST_SECONDS = 0.001
SEED = 20_260_101

Pair = tuple[Route, Role, Call, Call]


def detect(target: Target) -> Finding:
    """Compare answers on every route that takes an id; time the pairs, spread over these routes."""
    tally = Tally(ID)
    credentials = canary_credentials(target.k1.tenant_id)
    pairs = list(_pairs(target, credentials))
    with as_a_server(target.app_role):
        for route, role, absent, foreign in pairs:
            tally.look()
            _compare(target, tally, credentials, (route, role, absent, foreign))
        if pairs:
            _time(target, tally, credentials, pairs)
    forget()
    if not pairs:
        tally.miss("no route takes an object's id yet")
    return tally.finding()


def _pairs(target: Target, credentials: dict[Role, Credentials]) -> list[Pair]:
    found = []
    for route in tenant_routes():
        ours, theirs = route.example(target.rows(target.k1)), route.example(target.rows(target.k2))
        if route.method != "GET" or ours is None or theirs is None or not differs_in_path(ours, theirs):
            continue
        absent = route.call(target.k1.public_id, absent_like(ours, theirs))
        foreign = route.call(target.k1.public_id, theirs)
        roles = route.roles(credentials)
        if absent is not None and foreign is not None and roles:
            found.append((route, roles[0], absent, foreign))
    return found


def _ask(
    target: Target, credentials: dict[Role, Credentials], role: Role, asked: Call
) -> tuple[Answer, float]:
    with undone(), undone("control"):
        start = time.perf_counter()
        answer = call(asked, credentials[role], app_role=target.app_role)
        return answer, time.perf_counter() - start


def _compare(target: Target, tally: Tally, credentials: dict[Role, Credentials], pair: Pair) -> None:
    route, role, absent, foreign = pair
    none, theirs = (_ask(target, credentials, role, asked)[0] for asked in (absent, foreign))
    if none.status != theirs.status:
        tally.wrong(f"{route.label}: {theirs.status} for a rival's id, {none.status} for none")
    elif len(none.body) != len(theirs.body):
        tally.wrong(f"{route.label}: {len(theirs.body)} bytes for a rival's id, {len(none.body)} for none")
    elif not alike(none, theirs):
        tally.wrong(f"{route.label}: a rival's id is answered in other words than none")


def _time(target: Target, tally: Tally, credentials: dict[Role, Credentials], pairs: list[Pair]) -> None:
    """Time each route's pairs in random order. A difference must show in every try: machines are busy."""
    each = max(FEWEST_PAIRS, PAIRS // len(pairs))
    dice = random.Random(SEED)  # noqa: S311 - an order, not a secret
    timed = 0
    for route, role, absent, foreign in pairs:
        if target.hurried and tally.violations:
            return
        gaps = []
        for times in LONGER:
            seconds: tuple[list[float], list[float]] = ([], [])
            gc.collect()
            for _ in range(each * times):
                for which in dice.sample((0, 1), 2):
                    seconds[which].append(_ask(target, credentials, role, (absent, foreign)[which])[1])
            timed += each * times
            none, theirs = statistics.median(seconds[0]), statistics.median(seconds[1])
            gap = theirs - none
            if abs(gap) <= max(LEAST_SECONDS, SLACK * max(none, theirs)):
                break
            gaps.append(gap)
        tally.look()
        if len(gaps) == len(LONGER) and len({gap > 0 for gap in gaps}) == 1:
            told = ", ".join(f"{gap * 1000:+.1f}" for gap in gaps)
            tally.wrong(f"{route.label}: a rival's id takes {told} ms more than none, each time")
        elif len(gaps) == len(LONGER):
            tally.miss(f"{route.label}: the machine is too busy to time it")
    tally.notes.insert(0, f"{timed} pairs timed over {len(pairs)} routes")


def _plant(name: str) -> Callable[[Target], None]:
    def act(target: Target) -> None:
        # Imported late: the routes import the pages, and the pages this room.
        from tenants.isolation.planted_urls import add_route, open_members

        open_members(target)
        add_route(target, name)

    return act


PLANTS = (
    Plant(
        "early",
        "A page asks early whether a member exists anywhere, and says so in other words",
        _plant("planted-early"),
    ),
    Plant("slow", "A page does its work before it asks whose member it is", _plant("planted-slow")),
)
