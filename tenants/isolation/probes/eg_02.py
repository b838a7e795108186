"""EG-02: nothing but the outbound client opens a connection to a host that is not our own."""

from urllib.parse import urlsplit

from django.conf import settings

from tenants.isolation import driving, reaching
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target
from tenants.isolation.watch import Watch, watching

ID = "EG-02"
TITLE = "Nothing but the outbound client opens a connection to somebody else"
PROVES = (
    "Every page and API route is called and a webhook is sent, while this process watches what"
    " it connects to: our own services, and the one judged address. And no module of the product can reach"
    " outwards that is not on a list with its reason. It watches Python in one process: not the database's driver, not"
    " the other processes, and it is no firewall. A network that lets the services reach nothing else is yours to set."
)

DEFAULT_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "https": 443, "http": 80}


def detect(target: Target) -> Finding:
    """Read every module, then watch this process while it works."""
    tally = Tally(ID)
    modules = [*reaching.sources(), *_extra]
    tally.look(len(modules))
    for name, used in sorted(reaching.strays(modules).items()):
        tally.wrong(f"{name} can reach outwards and is not listed: {', '.join(sorted(used))}")
    with watching(Watch(_own_services(), driving.SINK)) as watch:
        driving.send_a_webhook(target)
        _keep(tally, "a webhook is sent", watch)
        if watch.stopped:
            tally.look()
        else:
            tally.miss("no webhook reached its socket, so the watch was not shown to see one")
        for route, _ in () if _is_enough(target, tally) else driving.drives(target, tally):
            _keep(tally, route, watch)
            if _is_enough(target, tally):
                break
    tally.notes.append(f"{len(modules)} modules read; {watch.seen} connections seen")
    return tally.finding()


def _is_enough(target: Target, tally: Tally) -> bool:
    return 0 < target.enough <= len(tally.violations)


def _keep(tally: Tally, where: str, watch: Watch) -> None:
    for stray in watch.strays:
        tally.wrong(f"{where}: {stray}")
    watch.strays.clear()


_extra: list[tuple[str, str]] = []
"""Modules that a plant adds, as (name, text)."""


def _own_services() -> frozenset[tuple[str, int]]:
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
