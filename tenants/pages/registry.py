"""The operator's registry: find parties, describe them, and see what is doubtful about the whole."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ringfence.kernel.context import acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.neutrality.hygiene import Doubt
from tenants.pages.forms import show_refusal
from tenants.pages.registry_forms import KIND_WORDS, PartyForm
from tenants.pages.registry_words import DOUBT_WORDS, in_words
from tenants.services.describe_party import describe_party
from tenants.services.read_registry import doubts, find_parties, read_party

FINDINGS_SHOWN = 100


def number_in(request: HttpRequest, name: str = "page") -> int:
    """Return a page's number from the address; 0 for anything else."""
    text = request.GET.get(name, "0")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def neighbours(number: int, more: bool, kept: Mapping[str, str]) -> dict[str, Any]:
    """Return the addresses of the pages before and after this one; empty at the ends."""
    return {
        "previous": f"?{urlencode({**kept, 'page': number - 1})}" if number else "",
        "following": f"?{urlencode({**kept, 'page': number + 1})}" if more else "",
    }


class PartiesPage(TenantPage):
    """The list, and the search."""

    requires = Permission.REGISTRY_VIEW
    template = "tenants/registry.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of what was sought."""
        text = request.GET.get("q", "")[:200]
        unlooked = "unlooked" in request.GET
        page = find_parties(text, number=number_in(request), only_unlooked=unlooked)
        rows = [(row, KIND_WORDS[row.party.kind]) for row in page.rows]
        kept = {"q": text} if text else {}
        kept |= {"unlooked": ""} if unlooked else {}
        return self.page(
            found=page, rows=rows, q=text, only_unlooked=unlooked, **neighbours(page.number, page.more, kept)
        )


class PartyFormPage(TenantPage):
    """A form that describes a party: a new one, or one that is there."""

    requires = {"GET": Permission.REGISTRY_MANAGE, "POST": Permission.REGISTRY_MANAGE}
    unit = "own"
    template = "tenants/registry_describe.html"

    def get(self, request: HttpRequest, party_id: UUID | None = None) -> HttpResponse:
        """Show the form, filled in with what holds."""
        party = None if party_id is None else read_party(party_id).party
        return self._show(PartyForm(initial={} if party is None else PartyForm.of(party)), party)

    def post(self, request: HttpRequest, party_id: UUID | None = None) -> HttpResponse:
        """Describe it."""
        party = None if party_id is None else read_party(party_id).party
        form, status = PartyForm(request.POST), 400
        if form.is_valid():
            try:
                made = describe_party(party=party_id, **form.given())
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                return to_party(self.context.public_id, made, "described")
        return self._show(form, party, status)

    def _show(self, form: forms.Form, party: Any, status: int = 200) -> HttpResponse:
        with acting(self.context):
            return self.page(status=status, form=form, party=party)


class FindingsPage(TenantPage):
    """What is doubtful: circles, sums over 100 %, contradictions, what is unknown, old or announced."""

    requires = Permission.REGISTRY_VIEW
    template = "tenants/registry_findings.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of doubts, of one kind or of all."""
        found, names, statements = doubts()
        kinds = [(doubt, DOUBT_WORDS[doubt], sum(one.doubt is doubt for one in found)) for doubt in Doubt]
        wanted = request.GET.get("kind", "")
        some = [one for one in found if wanted in ("", one.doubt.name.lower())]
        number = number_in(request)
        first = number * FINDINGS_SHOWN
        more = first + FINDINGS_SHOWN < len(some)
        rows = [
            (
                one,
                DOUBT_WORDS[one.doubt],
                [names[party] for party in one.parties],
                [in_words(statements[each], names) for each in one.statements[:5]],
            )
            for one in some[first : first + FINDINGS_SHOWN]
        ]
        return self.page(
            rows=rows, kinds=kinds, wanted=wanted, total=len(found), shown=len(some), number=number, more=more,
            **neighbours(number, more, {"kind": wanted} if wanted else {}),
        )  # fmt: skip


def to_party(tenant: str, party: UUID, said: str) -> HttpResponse:
    """Lead to a party's page, with what was done."""
    return HttpResponseRedirect(f"{reverse('registry:party', args=[tenant, party])}?said={said}")
