"""EG-02: nothing but the outbound client opens a connection to a host that is not our own."""

from tenants.isolation import driving, reaching
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target
from tenants.isolation.tour import driven, own_services, visits
from tenants.isolation.visits import Kind, Visit
from tenants.isolation.watch import Watch, watching

ID = "EG-02"
TITLE = "Nothing but the outbound client opens a connection to somebody else"
PROVES = (
    "Every page and API route is called and a webhook is sent, while this process watches what"
    " it connects to: our own services, and the one judged address. And no module of the product can reach"
    " outwards that is not on a list with its reason. It watches Python in one process: not the database's driver, not"
    " the other processes, and it is no firewall. A network that lets the services reach nothing else is yours to set."
)

DRIVEN = True


def detect(target: Target) -> Finding:
    """Read every module, watch this process while it sends, and judge what was seen while routes answered."""
    tally = Tally(ID)
    modules = [*reaching.sources(), *_extra]
    tally.look(len(modules))
    for name, used in sorted(reaching.strays(modules).items()):
        tally.wrong(f"{name} can reach outwards and is not listed: {', '.join(sorted(used))}")
    with watching(Watch(own_services(), driving.SINK)) as watch:
        driving.send_a_webhook(target)
    for stray in watch.take():
        tally.wrong(f"a webhook is sent: {stray}")
    if watch.stopped:
        tally.look()
    else:
        tally.miss("no webhook reached its socket, so the watch was not shown to see one")
    with driven(target) as drive:
        for visit in visits(target, drive, tally):
            judge(visit, tally)
    tally.notes.append(f"{len(modules)} modules read; {watch.seen} connections seen while a webhook was sent")
    return tally.finding()


def judge(visit: Visit, tally: Tally) -> None:
    """Say what one route tried to reach, whoever called it."""
    if not visit.of(Kind.OWN):
        tally.miss(f"{visit.route.label}: it was not called")
        return
    tally.look()
    for stray in sorted({stray for asked in visit.asked for stray in asked.strays}):
        tally.wrong(f"{visit.route.label}: {stray}")


_extra: list[tuple[str, str]] = []
"""Modules that a plant adds, as (name, text)."""


def _page(target: Target) -> None:
    # Imported late: the routes import the pages, and the pages this room.
    from tenants.isolation.planted_urls import add_route

    add_route(target, "planted-reaching")


def _module(target: Target) -> None:
    _extra.append(("tenants/services/planted.py", "import urllib.request\n"))
    target.undo.callback(_extra.clear)


PLANTS = (
    Plant("page", "A page is added that tells a server of somebody else that it was opened", _page),
    Plant("module", "A module is added that can fetch addresses by itself", _module),
)
