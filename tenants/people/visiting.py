"""Who visits a page outside every tenant, and where they go next."""

import re

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from tenants.cookies import session_secret_of
from tenants.gate.errors import NotSignedIn, SecondFactorNeeded
from tenants.gate.places import places_of
from tenants.gate.sessions import Visitor, visitor_of

_TENANT_PATH = re.compile(r"/w/([0-9a-f]{1,64})(?:/|\Z)")


def visitor_here(request: HttpRequest) -> Visitor | None:
    """Return who is signed in, in whatever tenant."""
    return visitor_of(session_secret_of(request))


def signed_in(request: HttpRequest) -> tuple[Visitor, str]:
    """Return (visitor, session secret). Raises `NotSignedIn`, which leads to the sign-in page."""
    secret = session_secret_of(request)
    visitor = visitor_of(secret)
    if visitor is None or secret is None:
        raise NotSignedIn
    return visitor, secret


def stepped_up(request: HttpRequest) -> tuple[Visitor, str]:
    """Return (visitor, session secret) of a session that has shown all that its person has set up.

    A stolen password alone opens none of the pages that ask here. Raises `NotSignedIn`, `SecondFactorNeeded`.
    """
    visitor, secret = signed_in(request)
    if visitor.has_second_factor and not visitor.second_factor:
        raise SecondFactorNeeded
    return visitor, secret


def next_of(request: HttpRequest) -> str:
    """Return the path to go on to, only if it is one of ours; else empty."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours and wanted.startswith("/") else ""


def tenant_in(path: str) -> str:
    """Return the public id in the path of a tenant's page; else empty."""
    found = _TENANT_PATH.match(path)
    return found.group(1) if found else ""


def onward(visitor: Visitor, wanted: str) -> HttpResponseRedirect:
    """Lead a visitor to the next open step: show the second factor, choose a workspace, or what they wanted."""
    places = places_of(visitor.person_id)
    here = [place for place in places if place.public_id == visitor.tenant]
    demanded = visitor.has_second_factor or any(place.needs_second_factor for place in here or places)
    if demanded and not visitor.second_factor:
        return _step("people:second-factor", wanted)
    if not here:
        return _step("people:choose", wanted)
    return HttpResponseRedirect(wanted or reverse("tenants:home", args=[visitor.tenant]))


def _step(route: str, wanted: str) -> HttpResponseRedirect:
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return HttpResponseRedirect(reverse(route) + query)
