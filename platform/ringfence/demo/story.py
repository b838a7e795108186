"""The demo's start page: a story of real actions. It opens doors that exist anyway, and none of its own.

Each button posts to the ordinary sign-in with a seeded password. The page is shown only to somebody who
has signed in, since whoever reads it can become anybody in the demo.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import pyotp
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from ringfence.web.styleguide import styleguide
from tenants.people.visiting import visitor_here


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody to become for a part of the story."""

    name: str
    role: str
    workspace: str
    note: str
    email: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    next: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what to do, as whom, and what it shows."""

    title: Any
    does: Any
    shows: Any
    actors: tuple[Actor, ...]


# (title, what to do, what it shows, the first names, where they land)
PARTS = (
    (
        _("Label"),
        _(
            "Say which of two answers helps more. First agree to what the work is for; then click, or press"
            " 1 to 8 to choose and Enter to submit. Y shows the receipt of your last answer."
        ),
        _(
            "Items are sealed under this customer's keys; each one you see was logged before its first byte left."
        ),
        (("Lena", "annotation:label"), ("Li", "annotation:projects")),
    ),
    (
        _("Prove"),
        _(
            "As an admin, download the pin file and the audit bundle, and verify the bundle on"
            " your own machine with “python -m audit.verify BUNDLE --pin PIN”. Then flip a byte of the bundle"
            " and verify again."
        ),
        _("The file proves the history without us. What you just labeled is in it."),
        (("Adam", "audit:log"),),
    ),
    (
        _("Break"),
        _("As the compliance officer, run the isolation check, then take a wall down on purpose."),
        _("A check that cannot fail is not a check: you see the one that turns red, and why."),
        (("Cora", "isolation:sabotage"),),
    ),
    (
        _("And from the outside"),
        _("Try the person whom the policy excludes, the rival lab, and the operator of the platform."),
        _(
            "Who may not come in is told why, in their own parties only; the operator sees counts and no content."
        ),
        (("Ines", "tenants:home"), ("Yuki", "annotation:projects"), ("Opal", "tenants:platform")),
    ),
    (
        _("The investor buys in"),
        _(
            "As the operator's registrar, open the agency Kestrel Annotation in the registry and state that"
            " Colossus Holdings owns 49 %, without votes, since last week. Within seconds the agency's labeler"
            " is out. As the officer, ask why, and make an exposure report of what she had seen. As the owner,"
            " draft a mitigation plan for her: two admins sign it, and she is in again. Then issue an attestation."
        ),
        _(
            "A rule on votes alone would have let her go on. What was seen before anybody knew is an exposure,"
            " told apart from a violation, and the attestation verifies on your machine with the pin."
        ),
        (
            ("Opal", "registry:parties"),
            ("Vera", "tenants:home"),
            ("Cora", "tenants:neutrality"),
            ("Nora", "policy:plans"),
        ),
    ),
)


class StoryPage(PublicPage):
    """Label, prove, break: three minutes of real actions."""

    requires = Public("demo mode only, and only for somebody who has signed in to the demo")
    template = "demo/story.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the story; anybody not signed in goes to the sign-in first."""
        if settings.MODE != "demo":
            raise NotFound
        if visitor_here(request) is None:
            return HttpResponseRedirect(f"{reverse('people:login')}?next={reverse('demo-story')}")
        seeded = _seeded()
        parts = [
            Part(title, does, shows, tuple(_actor(seeded, name, route) for name, route in actors))
            for title, does, shows, actors in PARTS
        ]
        return self.page(parts=parts)


class StyleGuidePage(PublicPage):
    """Every part of the design system on one page."""

    requires = Public("demo mode only; it shows samples and no data")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the parts."""
        if settings.MODE != "demo":
            raise NotFound
        return styleguide(request)

    post = get


def _seeded() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((settings.VAR / "demo.json").read_text(encoding="utf-8"))
    except FileNotFoundError as absent:
        raise NotFound from absent
    return found


def _actor(seeded: dict[str, Any], first_name: str, route: str) -> Actor:
    person = next(p for p in seeded["people"] if p["name"].startswith(first_name))
    where = [person["tenant"]]
    if route == "annotation:label":
        where.append(seeded["first_project"])
    secret = person["totp_secret"]
    return Actor(
        person["name"],
        person["role"],
        person["workspace"],
        person["note"],
        person["email"],
        person["password"],
        pyotp.TOTP(secret).now() if secret else "",
        reverse(route, args=where),
    )
