"""What this deployment leans on under a tenant's policy: subprocessors of the registry, and hosts of the settings.

Inside the machine and inside a private network nothing is leant on: such hosts are left out. Part of the gate's side.
"""

from urllib.parse import urlsplit

from django.conf import settings

from tenants.gate.verdicts import Judged, host_book
from tenants.neutrality.leaning import Leaning, is_outer, leanings


def leans_on(here: Judged) -> tuple[Leaning, ...]:
    """Return each subprocessor and each outer host of the settings, judged under the tenant's policy."""
    return leanings(here.graph.parties, outer_hosts(), taint=here.taint, book=host_book(here.known))


def outer_hosts() -> dict[str, str]:
    """Return what for -> host, for each host in the settings that lies outside."""
    named = {
        "mail server": settings.EMAIL_HOST if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend") else "",
        "key service": _host(str(settings.KEY_SERVICE)),
        "broker": _host(settings.BROKER_URL),
        "cache": _host(str(settings.CACHES["default"].get("LOCATION", ""))),
        "database": str(settings.DATABASES["default"].get("HOST", "")),
        "control database": str(settings.DATABASES.get("control", {}).get("HOST", "")),
    }
    return {what: host for what, host in named.items() if is_outer(host)}


def _host(url: str) -> str:
    return urlsplit(url).hostname or "" if "://" in url else ""
