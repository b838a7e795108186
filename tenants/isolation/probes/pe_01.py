"""PE-01: with one tenant's credentials, no route answers about another tenant's objects."""

from collections.abc import Callable

from ringfence.kernel.checks import every_route_declares_who_may
from tenants.isolation.caller import alike
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.surface import needles
from tenants.isolation.target import Target
from tenants.isolation.tour import REFUSED, driven, visits
from tenants.isolation.visits import Asked, Kind, Visit

ID = "PE-01"
TITLE = "No page and no API route answers about another workspace"
PROVES = (
    "Every address of the product, called with a rival's ids by any member, answers as if nothing was there."
)
DRIVEN = True


def detect(target: Target) -> Finding:
    """Judge every method of every tenant route, called as K1, in K1's place with K2's ids, and in K2's place."""
    tally = Tally(ID)
    for problem in every_route_declares_who_may(None):
        tally.look()
        tally.wrong(str(problem.msg))
    forbidden = needles(target)
    calls, roles = 0, set()
    with driven(target) as drive:
        for visit in visits(target, drive, tally):
            judge(visit, tally, forbidden)
            calls += len(visit.asked)
            roles |= set(visit.roles)
        changed = drive.left_behind()
    if changed is None:
        tally.miss("nobody looked at the rival's rows afterwards")
    elif changed:
        tally.wrong(f"rows of the rival changed for good in {', '.join(changed)}")
    tally.notes.insert(0, f"{calls} calls with {len(roles)} roles")
    return tally.finding()


def judge(visit: Visit, tally: Tally, forbidden: list[bytes]) -> None:
    """Say what is wrong with one route, and count what was not shown about it. `forbidden` no answer may hold."""
    label = visit.route.label
    for asked in visit.asked:
        _look_at(asked, label, tally, forbidden)
    if visit.rival_trouble:
        tally.miss(f"{label}: {visit.rival_trouble}")
        return
    if visit.reached is not None and visit.one(Kind.OWN, visit.reached) is not None:
        tally.look()
    else:
        told = ", ".join(
            str(status) for status in sorted({each.answer.status for each in visit.of(Kind.OWN)})
        )
        tally.miss(f"{label}: a canary's own request is answered {told}, so nothing was shown")
    for role in visit.roles if visit.by_ids else ():
        across = visit.one(Kind.ACROSS, role)
        if across is None:
            tally.miss(f"{label} as {role}: it was not asked for a rival's")
            continue
        tally.look()
        # Where the path names nothing, there is no answer about nobody's to compare with.
        if visit.by_path:
            _refused(across, visit.one(Kind.ABSENT, role), label, tally)
    there = visit.of(Kind.THERE)
    if not there:
        tally.miss(f"{label}: it was not called in the rival's place")
    for asked in there:
        tally.look()
        _refused(asked, None, label, tally)


def _refused(asked: Asked, absent: Asked | None, label: str, tally: Tally) -> None:
    """What is the rival's is refused, or answered in the very words that an id of nobody gets."""
    answer = asked.answer
    if answer.status not in REFUSED and (absent is None or not alike(answer, absent.answer)):
        tally.wrong(f"{label} as {asked.role}: a rival's id is answered {answer.status}, unlike nobody's")


def _look_at(asked: Asked, label: str, tally: Tally, forbidden: list[bytes]) -> None:
    left = asked.answer.bytes
    # What the caller sent, it knew already.
    known = f"{asked.call.path} {asked.call.body}".encode()
    for needle in forbidden:
        if needle in left and needle not in known:
            said = needle[:40].decode("utf-8", "replace")
            tally.wrong(f"{label} as {asked.role}: the answer holds a rival's {said}")
    if asked.changed:
        tally.wrong(f"{label} as {asked.role}: rows of the rival changed in {', '.join(asked.changed)}")


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
