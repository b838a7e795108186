"""Pages of neutrality for the tenant's officers: how we stand, and "may this person, party or host touch us?"."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, NotFound
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.neutrality.policy import Level
from tenants.neutrality.verdict import Outcome
from tenants.pages.navigation import url_of
from tenants.services.ask_verdict import (
    Explained,
    explain_host,
    explain_member,
    explain_party,
    resolve_host,
)
from tenants.services.draw_ownership import find_parties
from tenants.services.list_members import list_members
from tenants.services.overview_neutrality import overview_neutrality

BIG: dict[Outcome, tuple[str, str | Promise]] = {
    Outcome.ALLOW: ("pass", _("Yes")),
    Outcome.REVIEW: ("warn", _("Not yet: it waits for a review")),
    Outcome.DENY: ("refused", _("No")),
}
"""The answer in large letters: (state of the badge, words)."""

MARKS = {Outcome.ALLOW: "tone-ok", Outcome.REVIEW: "tone-warn", Outcome.DENY: "tone-bad"}
STANDS: dict[Outcome, tuple[str, str | Promise]] = {
    Outcome.ALLOW: ("pass", _("Admitted")),
    Outcome.REVIEW: ("warn", _("Waits")),
    Outcome.DENY: ("refused", _("Kept away")),
}
LEVELS: dict[Level, tuple[str, str | Promise]] = {
    Level.DENY: ("refused", _("Denied")),
    Level.REVIEW: ("warn", _("Review")),
    Level.REPORT: ("on", _("Reported only")),
}

P = Permission
LINKS: tuple[tuple[str, Permission, str | Promise, str | Promise], ...] = (
    ("tenants:verdict", P.NEUTRALITY_VIEW, _("Ask"), _("May this person, party or host touch us, and why?")),
    (
        "tenants:ownership",
        P.NEUTRALITY_VIEW,
        _("Ownership graph"),
        _("Who holds what of whom, and the paths to those whom you exclude."),
    ),
    ("policy:policy", P.NEUTRALITY_VIEW, _("Policy"), _("Read, change, try and sign it.")),
    (
        "policy:plans",
        P.NEUTRALITY_VIEW,
        _("Mitigation plans"),
        _("Walled-off teams that your admins signed."),
    ),
    (
        "attesting:exposures",
        P.NEUTRALITY_ATTEST,
        _("Exposure reports"),
        _("What people and parties saw or received in a period."),
    ),
    (
        "attesting:attestations",
        P.NEUTRALITY_ATTEST,
        _("Attestations"),
        _("What you can show to others, verified offline."),
    ),
    (
        "tenants:operator-conflict",
        P.NEUTRALITY_VIEW,
        _("The operator's own conflicts"),
        _("When your policy meets the operator itself, and the ways out."),
    ),
)
"""Pages of neutrality by route: (route, permission, name, what for)."""


class NeutralityPage(TenantPage):
    """The policy, whom it keeps away and why, what is to come, and the way to everything else."""

    requires = Permission.NEUTRALITY_VIEW
    template = "tenants/neutrality.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it: a delivery of verdicts where members are named."""
        links = [
            (url, name, what)
            for route, permission, name, what in LINKS
            if permission in self.context.permissions and (url := url_of(route, self.context.public_id))
        ]
        overview = overview_neutrality(self.context)
        return self.page(
            public_id=self.context.public_id,
            overview=overview,
            policy_digest=overview.rules.digest.hex(),
            graph_digest=overview.graph_digest.hex(),
            links=links,
            told=[(each, *STANDS[each.outcome]) for each in overview.told],
            leans=[(each, *BIG[each.outcome]) for each in overview.leans],
        )


class AskPage(TenantPage):
    """The verdict explainer."""

    requires = Permission.NEUTRALITY_VIEW
    unit = "own"
    template = "tenants/verdict.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form, and the answer where something was asked: a delivery, in the log before it leaves."""
        asked = {name: request.GET.get(name, "").strip() for name in ("member", "party", "host", "find")}
        trouble, status, explained = "", 200, None
        host = None
        try:
            # The name is looked up before any unit of work begins: it may take seconds.
            host = resolve_host(self.context, asked["host"]) if asked["host"] else None
        except Invalid as refusal:
            trouble, status = str(refusal), refusal.status
        with acting(self.context):
            members, more = list_members(self.context)
            try:
                if host is not None:
                    explained = explain_host(self.context, host)
                elif asked["member"]:
                    explained = explain_member(self.context, id_of(asked["member"], "member"))
                elif asked["party"]:
                    explained = explain_party(self.context, id_of(asked["party"], "party"))
            except NotFound as absent:
                trouble, status = str(absent), absent.status
            found, further = find_parties(self.context, asked["find"])
            return self.page(
                status=status,
                public_id=self.context.public_id,
                asked=asked,
                members=sorted(members, key=lambda member: member.name.casefold()),
                more_members=more,
                found=found,
                further=further,
                trouble=trouble,
                explained=explained,
                answer=None if explained is None else _shown(explained),
                graph=url_of("tenants:ownership", self.context.public_id),
            )


def id_of(text: str, what: str) -> UUID:
    """Return the id that a query names. Raises `NotFound`, as for one that nobody has."""
    try:
        return UUID(text)
    except ValueError as malformed:
        raise NotFound(what) from malformed


def _shown(explained: Explained) -> dict[str, object]:
    state, words = BIG[explained.answer.outcome]
    return {
        "state": state,
        "words": words,
        "parts": [(part, *BIG[part.outcome]) for part in explained.answer.parts],
        "mark": MARKS[explained.answer.outcome],
        "told": [(told, *LEVELS[told.level]) for told in explained.answer.told],
        "policy": explained.rules.digest.hex(),
        "graph": explained.graph_digest.hex(),
    }
