"""PE-07: an absent id and a rival's id get the same answer, of the same size, after the same time."""

import random
import statistics
import time
from collections.abc import Callable

from ringfence.kernel.permissions import Role
from tenants.gate.canaries import Credentials, canary_credentials
from tenants.gate.resolve import forget
from tenants.isolation.caller import Call, alike, as_a_server, call
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.surface import Route
from tenants.isolation.target import Target, undone
from tenants.isolation.timing import STAGES, Timing, judge_pairs
from tenants.isolation.tour import driven, visits
from tenants.isolation.visits import Asked, Kind, Visit

ID = "PE-07"
TITLE = "A rival's object and no object at all look the same from outside"
PROVES = (
    "Neither words, nor size, nor time of an answer tell whether another customer has something by that id."
)

SEED = 20_260_101
DRIVEN = True


def detect(target: Target) -> Finding:
    """Compare answers on every route that takes an id, then time them in random order."""
    tally = Tally(ID)
    with driven(target) as drive, as_a_server(target.app_role):
        comparison = Comparison(target, tally, canary_credentials(target.k1.tenant_id))
        for visit in visits(target, drive, tally):
            comparison.on(visit)
    forget()
    tally.notes.insert(0, f"{comparison.timed} pairs timed")
    return tally.finding()


def judge(visit: Visit, tally: Tally) -> tuple[Asked, Asked] | None:
    """Compare what a rival's id and nobody's were answered, to the first role that reaches an own object there.

    Return the two requests, (absent, foreign), to be timed; None when the route takes no id, or nothing was shown.
    """
    label = visit.route.label
    if visit.rival_trouble and visit.route.method == "GET":
        tally.miss(f"{label}: {visit.rival_trouble}")
    if visit.route.method != "GET" or not visit.by_path:
        return None
    if visit.reached is None:
        tally.miss(f"{label}: nobody reaches a canary's own object there, so nothing was shown", 2)
        return None
    none, theirs = (visit.one(kind, visit.reached) for kind in (Kind.ABSENT, Kind.ACROSS))
    if none is None or theirs is None:
        tally.miss(f"{label}: it was not asked for both, so nothing was shown", 2)
        return None
    tally.look()
    if none.answer.status != theirs.answer.status:
        tally.wrong(f"{label}: {theirs.answer.status} for a rival's id, {none.answer.status} for none")
    elif len(none.answer.body) != len(theirs.answer.body):
        tally.wrong(
            f"{label}: {len(theirs.answer.body)} bytes for a rival's id, {len(none.answer.body)} for none"
        )
    elif not alike(none.answer, theirs.answer):
        tally.wrong(f"{label}: a rival's id is answered in other words than none")
    return none, theirs


class Comparison:
    """Times one route after another: a rival's object against nobody's."""

    def __init__(self, target: Target, tally: Tally, credentials: dict[Role, Credentials]) -> None:
        self.timed = 0
        self._target, self._tally, self._credentials = target, tally, credentials
        self._dice = random.Random(SEED)  # noqa: S311 - an order, not a secret

    def on(self, visit: Visit) -> None:
        """Compare one route."""
        pair = judge(visit, self._tally)
        if pair is not None:
            none, theirs = pair
            self._time(visit.route, none.role, none.call, theirs.call)

    def _ask(self, role: Role, asked: Call) -> float:
        with undone(), undone("control"):
            start = time.perf_counter()
            call(asked, self._credentials[role], app_role=self._target.app_role)
            return time.perf_counter() - start

    def _time(self, route: Route, role: Role, absent: Call, foreign: Call) -> None:
        """Ask for pairs until it is plain; an order drawn for each pair leaves luck no side to take."""
        seconds: tuple[list[float], list[float]] = ([], [])
        said = Timing.UNDECIDED
        for pairs in STAGES:
            while len(seconds[0]) < pairs:
                for which in self._dice.sample((0, 1), 2):
                    seconds[which].append(self._ask(role, (absent, foreign)[which]))
                self.timed += 1
            said = judge_pairs(*seconds)
            if said is not Timing.UNDECIDED:
                break
        gap = statistics.median(theirs - none for none, theirs in zip(*seconds, strict=True)) * 1000
        if said is Timing.UNDECIDED:
            self._tally.miss(
                f"{route.label}: {len(seconds[0])} pairs do not show whether it tells by its time ({gap:+.1f} ms)"
            )
            return
        self._tally.look()
        if said is Timing.UNEVEN:
            self._tally.wrong(
                f"{route.label}: a rival's id takes {gap:+.1f} ms more than none, over {len(seconds[0])} pairs"
            )


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
