"""One party of the operator's registry: what is stated about it, as known and holding on any day, and new facts."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, NotFound, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.gate.verdicts import today
from tenants.neutrality.facts import Affiliation, FactRefused, Interest, Party, PartyKind
from tenants.pages.forms import show_refusal
from tenants.pages.registry import to_party
from tenants.pages.registry_forms import (
    ASSURANCE_WORDS,
    KIND_WORDS,
    InterestForm,
    RecogniseForm,
    SaidForm,
    TieForm,
    WithdrawForm,
)
from tenants.pages.registry_words import STANDING_BADGES, STANDING_WORDS, fact_in_words
from tenants.pages.uploads import hashing
from tenants.services.read_registry import Described, read_party, read_statement
from tenants.services.recognise_party import recognise_party
from tenants.services.state_fact import party_meant, state_fact

SAID = {
    "described": _("The description is recorded. It holds from now on; the ones before it stay below."),
    "stated": _(
        "The statement is recorded, first in the platform log. It holds at every gate within ten seconds."
    ),
    "withdrawn": _("The statement is withdrawn, with your reason. It stays readable."),
    "recognised": _("It is recorded who this is. Declarations are judged by it within ten seconds."),
}


class PartyPage(TenantPage):
    """Everything public about one party."""

    requires = Permission.REGISTRY_VIEW
    template = "tenants/registry_party.html"

    def get(self, request: HttpRequest, party_id: UUID) -> HttpResponse:
        """Show it, as known on one day and holding on another."""
        known_on, holding_on = day_in(request, "known"), day_in(request, "holding")
        party = read_party(party_id, known_on=known_on, holding_on=holding_on)
        return self.page(**shown(party), known_on=known_on, holding_on=holding_on, today=today(),
                         said=SAID.get(request.GET.get("said", "")), recognise=RecogniseForm())  # fmt: skip


class RecognisePage(TenantPage):
    """Says which firm a declared name is."""

    requires = Permission.REGISTRY_MANAGE
    unit = "own"
    template = "tenants/registry_party.html"

    def post(self, request: HttpRequest, party_id: UUID) -> HttpResponse:
        """Record it."""
        form, status = RecogniseForm(request.POST), 400
        if form.is_valid():
            try:
                text = form.cleaned_data["same_as"]
                same_as = party_meant(text, field="same_as").id if text else None
                recognise_party(
                    party_id,
                    same_as=same_as,
                    reason=form.cleaned_data["reason"],
                    signer=str(self.context.actor_id),
                )
            except NotFound:
                raise
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                return to_party(self.context.public_id, party_id, "recognised")
        with acting(self.context):
            return self.page(status=status, **shown(read_party(party_id)), today=today(), recognise=form)


# Django's own check would read the form, and with it the document; the gate's takes the token from the address.
@method_decorator(csrf_exempt, name="dispatch")
class _FactPage(TenantPage):
    """A form that states one fact about a party, or supersedes one. The document is hashed as it arrives."""

    requires = {"GET": Permission.REGISTRY_MANAGE, "POST": Permission.REGISTRY_MANAGE}
    unit = "own"
    streams_body = True
    template = "tenants/registry_fact.html"
    form: type[InterestForm] | type[TieForm]
    kind: type[Interest] | type[Affiliation]
    what = ""

    def get(self, request: HttpRequest, party_id: UUID) -> HttpResponse:
        """Show the form; with `supersedes`, filled in with what that statement says."""
        party, earlier = self._about(request, party_id)
        initial: dict[str, Any] = {"date": today()}
        if earlier is not None:
            initial |= self.form.of(earlier)
        return self._show(self.form(initial=initial), party, earlier)

    def post(self, request: HttpRequest, party_id: UUID) -> HttpResponse:
        """State it."""
        hashing(request)
        party, earlier = self._about(request, party_id)
        form, status = self.form(request.POST, request.FILES), 400
        if form.is_valid():
            try:
                state_fact(_fact(form, party), form.said(), supersedes=_uuid(request, "supersedes"))
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                return to_party(self.context.public_id, party_id, "stated")
        return self._show(form, party, earlier, status)

    def _about(self, request: HttpRequest, party_id: UUID) -> tuple[Party, Any]:
        described = read_party(party_id)
        if described.declared:
            raise NotFound("form")
        superseded = _uuid(request, "supersedes")
        if superseded is None:
            return described.party, None
        statement, _names = read_statement(superseded)
        if not isinstance(statement.fact, self.kind):
            raise NotFound("statement")
        return described.party, statement.fact

    def _show(self, form: SaidForm, party: Party, earlier: Any, status: int = 200) -> HttpResponse:
        with acting(self.context):
            return self.page(
                status=status, form=form, party=party, earlier=earlier, what=self.what,
                supersedes=_uuid(self.request, "supersedes") or "",
            )  # fmt: skip


class InterestPage(_FactPage):
    """States who is interested in a party."""

    form = InterestForm
    kind = Interest
    what = "interest"


class TiePage(_FactPage):
    """States a public tie of a person."""

    form = TieForm
    kind = Affiliation
    what = "tie"


@method_decorator(csrf_exempt, name="dispatch")
class WithdrawPage(TenantPage):
    """Withdraws a statement, with the reason."""

    requires = {"GET": Permission.REGISTRY_MANAGE, "POST": Permission.REGISTRY_MANAGE}
    unit = "own"
    streams_body = True
    template = "tenants/registry_withdraw.html"

    def get(self, request: HttpRequest, statement_id: UUID) -> HttpResponse:
        """Show what is to be withdrawn, and ask why."""
        return self._show(statement_id, WithdrawForm(initial={"date": today()}))

    def post(self, request: HttpRequest, statement_id: UUID) -> HttpResponse:
        """Withdraw it."""
        hashing(request)
        statement, _names = read_statement(statement_id)
        form, status = WithdrawForm(request.POST, request.FILES), 400
        if form.is_valid():
            try:
                state_fact(None, form.said(), supersedes=statement_id)
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                fact = statement.fact
                party = (
                    fact.party if isinstance(fact, Affiliation) else fact.subject if fact else statement_id
                )
                return to_party(self.context.public_id, party, "withdrawn")
        return self._show(statement_id, form, status)

    def _show(self, statement_id: UUID, form: forms.Form, status: int = 200) -> HttpResponse:
        statement, names = read_statement(statement_id)
        with acting(self.context):
            return self.page(
                status=status, form=form, statement=statement,
                words=fact_in_words(statement.fact, names) if statement.fact else "",
            )  # fmt: skip


def shown(described: Described) -> dict[str, Any]:
    """Return what a party's page draws."""
    rows = [
        {
            "one": each,
            "words": fact_in_words(each.fact, described.names),
            "standing": STANDING_WORDS[each.standing],
            "badge": STANDING_BADGES[each.standing],
            "assurance": each.statement.assurance.value,
            "is_tie": isinstance(each.fact, Affiliation),
            "about": each.fact.party if isinstance(each.fact, Affiliation) else each.fact.subject,
        }
        for each in described.stated
    ]
    return {
        "described": described,
        "party": described.party,
        "kind": KIND_WORDS[described.party.kind],
        "is_person": described.party.kind is PartyKind.PERSON,
        "rows": rows,
        "assurances": ASSURANCE_WORDS,
    }


def day_in(request: HttpRequest, name: str) -> date | None:
    """Return a day from the address; None for anything else."""
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def _fact(form: InterestForm | TieForm, party: Party) -> Interest | Affiliation:
    try:
        return form.fact(party)
    except FactRefused as wrong:
        raise Invalid(str(wrong).partition(": ")[2], field=wrong.field) from wrong


def _uuid(request: HttpRequest, name: str) -> UUID | None:
    text = request.GET.get(name) or ""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound("statement") from None
